"""Encoders alone, and with BM25 in the same index, against BM25: one table, one family of tests.

    python benchmarks/hybrid.py ../shared/data/scifact ../shared/data/nfcorpus cacm
        [--encoders splade-tiny l0-tiny] [--weights 0 own 10 inf] [--output runs/hybrid]

Each collection is encoded once by each encoder with --lexical bm25; the balance is a matter of
the search: 0 is the encoder alone, `own` what its checkpoint says. BM25 is Anserini's own. Compared
by nDCG@10 are each system with BM25, and each encoder's with those of the first one, all in one
family corrected by Holm's method. What is there from an earlier run is not done again.
"""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from common import machine

from l0pyserini import build_index, encode_corpus, run_bm25
from l0pyserini.base.tables import format_table
from l0pyserini.data import read_topics
from l0pyserini.encode import Manifest
from l0pyserini.encode.vocabulary import read_vocabulary
from l0pyserini.evaluate.compare import Comparison, compare_runs
from l0pyserini.evaluate.compare.correction import adjust
from l0pyserini.evaluate.efficiency.record import expected_cost
from l0pyserini.query.stems import is_stem
from l0pyserini.search import ImpactSearcher
from l0pyserini.search.api import search_topics

MEASURE, TEST = "nDCG@10", "t-test"
OWN = "own"


@dataclass
class System:
    """A run, what it came from, and what its documents and queries cost."""

    name: str
    run: Path
    nnz: float = 0.0
    flops: float = 0.0


def bm25(data: str, folder: Path) -> System:
    """Search with Anserini's BM25."""
    run = folder / "bm25.txt"
    if not run.is_file():
        run_bm25(data, folder / "bm25.index", data, run, remove_query=True)
    return System("BM25", run)


def encoder(
    spec: str, data: str, folder: Path, weights: Sequence[str], max_length: int | None
) -> list[System]:
    """Encode, index and search with one encoder at each balance."""
    name = Path(spec).name
    place = folder / name
    encoded, index = place / "encoded", place / "index"
    encode_corpus(data, spec, encoded, max_length, resume=True, backend="auto", lexical="bm25")
    if not index.is_dir():
        build_index(encoded, index)
    terms = {token: totals.df for token, totals in read_vocabulary(encoded).items()}
    documents = Manifest.load(encoded).documents
    texts = [topic.text for topic in read_topics(data)]
    found = []
    for weight in weights:
        run = place / f"run.{weight}.txt"
        balance = None if weight == OWN else float(weight)
        if not run.is_file():
            search_topics(index, data, run, remove_query=True, lexical_weight=balance)
        with ImpactSearcher(index, lexical_weight=balance) as searcher:
            queries = searcher.query_encoder.encode_batch(texts)
        used = {t: df for t, df in terms.items() if balance != 0 or not is_stem(t)}
        cost = expected_cost(queries, used, documents)
        shown = f"{name} alone" if balance == 0 else f"{name} + BM25 x {weight}"
        found.append(System(shown, run, cost.document_nnz, cost.flops))
    return found


def compared(data: str, systems: list[System], count: int) -> list[tuple[str, Comparison]]:
    """Compare all systems with BM25, and those of later encoders with those of the first.

    Args:    count: systems of one encoder.
    """
    found = []
    runs = [one.run for one in systems]
    for other, against in enumerate([0] * count + list(range(1, len(systems) - count)), start=1):
        pairs = {0, against}
        for first in sorted(pairs):
            (one,) = compare_runs(data, [runs[first], runs[other]], [MEASURE], [TEST], "none")
            found.append((f"{systems[other].name} against {systems[first].name}", one))
    return found


def main() -> None:
    """Measure and print."""
    flags = argparse.ArgumentParser(description=__doc__)
    flags.add_argument("collections", nargs="+", help="BEIR folders, or cacm")
    flags.add_argument("--encoders", nargs="+", default=["splade-tiny", "l0-tiny"])
    flags.add_argument("--weights", nargs="+", default=["0", OWN], help="0, own, inf or numbers")
    flags.add_argument("--max-length", type=int, help="tokens (default each encoder's own)")
    flags.add_argument("--output", type=Path, default=Path("runs/hybrid"))
    args = flags.parse_args()
    rows, family = [], []
    for data in args.collections:
        name = Path(data).name
        systems = [bm25(data, args.output / name)]
        for spec in args.encoders:
            place = args.output / name
            systems += encoder(spec, data, place, args.weights, args.max_length)
        found = compared(data, systems, len(args.weights))
        means = {systems[0].name: found[0][1].means[0]}
        means |= {label.split(" against ")[0]: one.means[1] for label, one in found}
        rows += [
            [name, one.name, f"{means[one.name]:.4f}", f"{one.nnz:.1f}", f"{one.flops:.2f}"]
            for one in systems
        ]
        family += [(name, label, one) for label, one in found]
    print(machine())
    print(format_table(["collection", "system", MEASURE, "mean nnz", "FLOPS"], rows))
    corrected = adjust([one.p[TEST] for _, _, one in family], "holm")
    print(f"\n{len(family)} comparisons, one family")
    print(
        format_table(
            ["collection", "compared", "difference", "95 %", "won / lost / tied", "p"],
            [
                [name, label, f"{one.difference:+.4f}", "{:+.4f} to {:+.4f}".format(*one.interval),
                 f"{one.wins} / {one.losses} / {one.ties}", f"{p:.4f}"]
                for (name, label, one), p in zip(family, corrected, strict=True)
            ],
        )
    )  # fmt: skip


if __name__ == "__main__":
    main()
