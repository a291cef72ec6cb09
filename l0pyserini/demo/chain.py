"""Encode, index, search, evaluate the embedded collection; the same with BM25; one table."""

from dataclasses import dataclass, field
from pathlib import Path

from l0pyserini.base.progress import say
from l0pyserini.base.tables import format_table
from l0pyserini.bm25.baseline import run_bm25
from l0pyserini.bm25.tokens import bm25_tokens
from l0pyserini.data import cacm, read_topics
from l0pyserini.encode.api import encode_corpus, summary
from l0pyserini.encode.half import BM25
from l0pyserini.encode.vocabulary import read_vocabulary
from l0pyserini.errors import L0Error
from l0pyserini.evaluate.efficiency.record import Efficiency, expected_cost
from l0pyserini.evaluate.evaluation import evaluate_run
from l0pyserini.index.api import build_index
from l0pyserini.index.verify import index_totals
from l0pyserini.model.checkpoint import DEFAULT_ENCODER
from l0pyserini.query.encoder import FILE_NAME, IdfQueryEncoder
from l0pyserini.search.api import search_topics

MEASURES = ("nDCG@10", "AP", "P@30", "R@100", "RR@10")
SHOWN = {"AP": "MAP", "P@30": "P.30", "R@100": "Recall@100"}


@dataclass
class DemoResult:
    """One retrieval system's results on the demo."""

    name: str
    means: dict[str, float]
    cost: Efficiency
    index_bytes: int
    seconds: dict[str, float] = field(default_factory=dict)


def run_demo(
    indexes: Path, runs: Path, encoder: str = DEFAULT_ENCODER, threads: int = 2
) -> list[DemoResult]:
    """Run both systems on CACM; leave their indexes and runs behind.

    Args:    indexes, runs: folders; what an earlier demo left in them is replaced.
    Returns: BM25's and the encoder's results.
    """
    texts = [topic.text for topic in read_topics(cacm.NAME)]
    return [_bm25(indexes, runs, texts, threads), _l0(indexes, runs, encoder, texts, threads)]


def _bm25(indexes: Path, runs: Path, texts: list[str], threads: int) -> DemoResult:
    say("\n== BM25: index and search")
    index, run = indexes / "cacm.bm25", runs / "cacm.bm25.txt"
    # Texts are kept for the page that the demo's last line names.
    done = run_bm25(
        cacm.NAME, index, cacm.NAME, run, threads=threads, overwrite=True, store_text=True
    )
    _, terms = index_totals(index)
    df = {term: totals.df for term, totals in terms.items()}
    return DemoResult(
        "BM25",
        evaluate_run(cacm.NAME, run, MEASURES).means,
        expected_cost(bm25_tokens(texts), df, done.documents),
        done.index_bytes,
        {"index": done.index_seconds, "search": done.search_seconds},
    )


def _l0(indexes: Path, runs: Path, encoder: str, texts: list[str], threads: int) -> DemoResult:
    encoded, index, run = runs / "cacm.encoded", indexes / "cacm", runs / "cacm.txt"
    say(f"\n== {encoder} + BM25: encode")
    manifest, encode_seconds = encode_corpus(
        cacm.NAME, encoder, encoded, overwrite=True, lexical=BM25
    )
    if manifest is None:
        raise L0Error(f"{encoded}: was not finished. Run the demo again.")
    say(summary(manifest, encoded, encode_seconds))
    say(f"\n== {encoder} + BM25: index")
    facts, index_seconds = build_index(encoded, index, threads, overwrite=True, store_text=True)
    say(f"\n== {encoder} + BM25: search")
    done = search_topics(index, cacm.NAME, run, threads=threads, overwrite=True)
    say(f"searched {done.topics} topics in {done.seconds:.1f} s")
    queries = IdfQueryEncoder.load(index / FILE_NAME, facts["query_scale"])
    df = {token: totals.df for token, totals in read_vocabulary(index).items()}
    return DemoResult(
        f"{encoder} + BM25",
        evaluate_run(cacm.NAME, run, MEASURES).means,
        expected_cost(queries.encode_batch(texts), df, facts["documents"]),
        facts["bytes"],
        {"encode": encode_seconds, "index": index_seconds, "search": done.seconds},
    )


def demo_table(systems: list[DemoResult]) -> str:
    """Return the systems side by side."""
    rows = [
        [SHOWN.get(name, name), *(f"{one.means[name]:.4f}" for one in systems)] for name in MEASURES
    ]
    rows.append(["FLOPS", *(f"{one.cost.flops:.2f}" for one in systems)])
    rows.append(["nnz, mean document", *(f"{one.cost.document_nnz:.1f}" for one in systems)])
    rows.append(["nnz, mean query", *(f"{one.cost.query_nnz:.1f}" for one in systems)])
    rows.append(["index bytes", *(f"{one.index_bytes:,}" for one in systems)])
    for stage in ("encode", "index", "search"):
        shown = (f"{one.seconds[stage]:.1f}" if stage in one.seconds else "-" for one in systems)
        rows.append([f"seconds, {stage}", *shown])
    return format_table(["CACM", *(one.name for one in systems)], rows)


def next_commands(indexes: Path, runs: Path) -> str:
    """Return what a person may want to try next."""
    return "\n".join(
        [
            "Next:",
            f"  python -m l0pyserini.search --index {indexes / 'cacm'} "
            '--query "time sharing operating systems" --hits 5',
            f"  python -m l0pyserini.evaluate --qrels cacm --run {runs / 'cacm.bm25.txt'} "
            f"{runs / 'cacm.txt'}",
            "  python -m l0pyserini.demo --encoder l0-mini  (slower, and often better)",
            "  python -m l0pyserini.doctor",
            "  python -m l0pyserini.encode --help",
            "To search both in a browser, and over HTTP:",
            f"  python -m l0pyserini.serve --index cacm={indexes / 'cacm'} "
            f"bm25={indexes / 'cacm.bm25'}",
        ]
    )
