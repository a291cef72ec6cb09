r"""Rows whose queries are cut out of texts, mixed with rows that no line has learned from yet.

    python benchmarks/training_crops.py cut SET CROPS [--seed 23]
    python -m l0pyserini.bm25 --corpus CROPS --topics CROPS --split train --index INDEX \
        --output CROPS/bm25.txt
    python -m l0pyserini.train.mine --corpus CROPS --qrels CROPS --run CROPS/bm25.txt \
        --negatives 1 --last 10 --output CROPS/rows.jsonl
    python benchmarks/training_crops.py mix SET CROPS MIX [--fresh 2500] [--seen MIX/rows.jsonl ...]
    python benchmarks/training_crops.py draw MIX OUTPUT [--rows 12500] [--after 0] [--seed 23]
    python benchmarks/training_crops.py halves SET SET/dev-halves

`cut` draws texts of SET (training_set.py) by source and takes a sentence out of each, or the first
part of it: that is the query, and what is left the document. A claim asks so, and an argument; the
questions and titles of SET do not. `mix` joins them with --fresh rows of SET/selected.jsonl, two
documents each, that are neither in SET/rows-part.jsonl nor in --seen. `draw` takes some rows of a
mix by chance, whose texts stay where they are. `halves` writes development sets of the same kind as
`cut`, from texts that training never saw: the first two fifths of a text ask for its last two.
"""

import argparse
import json
import random
import re
from collections import defaultdict
from pathlib import Path

from held_out import write_jsonl, write_qrels

SEED, FRESH, DRAWN = 23, 2500, 12_500
TEXTS = {
    "acl-abstracts-2016plus": 2200,
    "wikipedia": 1600,
    "medquad": 1300,
    "stackexchange": 1100,
    "pubmedqa": 900,
    "msmarco": 500,
    "boolq": 200,
    "squad-dev": 200,
}
SHARE_OF_SENTENCES = 0.6
_SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[A-Z0-9])")


def cut(source: Path, output: Path, seed: int) -> None:
    """Draw texts and cut a query out of each."""
    chance, by_source = random.Random(seed), defaultdict(list)
    for text in _lines(source / "corpus.jsonl"):
        by_source[text["_id"].rsplit("-", 1)[0]].append(text)
    corpus, queries, pairs = [], [], []
    for name, count in TEXTS.items():
        chance.shuffle(by_source[name])
        parts = (_parts(text["text"], chance) for text in by_source[name])
        for number, part in zip(range(count), filter(None, parts), strict=False):
            qid, docid = f"crop-{name}-q{number}", f"crop-{name}-{number}"
            queries.append({"_id": qid, "text": part[0]})
            corpus.append({"_id": docid, "title": "", "text": part[1]})
            pairs.append((qid, docid))
    _write(output, corpus, queries)
    write_qrels(output / "qrels" / "train.tsv", pairs)


def _parts(text: str, chance: random.Random) -> tuple[str, str] | None:
    """Return a query and what is left of a text, or None where one of them is too short."""
    if chance.random() < SHARE_OF_SENTENCES:
        sentences = _SENTENCE.split(text)
        place = chance.randrange(len(sentences))
        query = sentences.pop(place)
        rest = " ".join(sentences)
    else:
        words = text.split()
        end = chance.randint(len(words) // 4, len(words) // 2) if words else 0
        query, rest = " ".join(words[:end]), " ".join(words[end:])
    fits = 6 <= len(query.split()) <= 90 and len(rest.split()) >= 30
    return (query, rest) if fits else None


def mix(source: Path, crops: Path, output: Path, count: int, earlier: list[Path]) -> None:
    """Join the rows of both with the texts that they name."""
    chance = random.Random(SEED)
    files = [source / "rows-part.jsonl", *earlier]
    seen = {row["qid"] for file in files for row in _lines(file)}
    fresh = [row for row in _lines(source / "selected.jsonl") if row["qid"] not in seen]
    rows = _lines(crops / "rows.jsonl")
    for row in chance.sample(fresh, count):
        first, *others = row["docids"]
        rows.append({"qid": row["qid"], "docids": [first, chance.choice(others)]})
    chance.shuffle(rows)
    docids = {docid for row in rows for docid in row["docids"]}
    qids = {row["qid"] for row in rows}
    folders = (source, crops)
    corpus = [one for f in folders for one in _lines(f / "corpus.jsonl") if one["_id"] in docids]
    queries = [one for f in folders for one in _lines(f / "queries.jsonl") if one["_id"] in qids]
    _write(output, corpus, queries)
    write_jsonl(output / "rows.jsonl", rows)
    pairs = dict.fromkeys((row["qid"], row["docids"][0]) for row in rows)
    write_qrels(output / "qrels" / "train.tsv", pairs)


def draw(mixed: Path, output: Path, count: int, after: int, seed: int) -> None:
    """Write some of the rows of a mix."""
    rows = _lines(mixed / "rows.jsonl")
    random.Random(seed).shuffle(rows)
    output.mkdir(parents=True, exist_ok=True)
    lines = write_jsonl(output / "rows.jsonl", rows[after : after + count])
    print(f"{output / 'rows.jsonl'}: {lines:,} lines")


def halves(source: Path, output: Path) -> None:
    """Write development sets of 300 beginnings of texts among 1,500 ends."""
    trained = {one["text"] for one in _lines(source / "corpus.jsonl")}
    for name in ("titles", "questions", "health"):
        texts = [one["text"] for one in _lines(source / "dev" / name / "corpus.jsonl")]
        texts = [text for text in texts if len(text.split()) >= 80 and text not in trained]
        random.Random(SEED).shuffle(texts)
        words = [text.split() for text in list(dict.fromkeys(texts))[:1500]]
        corpus = [
            {"_id": f"{name}-{number}", "title": "", "text": " ".join(one[3 * len(one) // 5 :])}
            for number, one in enumerate(words)
        ]
        queries = [
            {"_id": f"{name}-q{number}", "text": " ".join(one[: 2 * len(one) // 5])}
            for number, one in enumerate(words[:300])
        ]
        _write(output / name, corpus, queries)
        pairs = [(f"{name}-q{number}", f"{name}-{number}") for number in range(300)]
        write_qrels(output / name / "qrels" / "test.tsv", pairs)


def _lines(path: Path) -> list[dict]:
    with open(path, encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def _write(output: Path, corpus: list[dict], queries: list[dict]) -> None:
    for name, records in (("corpus.jsonl", corpus), ("queries.jsonl", queries)):
        print(f"{output / name}: {write_jsonl(output / name, records):,} lines")


def main() -> None:
    """Cut, mix, or write development sets."""
    flags = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    flags.add_argument("what", choices=("cut", "mix", "draw", "halves"))
    flags.add_argument("folders", type=Path, nargs="+", metavar="FOLDER")
    flags.add_argument("--seed", type=int, default=SEED, help="of `cut` and `draw`")
    flags.add_argument("--rows", type=int, default=DRAWN, help="that `draw` takes")
    flags.add_argument("--after", type=int, default=0, help="rows that `draw` passes over first")
    flags.add_argument("--fresh", type=int, default=FRESH, help="rows of `mix` beside the crops'")
    flags.add_argument(
        "--seen", type=Path, nargs="*", default=[], help="rows that `mix` leaves out"
    )
    given = flags.parse_args()
    if given.what == "cut":
        cut(*given.folders, given.seed)
    elif given.what == "mix":
        mix(*given.folders, given.fresh, given.seen)
    elif given.what == "draw":
        draw(*given.folders, given.rows, given.after, given.seed)
    else:
        halves(*given.folders)


if __name__ == "__main__":
    main()
