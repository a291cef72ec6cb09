"""Exports: CIFF against ciff-toolkit's writer, and what BMP and PISA find of the same vectors.

    python benchmarks/exporting.py --encoded runs/cacm.8bits --index indexes/cacm.8bits \\
        --topics cacm --qrels cacm

The collection's impacts must fit in 8 bits: `encode --scale 80` for CACM by l0-tiny.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from common import machine, shown

from l0pyserini import ImpactSearcher, evaluate_run
from l0pyserini.data.records import Hit
from l0pyserini.data.runs import write_run
from l0pyserini.export import export_bmp, export_ciff, export_pisa
from l0pyserini.export.collection import Exported, open_exported
from l0pyserini.export.queries import encoded_topics

RUNS = 3
_BMP = "import sys, bmp; print(bmp.search(sys.argv[1], sys.argv[2], int(sys.argv[3]), 1.0, 1.0))"


def library_ciff(exported: Exported, path: Path) -> None:
    """Write CIFF as ciff-toolkit does, every posting an object."""
    from ciff_toolkit.ciff_pb2 import DocRecord, Header, PostingsList
    from ciff_toolkit.write import CiffWriter

    inverted: dict[str, list[tuple[int, int]]] = defaultdict(list)
    documents = []
    for number, (docid, _, vector) in enumerate(exported.documents()):
        documents.append((docid, sum(vector.values())))
        for token, impact in vector.items():
            inverted[token].append((number, impact))

    def lists() -> Iterator[Any]:
        for term in sorted(inverted):
            rows = inverted[term]
            one = PostingsList(term=term, df=len(rows), cf=sum(impact for _, impact in rows))
            before = 0
            for number, impact in rows:
                one.postings.add(docid=number - before, tf=impact)
                before = number
            yield one

    count = len(documents)
    header = Header(
        version=1,
        num_postings_lists=len(inverted),
        num_docs=count,
        total_postings_lists=len(inverted),
        total_docs=count,
        total_terms_in_collection=exported.impacts,
        average_doclength=exported.impacts / count,
        description=exported.description(),
    )
    with CiffWriter(path) as writer:
        writer.write_header(header)
        writer.write_postings_lists(lists())
        writer.write_documents(
            DocRecord(docid=number, collection_docid=docid, doclength=length)
            for number, (docid, length) in enumerate(documents)
        )


def cpu_seconds(action: Callable[[], object]) -> float:
    """Return the processor's seconds for an action, which others on the machine do not change."""
    start = time.process_time()
    action()
    return time.process_time() - start


def bmp_hits(index: Path, queries: Path, k: int) -> dict[str, list[Hit]]:
    """Return {qid: hits} of BMP's search."""
    words = [sys.executable, "-c", _BMP, str(index), str(queries), str(k)]
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    run: dict[str, list[Hit]] = defaultdict(list)
    for line in done.stdout.splitlines():
        if line.strip():
            qid, _, docid, _, score, _ = line.split()
            run[qid].append(Hit(docid, float(score)))
    return run


def pisa_hits(index: Path, queries: Path, k: int) -> dict[str, list[Hit]]:
    """Return {qid: hits} of PISA's search."""
    import pandas as pd
    from pyterrier_pisa import PisaIndex

    read = [json.loads(line) for line in queries.read_text().splitlines()]
    frame = pd.DataFrame(
        {"qid": [one["id"] for one in read], "query_toks": [one["vector"] for one in read]}
    )
    found = PisaIndex(str(index), stops="none").quantized(num_results=k, toks_scale=1.0)(frame)
    return {
        str(qid): [Hit(*pair) for pair in zip(rows.docno, rows.score, strict=True)]
        for qid, rows in found.groupby("qid")
    }


def report(name: str, run: dict[str, list[Hit]], ours: dict[str, list[Hit]], qrels: str) -> None:
    """Print how a run's scores and documents agree with ours, and its nDCG@10."""
    same = sum(
        [hit.score for hit in run.get(qid, [])] == [hit.score for hit in hits]
        for qid, hits in ours.items()
    )
    shares = [
        len({hit.docid for hit in hits[:10]} & {hit.docid for hit in run.get(qid, [])[:10]})
        / max(1, min(10, len(hits)))
        for qid, hits in ours.items()
    ]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "run"
        write_run(path, run.items(), "x")
        ndcg = evaluate_run(qrels, path, ["nDCG@10"]).means["nDCG@10"]
    print(
        f"{name:<44} same scores: {same} of {len(ours)} topics; overlap@10 "
        f"{sum(shares) / len(shares):.4f}; nDCG@10 {ndcg:.4f}"
    )


def main() -> None:
    """Measure and print."""
    flags = argparse.ArgumentParser(description=__doc__)
    flags.add_argument("--encoded", required=True)
    flags.add_argument("--index", required=True)
    flags.add_argument("--topics", required=True)
    flags.add_argument("--qrels", required=True)
    args = flags.parse_args()
    print(machine())
    exported = open_exported(args.encoded)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        ours, library = (folder / name for name in ("ours.ciff", "library.ciff"))
        times = [
            (
                cpu_seconds(lambda: export_ciff(args.encoded, ours, overwrite=True)),
                cpu_seconds(lambda: library_ciff(exported, library)),
            )
            for _ in range(RUNS)
        ]
        print(
            f"{args.encoded}: {exported.documents_count:,} documents, "
            f"{exported.postings:,} postings"
        )
        one, two = zip(*times, strict=True)
        print(shown("CIFF, checked before and after", one, "CPU s"))
        print(shown("CIFF by ciff-toolkit, unchecked", two, "CPU s"))
        same = ours.read_bytes() == library.read_bytes()
        print(f"the same bytes: {same}")
        bmp, pisa = folder / "x.bmp", folder / "pisa"
        asked = {"topics": args.topics}
        export_bmp(args.encoded, bmp, queries=folder / "q.txt", **asked)
        export_pisa(args.encoded, pisa, queries=folder / "q.jsonl", **asked)
        queries = {one.qid: one.vector for one in encoded_topics(exported, args.topics, "test")}
        with ImpactSearcher(args.index) as searcher:
            for k in (10, 1000):
                ours = {qid: searcher.search(vector, k) for qid, vector in queries.items()}
                report(f"Lucene, k = {k}", ours, ours, args.qrels)
                report(f"PISA, k = {k}", pisa_hits(pisa, folder / "q.jsonl", k), ours, args.qrels)
                lowered = [
                    line.split(":", 1) for line in (folder / "q.txt").read_text().splitlines()
                ]
                vectors = {
                    qid: {t: text.split().count(t) for t in text.split()} for qid, text in lowered
                }
                fitted = {qid: searcher.search(vector, k) for qid, vector in vectors.items()}
                found = bmp_hits(bmp, folder / "q.txt", k)
                report(f"BMP, k = {k}, against Lucene", found, ours, args.qrels)
                report(f"BMP, k = {k}, against Lucene on its queries", found, fitted, args.qrels)


if __name__ == "__main__":
    main()
