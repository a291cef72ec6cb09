"""Build the training set of l0-tiny and of the frontier, as a BEIR folder.

    python benchmarks/training_set.py build ../shared/data runs/training-set
    python benchmarks/training_set.py select SET/rows.jsonl SET/selected.jsonl
    python benchmarks/training_set.py dev SET/selected.jsonl SET/dev

It holds question-answer pairs, titles and abstracts, MS MARCO passages with their training
queries, and Wikipedia: a sentence of one passage asks for the passage before it. A training text
that shares a run of words with a document or topic of a test collection is left out. A model
trained on the rest may be called zero-shot where no setting was chosen with the collection in view.
"""

import argparse
import gzip
import json
import random
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from l0pyserini.base.progress import say
from l0pyserini.data import open_corpus

TEST_SETS = ("scifact", "nfcorpus", "arguana")
SHINGLE = 13
"""Words in a row that two texts share only when one was copied from the other."""

ROWS = {
    "medquad": 12_000,
    "msmarco": 8_000,
    "acl-abstracts-2016plus": 5_000,
    "wikipedia": 3_000,
    "squad-dev": 3_000,
    "natural-questions": 2_500,
    "stackexchange": 2_000,
    "boolq": 1_500,
    "pubmedqa": 1_000,
    "clapnq": 300,
}
"""Rows of each source that training takes: health and questions first, Wikipedia least."""

LIMITS = {"acl-abstracts-2016plus": 24_000}
WIKIPEDIA_SENTENCES = 24_000
SENTENCE_WORDS = range(8, 31)
SEED = 17

TRAINED_ROWS = 16_000
DEV_ROWS = 500
"""The selected rows that follow those trained on; their topics choose the best checkpoint."""

Pair = tuple[str, str, str, str]
"""(source, query, title, text)."""


def words(text: str) -> list[str]:
    """Return the lower-cased words of a text."""
    return re.findall(r"[a-z0-9]+", text.lower())


def shingles(text: str) -> Iterator[int]:
    """Hash every run of SHINGLE words; a shorter text is one run."""
    found = words(text)
    for start in range(max(1, len(found) - SHINGLE + 1)):
        yield hash(tuple(found[start : start + SHINGLE]))


def test_shingles(data: Path) -> set[int]:
    """Return the hashes of all test documents and topics."""
    seen: set[int] = set()
    for name in (*TEST_SETS, "cacm"):
        corpus = open_corpus("cacm" if name == "cacm" else str(data / name))
        for document in corpus:
            seen.update(shingles(document.contents))
        queries = data / name / "queries.jsonl"
        if queries.is_file():
            with open(queries, encoding="utf-8") as lines:
                for line in lines:
                    seen.update(shingles(json.loads(line)["text"]))
    return seen


def pairs(data: Path, chance: random.Random) -> Iterator[Pair]:
    """Stream the question-answer pairs."""
    for path in sorted((data / "pairs").glob("*.jsonl.gz")):
        source = path.name.removesuffix(".jsonl.gz")
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            rows = [json.loads(line) for line in lines]
        chance.shuffle(rows)
        for row in rows[: LIMITS.get(source)]:
            yield source, row["query"], row["title"], row["text"]


def wikipedia(data: Path, chance: random.Random) -> Iterator[Pair]:
    """Stream (sentence, passage before it) of passages that follow one another."""
    before: tuple[str, int, str, str] | None = None
    found: list[Pair] = []
    with gzip.open(data / "wikipedia" / "passages.tsv.gz", "rt", encoding="utf-8") as lines:
        for line in lines:
            docid, title, text = line.rstrip("\n").split("\t")
            article, place = docid.rsplit("-", 1)
            if before and before[:2] == (article, int(place) - 1) and int(place) % 2:
                sentences = [s for s in re.split(r"(?<=[.!?]) ", text) if _fits(s)]
                if sentences:
                    found.append(("wikipedia", chance.choice(sentences), before[2], before[3]))
            before = (article, int(place), title, text)
    return iter(chance.sample(found, min(WIKIPEDIA_SENTENCES, len(found))))


def _fits(sentence: str) -> bool:
    return len(sentence.split()) in SENTENCE_WORDS


def msmarco(data: Path) -> tuple[dict[str, str], dict[str, str], dict[str, str]]:
    """Return (passages, queries, {qid: docid of the positive}) of the sample."""
    folder = data / "msmarco-sample"
    with gzip.open(folder / "collection.tsv.gz", "rt", encoding="utf-8") as lines:
        passages = dict(line.rstrip("\n").split("\t", 1) for line in lines)
    queries = dict(
        line.split("\t", 1)
        for line in (folder / "queries.train.tsv").read_text(encoding="utf-8").splitlines()
    )
    positives = {}
    for line in (folder / "qrels.train.tsv").read_text(encoding="utf-8").splitlines():
        qid, _, docid, _ = line.split()
        positives.setdefault(qid, docid)
    return passages, queries, positives


