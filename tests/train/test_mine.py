import json
import tracemalloc

import pytest

from l0pyserini.errors import OutputExistsError, RunError, UsageError
from l0pyserini.train.negatives import mine_negatives
from tests.helpers import command


@pytest.fixture
def folder(tmp_path):
    """Twelve documents; d0 is relevant, and d1 is nearly the same text."""
    texts = ["one two three four five six", "one two three four five six six"]
    texts += [f"word{i} other{i} text{i}" for i in range(10)]
    with open(tmp_path / "docs.jsonl", "w") as handle:
        for i, text in enumerate(texts):
            handle.write(json.dumps({"id": f"d{i}", "text": text}) + "\n")
    (tmp_path / "qrels.txt").write_text("q 0 d0 1\nq 0 d9 0\nother 0 d3 1\n")
    lines = [f"q Q0 d{i} {i + 1} {20 - i} t" for i in range(12)]
    (tmp_path / "run.txt").write_text("\n".join(lines) + "\n")
    return tmp_path


def mined(folder, **options):
    done = mine_negatives(
        folder / "run.txt", str(folder / "qrels.txt"), str(folder / "docs.jsonl"),
        folder / "rows.jsonl", **{"negatives": 3, "last": 12, "overwrite": True} | options,
    )  # fmt: skip
    return done, [json.loads(line) for line in (folder / "rows.jsonl").read_text().splitlines()]


def test_positives_and_near_duplicates_are_out(folder):
    done, rows = mined(folder, negatives=10)
    assert done.rows == 1
    assert done.near_duplicates == 1
    assert rows[0]["qid"] == "q"
    assert rows[0]["docids"][0] == "d0"
    assert sorted(rows[0]["docids"][1:]) == sorted(f"d{i}" for i in range(2, 12))


def test_the_window_is_kept_and_a_seed_draws_alike(folder):
    _, rows = mined(folder, first=5, last=8)
    assert set(rows[0]["docids"][1:]) <= {"d4", "d5", "d6", "d7"}
    assert mined(folder, first=5, last=8)[1] == rows
    assert any(mined(folder, first=3, last=12, seed=s)[1] != rows for s in range(3))


def test_a_topic_with_too_few_negatives_is_counted(folder):
    (folder / "run.txt").write_text("q Q0 d2 1 3 t\nother Q0 d4 1 9 t\nother Q0 d5 2 8 t\n")
    done, rows = mined(folder, negatives=2)
    assert (done.rows, done.short, done.topics) == (1, 1, 2)
    assert rows[0]["qid"] == "other"


def test_memory_does_not_grow_with_the_corpus(folder):
    """Held are the docids, for the reader to find one twice, and no text."""

    def peak(passages):
        with open(folder / "docs.jsonl", "w") as handle:
            for i in range(passages):
                text = " ".join(f"w{i}x{k}" for k in range(60))
                handle.write(json.dumps({"id": f"d{i}", "text": text}) + "\n")
        tracemalloc.start()
        mined(folder)
        found = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return found

    peak(100)
    assert (peak(4100) - peak(100)) / 4000 < 200


def test_what_cannot_be_mined(folder):
    with pytest.raises(UsageError, match="ranks 5 to 6 hold fewer than 3"):
        mined(folder, first=5, last=6)
    mined(folder)
    with pytest.raises(OutputExistsError):
        mined(folder, overwrite=False)
    (folder / "run.txt").write_text("q Q0 d2 1 3 t\n")
    with pytest.raises(RunError, match="gave no row: 1 of its topics are judged"):
        mined(folder)
    (folder / "run.txt").write_text("q Q0 zzz 1 3 t\n")
    with pytest.raises(RunError, match="docid 'zzz': the corpus holds no such document"):
        mined(folder)
    (folder / "run.txt").write_text("q Q0 d2 1 3 t\nother Q0 d4 1 9 t\nq Q0 d3 2 2 t\n")
    with pytest.raises(RunError, match="run.txt:3 qid 'q': the topic's lines were interrupted"):
        mined(folder, negatives=1)


def test_an_impact_index_is_mined(capsys, small, tmp_path):
    (tmp_path / "qrels.txt").write_text("1 0 CACM-0046 1\n")
    (tmp_path / "topics.tsv").write_text("1\tprogramming computer method\n")
    words = ["mine", "--corpus", small / "docs.jsonl", "--qrels", tmp_path / "qrels.txt"]
    words += ["--index", small / "index", "--output", tmp_path / "rows.jsonl"]
    code, _, told = command(capsys, *words)
    assert code == 2
    assert "--index wants --topics" in told
    code, printed, told = command(
        capsys, *words, "--topics", tmp_path / "topics.tsv", "--last", 20, "--negatives", 5
    )
    assert code == 0, told
    assert "1 rows of 1 topics" in printed
    row = json.loads((tmp_path / "rows.jsonl").read_text())
    assert row["docids"][0] == "CACM-0046"
    assert len(row["docids"]) == 6


def test_a_bm25_index_is_mined(capsys, small, tmp_path):
    (tmp_path / "qrels.txt").write_text("1 0 CACM-0046 1\n")
    (tmp_path / "topics.tsv").write_text("1\tprogramming computer\n")
    words = ["--corpus", small / "docs.jsonl", "--topics", tmp_path / "topics.tsv"]
    bm25 = [*words, "--index", tmp_path / "bm25", "--output"]
    assert command(capsys, "bm25", *bm25, tmp_path / "run.txt")[0] == 0
    mine = [*words, "--index", tmp_path / "bm25", "--qrels", tmp_path / "qrels.txt"]
    code, _, told = command(
        capsys, "mine", *mine, "--output", tmp_path / "rows.jsonl", "--last", 20, "--negatives", 5
    )
    assert code == 0, told
    assert len(json.loads((tmp_path / "rows.jsonl").read_text())["docids"]) == 6
