"""Corpora, topics, qrels and runs: reading and writing them, streamed and checked line by line."""

from typing import TYPE_CHECKING

from l0pyserini.base.lazy import lazy_names

if TYPE_CHECKING:
    from l0pyserini.data.corpus import Corpus
    from l0pyserini.data.opening import open_corpus
    from l0pyserini.data.qrels import read_qrels
    from l0pyserini.data.runs import read_run, write_run
    from l0pyserini.data.topics import read_topics

__all__ = ["Corpus", "open_corpus", "read_qrels", "read_run", "read_topics", "write_run"]

# A search of one query reads none of them, and those of runs load numpy.
__getattr__ = lazy_names(
    __name__,
    {
        "Corpus": "corpus",
        "open_corpus": "opening",
        "read_qrels": "qrels",
        "read_run": "runs",
        "read_topics": "topics",
        "write_run": "runs",
    },
)
