"""The embedded encoders beside each other: nDCG@10, document length and FLOPS, scored in memory.

    python benchmarks/encoders.py ../shared/data/scifact ../shared/data/nfcorpus

Weights are float32 values found by the int8 search, unquantised; the impact index loses nothing
that four digits show (benchmarks/quantisation.py).
"""

import argparse

from common import machine

from l0pyserini.base.tables import format_table
from l0pyserini.model import DocumentEncoder, open_checkpoint
from l0pyserini.train.devset import DevSet

LENGTHS = (256, 512)


def main() -> None:
    """Evaluate and print the table."""
    flags = argparse.ArgumentParser(description=__doc__)
    flags.add_argument("sets", nargs="+", help="BEIR folders")
    flags.add_argument("--encoders", nargs="+", default=["splade-tiny", "l0-tiny"])
    flags.add_argument("--lengths", type=int, nargs="+", default=LENGTHS)
    args = flags.parse_args()
    rows = []
    for folder in args.sets:
        data = DevSet(folder)
        for spec in args.encoders:
            checkpoint = open_checkpoint(spec)
            for length in args.lengths:
                encoder = DocumentEncoder.from_checkpoint(checkpoint, length, backend="auto")
                found = data.evaluate(encoder, checkpoint.idf.weights)
                rows.append([data.name, spec, str(length), f"{found.ndcg:.4f}",
                             f"{found.length:.1f}", f"{found.flops:.2f}"])  # fmt: skip
    print(machine())
    head = ["collection", "encoder", "max length", "nDCG@10", "mean nnz", "FLOPS"]
    print(format_table(head, rows))


if __name__ == "__main__":
    main()
