"""Readers: corpora, topics and qrels, streamed and checked line by line."""

from l0pyserini.corpora.corpus import Corpus, open_corpus
from l0pyserini.corpora.qrels import read_qrels
from l0pyserini.corpora.topics import read_topics

__all__ = ["Corpus", "open_corpus", "read_qrels", "read_topics"]
