"""The training set's development sets: benchmarks/training_set.py and held_out.py."""

import json
import random
import sys
from pathlib import Path

import pytest

from l0pyserini.data import open_corpus, read_qrels, read_topics

SOURCE = "stackexchange"


@pytest.fixture
def scripts(monkeypatch):
    """Return the modules, found as Python finds those beside a script."""
    monkeypatch.syspath_prepend(str(Path(__file__).resolve().parents[2] / "benchmarks"))
    import held_out
    import training_set
    import training_texts

    yield held_out, training_set, training_texts
    for module in (held_out, training_set, training_texts):
        del sys.modules[module.__name__]


def prose(name: str, words: int = 40) -> str:
    return " ".join(f"{name}{i}" for i in range(words))


@pytest.fixture
def drawn(scripts, tmp_path):
    """A development set of 5 of 20 questions, each with two answers, and what lies near those."""
    held_out, _, texts = scripts
    pairs = [
        texts.Pair(f"what is {i}", texts.Text(SOURCE, "", prose(f"q{i}{part}x")))
        for i in range(20)
        for part in "ab"
    ]
    far = [texts.Text("wikipedia", "far", prose(f"w{i}x")) for i in range(30)]
    recipe = held_out.Recipe("forum", {SOURCE: 5}, (SOURCE,), ("wikipedia",), 60)
    near = [
        texts.Text("wikipedia", "near", f"before {' '.join(pair.document.text.split()[:13])} after")
        for pair in pairs
    ]
    passages = {"wikipedia": far + near}
    made = held_out.hold_out(recipe, {SOURCE: pairs}, passages, random.Random(1))
    made.write(tmp_path / "dev", random.Random(1))
    return made, pairs, near


def test_a_topic_has_all_its_documents_and_the_corpus_is_whole(drawn, tmp_path):
    _, pairs, _ = drawn
    folder = str(tmp_path / "dev")
    asked = {topic.qid: topic.text for topic in read_topics(folder, "test")}
    stored = {document.docid: document.text for document in open_corpus(folder)}
    judged = read_qrels(folder, "test")
    assert len(judged) == 5
    assert len(stored) == 60
    for qid, grades in judged.items():
        answers = {pair.document.text for pair in pairs if pair.query == asked[qid]}
        assert {stored[docid] for docid in grades} == answers
    assert {pair.document.text for pair in pairs} <= set(stored.values())


def test_no_other_document_holds_a_part_of_a_relevant_one(drawn):
    made, _, _ = drawn
    relevant = [text for texts in made.relevant.values() for text in texts]
    assert not [
        other
        for other in made.others
        if any(" ".join(text.text.split()[:13]) in other.text for text in relevant)
    ]
    assert made.left_out > 0


def test_training_shares_no_run_of_words_with_topics_and_relevant_documents(
    scripts, drawn, tmp_path
):
    _, training_set, texts = scripts
    made, pairs, near = drawn
    asked = next(iter(made.relevant))
    again = texts.Pair(f"  {asked.upper()}?", texts.Text("boolq", "", prose("fresh")))
    found = {SOURCE: pairs, "boolq": [again]}
    training_set.write_training(tmp_path, found, near, made.runs())
    stored = {document.docid: document.text for document in open_corpus(str(tmp_path))}
    lines = (tmp_path / "queries.jsonl").read_text().splitlines()
    queries = {json.loads(line)["text"] for line in lines}
    # 15 of 20 questions are left with two answers each, and as many of the passages near those.
    assert len(stored) == 30 + 30
    assert queries == {pair.query for pair in pairs} - set(made.relevant)
    judged = read_qrels(str(tmp_path), "train")
    assert {len(grades) for grades in judged.values()} == {2}


def test_sources_that_repeat_sentences_give_topics_of_documents_that_do_not(scripts):
    held_out, _, texts = scripts
    pairs = [
        texts.Pair(f"what is {i}", texts.Text("medquad", "", prose(f"own{i}x") + end))
        for i, end in enumerate([prose(" same"), prose(" same"), "", ""])
    ]
    found = held_out.draw(pairs, 4, random.Random(1), templates=True)
    assert sorted(found) == ["what is 2", "what is 3"]


def test_rows_are_drawn_by_source(scripts, tmp_path, monkeypatch):
    _, training_set, _ = scripts
    monkeypatch.setattr(training_set, "ROWS", {"natural-questions": 2, "boolq": 5})
    lines = [f'{{"qid":"natural-questions-q{i}"}}\n' for i in range(9)]
    lines += [f'{{"qid":"boolq-q{i}"}}\n' for i in range(3)]
    rows = tmp_path / "rows.jsonl"
    rows.write_text("".join(lines))
    training_set.select(rows, tmp_path / "selected.jsonl")
    chosen = (tmp_path / "selected.jsonl").read_text().splitlines(keepends=True)
    assert len(chosen) == 5
    assert set(lines[9:]) <= set(chosen) <= set(lines)
