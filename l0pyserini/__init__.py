"""l0pyserini: from a masked language model to a scored TREC run with learned sparse retrieval.

Importing the package loads neither torch nor a JVM; each name is loaded when it is first used.
"""

from typing import TYPE_CHECKING

from l0pyserini.base.lazy import lazy_names
from l0pyserini.version import __version__

if TYPE_CHECKING:
    from l0pyserini.bm25 import run_bm25
    from l0pyserini.data import open_corpus, read_qrels, read_run, read_topics, write_run
    from l0pyserini.encode import encode_corpus
    from l0pyserini.errors import L0Error
    from l0pyserini.evaluate import evaluate_run
    from l0pyserini.evaluate.compare import compare_runs
    from l0pyserini.evaluate.efficiency import measure_efficiency
    from l0pyserini.index import build_index
    from l0pyserini.model import DocumentEncoder, open_checkpoint, save_checkpoint
    from l0pyserini.opensearch import OpenSearchSearcher
    from l0pyserini.publish.report import write_report
    from l0pyserini.query import IdfQueryEncoder, IdfTable
    from l0pyserini.search import ImpactSearcher, fuse_runs

_HOMES = {
    "DocumentEncoder": "model",
    "IdfQueryEncoder": "query",
    "IdfTable": "query",
    "ImpactSearcher": "search",
    "L0Error": "errors",
    "OpenSearchSearcher": "opensearch",
    "build_index": "index",
    "compare_runs": "evaluate.compare",
    "encode_corpus": "encode",
    "evaluate_run": "evaluate",
    "fuse_runs": "search",
    "measure_efficiency": "evaluate.efficiency",
    "open_checkpoint": "model",
    "open_corpus": "data",
    "read_qrels": "data",
    "read_run": "data",
    "read_topics": "data",
    "run_bm25": "bm25",
    "save_checkpoint": "model",
    "write_report": "publish.report",
    "write_run": "data",
}

__all__ = [
    "DocumentEncoder",
    "IdfQueryEncoder",
    "IdfTable",
    "ImpactSearcher",
    "L0Error",
    "OpenSearchSearcher",
    "__version__",
    "build_index",
    "compare_runs",
    "encode_corpus",
    "evaluate_run",
    "fuse_runs",
    "measure_efficiency",
    "open_checkpoint",
    "open_corpus",
    "read_qrels",
    "read_run",
    "read_topics",
    "run_bm25",
    "save_checkpoint",
    "write_report",
    "write_run",
]


__getattr__ = lazy_names(__name__, _HOMES)
