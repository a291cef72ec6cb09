"""What 8.8 million, 138 million and a billion passages take, from rates measured here.

    python benchmarks/scale.py --folder runs/scale [--passages 20000] [--encoder l0-tiny]
        [--backend auto] [--price 0.04] [--opensearch]

Encodes MS MARCO passages with BM25 beside the encoder, indexes them, searches 500 queries, and with
--opensearch loads them into a cluster of one node on this machine. Prints the rates, and then what
follows from them: encoding and indexing take time by the passage, whichever machine does it, so
hours are hours of such a machine, and cost is cores times hours times a price. Bytes are by the
passage too. The time of a query is not: it is measured on this collection and printed as that.
"""

import argparse
import gzip
import json
import os
import shutil
import statistics
from itertools import islice
from pathlib import Path

from common import machine, seconds
from scale_out import cluster_of

from l0pyserini import ImpactSearcher, OpenSearchSearcher, build_index, encode_corpus
from l0pyserini.base.files import folder_bytes
from l0pyserini.base.tables import format_table
from l0pyserini.index.facts import lucene_bytes
from l0pyserini.opensearch import Cluster, finishing, load_collection

SHARED = Path(__file__).resolve().parents[2] / "shared/data/msmarco-sample"
COLLECTIONS = (
    ("MS MARCO", 8_841_823),
    ("MS MARCO v2", 138_364_198),
    ("a billion", 1_000_000_000),
)
QUERIES = 500


def passages(path: Path, count: int) -> None:
    """Write the first passages of the sample as JSONL."""
    with (
        gzip.open(SHARED / "collection.tsv.gz", "rt", encoding="utf-8") as sample,
        open(path, "w", encoding="utf-8") as handle,
    ):
        for line in islice(sample, count):
            docid, text = line.rstrip("\n").split("\t", 1)
            handle.write(json.dumps({"id": docid, "text": text}) + "\n")


def queries() -> list[str]:
    """Return queries of the sample."""
    with open(SHARED / "queries.train.tsv", encoding="utf-8") as lines:
        texts = [line.rstrip("\n").split("\t")[1] for line in lines]
    return texts[:: max(1, len(texts) // QUERIES)][:QUERIES]


def latency(searcher: ImpactSearcher | OpenSearchSearcher, texts: list[str], k: int) -> str:
    """Return p50 and p99 of one query at a time, in ms, after a pass that warms."""
    for text in texts:
        searcher.search(text, k)
    times = [seconds(lambda: searcher.search(text, k)) * 1000 for text in texts]  # noqa: B023
    cut = statistics.quantiles(times, n=100)
    return f"{cut[49]:.2f}, {cut[98]:.2f} ms"


def measured(args: argparse.Namespace) -> dict[str, float]:
    """Return seconds and bytes a passage, and print them."""
    folder: Path = args.folder
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    corpus, encoded, index = folder / "docs.jsonl", folder / "encoded", folder / "index"
    passages(corpus, args.passages)
    made, encoding = encode_corpus(
        str(corpus), args.encoder, encoded, backend=args.backend, lexical="bm25", scale=80
    )
    assert made is not None
    indexing = seconds(lambda: build_index(encoded, index))
    count = made.documents
    rates = {
        "encode": encoding / count,
        "index": indexing / count,
        "collection": folder_bytes(encoded) / count,
        "lucene": lucene_bytes(index) / count,
    }
    print(f"{count:,} passages, {made.nnz['mean']:.0f} tokens each, stems included")
    print(f"  encode ({args.backend}): {count / encoding:,.0f} passages/s")
    print(f"  index: {count / indexing:,.0f} passages/s, {rates['lucene']:,.0f} bytes each")
    print(f"  files of vectors: {rates['collection']:,.0f} bytes each")
    texts = queries()
    with ImpactSearcher(index) as searcher:
        for k in (10, 1000):
            print(f"  Lucene, k={k}: {latency(searcher, texts, k)}")
    if args.opensearch:
        # As for an index of the size that is told of: its second store goes.
        finishing.HISTORY_BYTES = 0
        with cluster_of(1) as urls:
            cluster = Cluster(urls)
            done = load_collection(encoded, cluster, "scale", replicas=0, store_text=False)
            with OpenSearchSearcher(cluster, "scale") as there:
                rates["load"] = done.seconds / count
                rates["opensearch"] = there.stored_bytes() / count
                print(
                    f"  OpenSearch: {count / done.seconds:,.0f} passages/s, "
                    f"{rates['opensearch']:,.0f} bytes each"
                )
                for k in (10, 1000):
                    print(f"  OpenSearch, k={k}: {latency(there, texts, k)}")
    return rates


def table(rates: dict[str, float], cores: int, price: float) -> str:
    """Return what collections take. price: of a core for an hour."""
    rows = []
    for name, count in COLLECTIONS:
        hours = {step: rates[step] * count / 3600 for step in ("encode", "index")}
        row = [
            f"{name} ({count:,})",
            f"{hours['encode']:,.1f} h",
            f"{hours['encode'] / 24:,.1f}",
            f"{hours['encode'] * cores * price:,.0f}",
            f"{rates['collection'] * count / 1e9:,.0f} GB",
            f"{hours['index']:,.1f} h",
            f"{rates['lucene'] * count / 1e9:,.1f} GB",
        ]
        if "load" in rates:
            row += [
                f"{rates['load'] * count / 3600:,.1f} h",
                f"{rates['opensearch'] * count / 1e9:,.1f} GB",
            ]
        rows.append(row)
    heads = ["", "encode", "machines for a day", "cost", "vectors", "index", "Lucene"]
    heads += ["load", "OpenSearch"] if "load" in rates else []
    return format_table(heads, rows)


def main() -> None:
    """Measure and print."""
    flags = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    flags.add_argument("--folder", type=Path, required=True, help="is emptied first")
    flags.add_argument("--passages", type=int, default=20_000)
    flags.add_argument("--encoder", default="l0-tiny")
    flags.add_argument("--backend", default="auto")
    flags.add_argument("--price", type=float, default=0.04, help="of a core for an hour")
    flags.add_argument("--opensearch", action="store_true", help="load into a cluster too")
    args = flags.parse_args()
    print(machine())
    rates = measured(args)
    cores = len(os.sched_getaffinity(0))
    print(f"\nof machines as this one ({cores} cores), {args.price:g} a core and hour:")
    print(table(rates, cores, args.price))


if __name__ == "__main__":
    main()
