"""Build the training set of l0-tiny and of the frontier, and its development sets: BEIR folders.

    python benchmarks/training_set.py build ../shared/data runs/training-set
    python benchmarks/training_set.py select SET/rows.jsonl SET/selected.jsonl
    python benchmarks/training_set.py check ../shared/data runs/training-set

It holds question-answer pairs, titles and abstracts, MS MARCO passages with their training
queries, and Wikipedia: a sentence of one passage asks for the passage before it. `build` writes the
development sets of held_out.py to SET/dev. A text that shares a run of words with a document or
topic of a test collection is left out of both. Training also does without the texts that share one
with a topic or a relevant document of a development set, as negatives too. `check` reads what was
written and counts the runs that are shared all the same. A model trained on the set may be called
zero-shot where no setting was chosen with a test collection in view.
"""

import argparse
import json
import random
from collections.abc import Iterable, Iterator
from pathlib import Path

from held_out import DEV_SETS, HALVED, DevSet, hold_out, write_jsonl, write_qrels
from training_texts import (
    Pair,
    Text,
    msmarco,
    question_pairs,
    runs_of,
    sentence_pairs,
    shares,
    test_runs,
    wikipedia,
)

from l0pyserini.base.progress import say

ROWS = {
    "msmarco": 11_000,
    "squad-dev": 5_500,
    "stackexchange": 5_000,
    "acl-abstracts-2016plus": 5_000,
    "wikipedia": 4_000,
    "medquad": 3_000,
    "boolq": 3_000,
    "natural-questions": 2_600,
    "pubmedqa": 700,
    "clapnq": 200,
}
"""Rows of each source that training takes. No domain leads: a quarter are queries of the web, a
quarter questions with passages of Wikipedia, the rest forum, abstracts, sentences and health."""

PAIRS = {"acl-abstracts-2016plus": 12_000, "medquad": 9_000, "wikipedia": 12_000}
"""Pairs of each source whose documents make up the corpus, where fewer than there are."""

SPARE = 1.1
"""Topics a row: mining leaves some out."""

SEED = 17


def read(data: Path, chance: random.Random) -> tuple[dict[str, list[Pair]], dict[str, list[Text]]]:
    """Return the pairs and the passages of each source that no test collection knows."""
    banned = test_runs(data)
    say(f"{len(banned):,} runs of words stand in test collections")
    articles = wikipedia(data)
    asked, passages = msmarco(data)
    known: dict[Text, bool] = {}

    def clean(document: Text) -> bool:
        if document not in known:
            known[document] = not shares(banned, document)
        return known[document]

    pairs: dict[str, list[Pair]] = {source: [] for source in ROWS}
    sentences = list(sentence_pairs(articles, chance))
    drawn = chance.sample(sentences, min(2 * PAIRS["wikipedia"], len(sentences)))
    refused = 0
    for pair in (*question_pairs(data), *asked, *drawn):
        if clean(pair.document) and not shares(banned, Text("", "", pair.query)):
            pairs[pair.document.source].append(pair)
        else:
            refused += 1
    # Three times what the development sets take of Wikipedia.
    some = chance.sample([text for _, _, text in articles], 100_000)
    kept = {"msmarco": [*filter(clean, passages)], "wikipedia": [*filter(clean, some)]}
    kept["pubmedqa"] = [pair.document for pair in pairs["pubmedqa"]]
    refused += len(passages) + len(some) - len(kept["msmarco"]) - len(kept["wikipedia"])
    say(f"{refused:,} pairs and passages left out: a test collection holds a part of them")
    return pairs, kept


def build(data: Path, output: Path) -> None:
    """Build the training set and the development sets, and say what they hold."""
    chance = random.Random(SEED)
    pairs, passages = read(data, chance)
    for found in pairs.values():
        chance.shuffle(found)
    half = len(pairs[HALVED]) // 2
    training = pairs | {HALVED: pairs[HALVED][:half]}
    offered = pairs | {HALVED: pairs[HALVED][half:]}
    banned: set[int] = set()
    for recipe in DEV_SETS:
        made = hold_out(recipe, offered, passages, chance)
        made.write(output / "dev" / made.name, chance)
        banned |= made.runs()
        describe(made)
    write_training(output, training, passages["msmarco"], banned)


def describe(made: DevSet) -> None:
    """Say what a development set holds."""
    relevant = sum(map(len, made.relevant.values()))
    print(
        f"dev/{made.name}: {len(made.relevant):,} topics, {relevant + len(made.others):,} "
        f"documents, {relevant:,} of them relevant; {made.left_out:,} left out as near one of those"
    )