def write_jsonl(path: Path, records: Iterable[dict[str, str]]) -> int:
    """Write records a line each; return how many."""
    count = 0
    with open(path, "w", encoding="utf-8") as handle:
        for count, record in enumerate(records, start=1):  # noqa: B007
            handle.write(json.dumps(record, ensure_ascii=False) + "\n")
    return count


def select(rows: Path, output: Path) -> None:
    """Draw the rows of each source and mix them."""
    chance = random.Random(SEED)
    by_source: dict[str, list[str]] = {source: [] for source in ROWS}
    for line in rows.read_text(encoding="utf-8").splitlines():
        by_source[json.loads(line)["qid"].rsplit("-q", 1)[0]].append(line)
    chosen = [
        line
        for source, lines in by_source.items()
        for line in chance.sample(lines, min(ROWS[source], len(lines)))
    ]
    chance.shuffle(chosen)
    output.write_text("".join(f"{line}\n" for line in chosen), encoding="utf-8")
    print(f"{output}: {len(chosen):,} rows")


def dev(rows: Path, output: Path) -> None:
    """Write the topics after those trained on, and their rows' documents, as a BEIR folder."""
    lines = rows.read_text(encoding="utf-8").splitlines()
    chosen = [json.loads(one) for one in lines[TRAINED_ROWS : TRAINED_ROWS + DEV_ROWS]]
    docids = {docid for row in chosen for docid in row["docids"]}
    qids = {row["qid"] for row in chosen}
    (output / "qrels").mkdir(parents=True, exist_ok=True)
    for name, kept in (("corpus.jsonl", docids), ("queries.jsonl", qids)):
        with open(rows.parent / name, encoding="utf-8") as source, open(output / name, "w") as out:
            out.writelines(line for line in source if json.loads(line)["_id"] in kept)
    judged = [f"{row['qid']}\t{row['docids'][0]}\t1\n" for row in chosen]
    (output / "qrels" / "test.tsv").write_text("query-id\tcorpus-id\tscore\n" + "".join(judged))
    print(f"{output}: {len(qids):,} topics, {len(docids):,} documents")


def build(data: Path, output: Path) -> None:
    """Build the folder and say what it holds."""
    chance = random.Random(SEED)
    banned = test_shingles(data)
    say(f"{len(banned):,} runs of {SHINGLE} words stand in test collections")

    corpus: dict[str, tuple[str, str]] = {}
    by_text: dict[str, str] = {}
    queries: list[tuple[str, str, str]] = []
    refused = 0
    for source, query, title, text in (*pairs(data, chance), *wikipedia(data, chance)):
        if not banned.isdisjoint(shingles(f"{title} {text}")) or not banned.isdisjoint(
            shingles(query)
        ):
            refused += 1
            continue
        docid = by_text.setdefault(text, f"{source}-{len(by_text)}")
        corpus[docid] = (title, text)
        queries.append((f"{source}-q{len(queries)}", query, docid))
    passages, asked, positives = msmarco(data)
    for pid, text in passages.items():
        if banned.isdisjoint(shingles(text)):
            corpus[f"msmarco-{pid}"] = ("", text)
        else:
            refused += 1
    for qid, pid in positives.items():
        if f"msmarco-{pid}" in corpus and qid in asked:
            queries.append((f"msmarco-q{qid}", asked[qid], f"msmarco-{pid}"))

    (output / "qrels").mkdir(parents=True, exist_ok=True)
    documents = write_jsonl(
        output / "corpus.jsonl",
        ({"_id": docid, "title": title, "text": text} for docid, (title, text) in corpus.items()),
    )
    topics = write_jsonl(
        output / "queries.jsonl", ({"_id": qid, "text": text} for qid, text, _ in queries)
    )
    with open(output / "qrels" / "train.tsv", "w", encoding="utf-8") as handle:
        handle.write("query-id\tcorpus-id\tscore\n")
        handle.writelines(f"{qid}\t{docid}\t1\n" for qid, _, docid in queries)
    print(
        f"{output}: {documents:,} documents, {topics:,} topics; "
        f"{refused:,} texts left out because a test collection holds a part of them"
    )


def main() -> None:
    """Build or select."""
    flags = argparse.ArgumentParser(description=__doc__)
    flags.add_argument("action", choices=("build", "select", "dev"))
    flags.add_argument("source", type=Path)
    flags.add_argument("output", type=Path)
    args = flags.parse_args()
    {"build": build, "select": select, "dev": dev}[args.action](args.source, args.output)


if __name__ == "__main__":
    main()
