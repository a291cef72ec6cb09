"""Parts of what training_set.py builds, for a machine that has hours and not days.

    python benchmarks/training_parts.py rows SET/selected.jsonl SET/rows-part.jsonl
    python benchmarks/training_parts.py dev SET/dev SET/dev-part [--topics 300] [--hits 5]

`rows` draws 14,000 rows and keeps three documents of each, its first and two others by chance: a
dense teacher embeds a third of the corpus then. `dev` keeps a hundred topics of each development
set with their relevant documents and the first ten that BM25 gives them, or as many as --topics and
--hits say. A thousand documents are scored while training in seconds where the whole sets take an
hour. nDCG is higher there than on the whole sets, and compares encoders with one another alone. It
needs the BM25 runs of docs/training.md.
"""

import argparse
import json
import random
from collections import defaultdict
from pathlib import Path

from held_out import write_qrels

SEED = 11
ROWS, DOCUMENTS = 14_000, 3
TOPICS, HITS = 100, 10


def rows(source: Path, output: Path) -> None:
    """Draw rows, and documents of each."""
    chance = random.Random(SEED)
    with open(source, encoding="utf-8") as lines:
        found = [json.loads(line) for line in lines]
    chance.shuffle(found)
    texts: set[str] = set()
    with open(output, "w", encoding="utf-8") as handle:
        for row in found[:ROWS]:
            first, *others = row["docids"]
            docids = [first, *chance.sample(others, DOCUMENTS - 1)]
            texts.update(docids)
            handle.write(json.dumps({"qid": row["qid"], "docids": docids}) + "\n")
    print(f"{output}: {min(ROWS, len(found)):,} rows of {len(texts):,} documents")


def dev(source: Path, output: Path, topics: int, hits: int) -> None:
    """Cut every development set of a folder."""
    for folder in sorted(source.iterdir()):
        cut(folder, output / folder.name, topics, hits)


def cut(folder: Path, output: Path, topics: int, hits: int) -> None:
    """Write a part of one development set."""
    relevant: dict[str, list[str]] = defaultdict(list)
    for line in (folder / "qrels" / "test.tsv").read_text(encoding="utf-8").splitlines()[1:]:
        qid, docid, _ = line.split("\t")
        relevant[qid].append(docid)
    qids = sorted(relevant)
    random.Random(SEED).shuffle(qids)
    chosen = set(qids[:topics])
    docids = {docid for qid in chosen for docid in relevant[qid]}
    with open(folder / "bm25.txt", encoding="utf-8") as lines:
        for line in lines:
            qid, _, docid, rank, *_ = line.split()
            if qid in chosen and int(rank) <= hits:
                docids.add(docid)
    output.mkdir(parents=True, exist_ok=True)
    for name, kept in (("corpus.jsonl", docids), ("queries.jsonl", chosen)):
        with (
            open(folder / name, encoding="utf-8") as lines,
            open(output / name, "w", encoding="utf-8") as handle,
        ):
            handle.writelines(line for line in lines if json.loads(line)["_id"] in kept)
    judged = ((qid, docid) for qid in sorted(chosen) for docid in relevant[qid])
    write_qrels(output / "qrels" / "test.tsv", judged)
    print(f"{output}: {len(chosen)} topics, {len(docids):,} documents")


def main() -> None:
    """Draw rows, or cut development sets."""
    flags = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    flags.add_argument("part", choices=("rows", "dev"))
    flags.add_argument("source", type=Path)
    flags.add_argument("output", type=Path)
    flags.add_argument("--topics", type=int, default=TOPICS, help="of dev (default 100)")
    flags.add_argument("--hits", type=int, default=HITS, help="of dev (default 10)")
    args = flags.parse_args()
    if args.part == "rows":
        rows(args.source, args.output)
    else:
        dev(args.source, args.output, args.topics, args.hits)


if __name__ == "__main__":
    main()
