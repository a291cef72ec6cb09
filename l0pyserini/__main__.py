"""`python -m l0pyserini VERB` and the console script `l0pyserini VERB`."""

import importlib
import sys

from l0pyserini.version import __version__

STEPS = {
    "average": "train.average",
    "compare": "evaluate.compare.__main__",
    "convert": "model.convert",
    "efficiency": "evaluate.efficiency.__main__",
    "embed": "train.embed",
    "explain": "evaluate.explain.__main__",
    "fuse": "search.fuse",
    "idf": "idf",
    "leaderboard": "publish.leaderboard.__main__",
    "masks": "train.masks",
    "mine": "train.mine",
    "quantize": "encode.quantize",
    "report": "publish.report.__main__",
    "reproduce": "publish.reproduce.__main__",
    "table": "train.table",
    "teach": "train.teach",
}
"""Where the verbs live that are steps inside a stage; the others are stages of the same name."""

VERBS = {
    "demo": "run the whole chain on the embedded collection and compare with BM25",
    "encode": "encode a corpus into JsonVectorCollection files",
    "index": "build a Lucene impact index from encoded files",
    "search": "search an impact index: one query, or topics into a TREC run",
    "opensearch": "load a collection into an OpenSearch cluster, verify it, search it there",
    "serve": "serve indexes: REST as Anserini's, a search page, MCP",
    "bm25": "index and search a corpus with BM25, the baseline",
    "evaluate": "score runs with trec_eval",
    "compare": "compare runs: significance, effect size, the topics that changed most",
    "fuse": "fuse runs into one",
    "leaderboard": "check and pack runs for BEIR, MS MARCO, TREC and MTEB",
    "efficiency": "measure what retrieval costs on an index",
    "reproduce": "run baselines and encoders on BEIR sets beside the published scores",
    "report": "make one web page of a reproduction, with figures",
    "explain": "take scores apart: tokens of a document, or of all topics",
    "mine": "write training rows: positives and hard negatives",
    "teach": "score training rows with teachers",
    "embed": "write a dense teacher's vectors of training rows",
    "masks": "train a masked language model on whole corpora, to train from",
    "train": "train an inference-free document encoder from a recipe",
    "table": "learn a query table for a finished encoder",
    "average": "average the weights of encoders that were trained alike",
    "convert": "save an encoder in 8 bits, or in another precision",
    "export": "write vectors as CIFF, BMP, PISA and Seismic want them, an encoder as OpenSearch",
    "idf": "count an IDF table over a corpus",
    "quantize": "choose document and query scales on a sample",
    "doctor": "check Java, Lucene, torch, tokenizer and tables, and say how to mend them",
}


def usage() -> str:
    """Return the list of verbs."""
    width = max(map(len, VERBS))
    lines = "\n".join(f"  {verb:<{width}}  {text}" for verb, text in VERBS.items())
    return (
        "usage: l0pyserini VERB [flags]   (the same as python -m l0pyserini VERB)\n\n"
        f"{lines}\n\nl0pyserini VERB --help shows the flags and examples of a verb."
    )


def module_of(verb: str) -> str:
    """Return the module whose main() a verb runs."""
    return f"l0pyserini.{STEPS.get(verb, f'{verb}.__main__')}"


def main(argv: list[str] | None = None) -> int:
    """Hand the command line on to a verb; return its exit code."""
    argv = sys.argv[1:] if argv is None else argv
    if not argv or argv[0] in ("-h", "--help"):
        print(usage())
        return 0 if argv else 2
    if argv[0] == "--version":
        print(f"l0pyserini {__version__}")
        return 0
    if argv[0] not in VERBS:
        print(f"error: no verb {argv[0]!r}\n\n{usage()}", file=sys.stderr)
        return 2
    return importlib.import_module(module_of(argv[0])).main(argv[1:])


if __name__ == "__main__":
    sys.exit(main())
