"""Corpora, topics, qrels and runs: reading and writing them, streamed and checked line by line."""

from l0pyserini.data.corpus import Corpus
from l0pyserini.data.opening import open_corpus
from l0pyserini.data.qrels import read_qrels
from l0pyserini.data.runs import read_run, write_run
from l0pyserini.data.topics import read_topics

__all__ = ["Corpus", "open_corpus", "read_qrels", "read_run", "read_topics", "write_run"]
