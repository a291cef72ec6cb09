"""What is a learned query table worth? nDCG@10 on development sets, table by table.

    python benchmarks/query_table.py runs/training-set/dev-part/* --encoder l0-tiny
        --tables own own^0.5 runs/l0-tiny-table [--max-length 256]

The documents of each set are encoded once, with the encoder's own least weight, and all tables are
scored on them as `lexical_weight.py` does, with BM25 of several weights beside them. Differences
are from the first table, topic by topic; a mean is that of the sets' means, and +- its standard
error. `own^P` are the encoder's own weights, each to the power P, times what keeps their mean of
the tokens that have one.
"""

import argparse
from pathlib import Path

import numpy as np
from common import machine
from lexical_weight import WEIGHTS, JudgedSet, line
from numpy.typing import NDArray

from l0pyserini.base.tables import format_table
from l0pyserini.model import open_checkpoint
from l0pyserini.query.table import IdfTable

OWN = "own"
BESIDE = WEIGHTS[:-1]
"""BM25 alone has no query table."""


def open_table(spec: str, encoder: str) -> IdfTable:
    """Return the table of the encoder, flattened or not, or of another one."""
    name, _, power = spec.partition("^")
    table = open_checkpoint(encoder if name == OWN else name).idf
    if not power:
        return table
    exponent, kept = float(power), {token: one for token, one in table.weights.items() if one > 0}
    scale = float(np.mean(list(kept.values()))) ** (1 - exponent)
    return IdfTable({token: one**exponent * scale for token, one in kept.items()}, spec)


def difference(ours: list[NDArray[np.float64]], theirs: list[NDArray[np.float64]]) -> list[str]:
    """Return the mean difference and its standard error at each weight.

    Args:    ours, theirs: of each set [topics, weights].
    """
    pairs = [one - other for one, other in zip(ours, theirs, strict=True)]
    means = np.mean([one.mean(axis=0) for one in pairs], axis=0)
    squares = [one.var(axis=0, ddof=1) / len(one) for one in pairs]
    errors = np.sqrt(np.sum(squares, axis=0)) / len(pairs)
    return [f"{mean:+.4f} +- {error:.4f}" for mean, error in zip(means, errors, strict=True)]


def main() -> None:
    """Measure and print."""
    flags = argparse.ArgumentParser(description=__doc__)
    flags.add_argument("sets", nargs="+", help="BEIR folders whose topics are all judged")
    flags.add_argument("--encoder", required=True, help="whose documents they are")
    flags.add_argument(
        "--tables", nargs="+", default=[OWN], help="own, own^P, or encoders whose tables are taken"
    )
    flags.add_argument("--max-length", type=int, default=256, help="tokens (default 256)")
    args = flags.parse_args()
    print(machine())
    checkpoint = open_checkpoint(args.encoder)
    tables = {spec: open_table(spec, args.encoder) for spec in args.tables}
    found: dict[str, list[NDArray[np.float64]]] = {spec: [] for spec in tables}
    lengths = []
    for folder in args.sets:
        one = JudgedSet(folder, checkpoint, args.max_length, checkpoint.min_weight or 0.0)
        lengths.append(one.tokens)
        for spec, table in tables.items():
            found[spec].append(one.ndcg(table, BESIDE))
    names, rows = [Path(folder).name for folder in args.sets], []
    for spec, values in found.items():
        figures = [[length, *one.mean(axis=0)] for length, one in zip(lengths, values, strict=True)]
        rows += [line(name, spec, one) for name, one in zip(names, figures, strict=True)]
        rows.append(line("mean", spec, np.mean(figures, axis=0).tolist()))
    heads = [f"{one:g}" for one in BESIDE]
    print(format_table(["set", "table", "nnz", *heads], rows))
    first, *others = found
    if others:
        lines = [[spec, *difference(found[spec], found[first])] for spec in others]
        print()
        print(format_table([f"mean difference from {first}", *heads], lines))


if __name__ == "__main__":
    main()