def write_training(
    output: Path, pairs: dict[str, list[Pair]], passages: list[Text], banned: set[int]
) -> None:
    """Write the documents and topics of training that share no run of words with those held out."""
    corpus: dict[str, tuple[str, Text]] = {}
    qids: dict[tuple[str, str], str] = {}
    judged: dict[tuple[str, str], None] = {}

    def add(document: Text) -> str:
        name = f"{document.source}-{len(corpus)}"
        return corpus.setdefault(document.text, (name, document))[0]

    for source, found in pairs.items():
        kept = [pair for pair in found if not shares(banned, pair.document, pair.query)]
        print(f"{source}: {len(kept):,} of {len(found):,} pairs share nothing with those held out")
        taken = kept[: PAIRS.get(source)]
        for query, _ in taken[: round(SPARE * ROWS[source])]:
            qids.setdefault((source, query), f"{source}-q{len(qids)}")
        for query, document in taken:
            docid = add(document)
            # All documents of a topic are judged, or one would be mined as its negative.
            if (source, query) in qids:
                judged[qids[source, query], docid] = None
    for passage in passages:
        if not shares(banned, passage):
            add(passage)
    documents = write_jsonl(
        output / "corpus.jsonl",
        ({"_id": docid, "title": t.title, "text": t.text} for docid, t in corpus.values()),
    )
    topics = write_jsonl(
        output / "queries.jsonl",
        ({"_id": qid, "text": query} for (_, query), qid in qids.items()),
    )
    write_qrels(output / "qrels" / "train.tsv", judged)
    print(f"{output}: {documents:,} documents, {topics:,} topics, {len(judged):,} positives")


def select(rows: Path, output: Path) -> None:
    """Draw the rows of each source and mix them."""
    chance = random.Random(SEED)
    by_source: dict[str, list[str]] = {source: [] for source in ROWS}
    for line in rows.read_text(encoding="utf-8").splitlines():
        by_source[json.loads(line)["qid"].rsplit("-q", 1)[0]].append(line)
    chosen = []
    for source, lines in by_source.items():
        drawn = chance.sample(lines, min(ROWS[source], len(lines)))
        print(f"{source}: {len(drawn):,} of {len(lines):,} rows")
        chosen += drawn
    chance.shuffle(chosen)
    output.write_text("".join(f"{line}\n" for line in chosen), encoding="utf-8")
    print(f"{output}: {len(chosen):,} rows")


def check(data: Path, output: Path) -> None:
    """Count the runs of words that training shares with what is held out.

    Raises:  SystemExit: if there are any.
    """
    trained = runs_of(stored_texts(output), (text for _, text in stored_queries(output)))
    shared = len(trained & test_runs(data))
    print(f"training set: {len(trained):,} runs of words, {shared} shared with test collections")
    for folder in sorted((output / "dev").iterdir()):
        judged = (folder / "qrels" / "test.tsv").read_text(encoding="utf-8").splitlines()[1:]
        relevant = {line.split("\t")[1] for line in judged}
        held = runs_of(stored_texts(folder, relevant), (text for _, text in stored_queries(folder)))
        both = len(trained & held)
        shared += both
        print(
            f"dev/{folder.name}: topics and {len(relevant):,} relevant documents, {len(held):,} "
            f"runs of words, {both} shared with training"
        )
    if shared:
        raise SystemExit("runs of words are shared: build the set anew.")


def stored_texts(folder: Path, wanted: set[str] | None = None) -> Iterator[Text]:
    """Stream the documents of a BEIR folder, or those with the wanted ids."""
    for record in stored(folder / "corpus.jsonl"):
        if wanted is None or record["_id"] in wanted:
            yield Text("", record["title"], record["text"])


def stored_queries(folder: Path) -> Iterator[tuple[str, str]]:
    """Stream (qid, text) of a BEIR folder."""
    return ((record["_id"], record["text"]) for record in stored(folder / "queries.jsonl"))


def stored(path: Path) -> Iterable[dict[str, str]]:
    """Stream a JSONL file."""
    with open(path, encoding="utf-8") as lines:
        yield from map(json.loads, lines)


def main() -> None:
    """Build, select or check."""
    flags = argparse.ArgumentParser(description=__doc__)
    flags.add_argument("action", choices=("build", "select", "check"))
    flags.add_argument("source", type=Path)
    flags.add_argument("output", type=Path)
    args = flags.parse_args()
    {"build": build, "select": select, "check": check}[args.action](args.source, args.output)


if __name__ == "__main__":
    main()
