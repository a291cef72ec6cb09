"""Embeddings of rows: what is written, found again, resumed, and refused."""

import json

import numpy as np
import pytest

from l0pyserini.errors import OutputExistsError, TrainingDataError, TrainingError, UsageError
from l0pyserini.train import embeddings as module
from l0pyserini.train.embedding import embed_rows
from l0pyserini.train.embeddings import Embeddings, text_names, write_embeddings
from tests.helpers import command
from tests.train.test_teachers import dense_model

QUERIES = ["matrix sums", "sorting"]
DOCUMENTS = ["a matrix", "sums of a matrix", "a sorted list", "quick sort", "an index"]


def fake(texts, side):
    """Vectors that tell the text and the side."""
    base = 1.0 if side == "queries" else 2.0
    return np.array([[base, len(text)] for text in texts], dtype=np.float16)


def written(folder, resume=False, overwrite=False, embed=fake, plan=None):
    same = {"queries": lambda ids: ids, "documents": lambda ids: ids}
    keys = {"queries": QUERIES, "documents": DOCUMENTS}
    write_embeddings(folder, plan or {"teacher": "t"}, same, keys, embed, resume, overwrite)


@pytest.fixture
def small_pieces(monkeypatch):
    monkeypatch.setattr(module, "PIECE", 2)


def found(folder, side, texts):
    return Embeddings(folder).find(side, texts, text_names(texts), "rows.jsonl:1")


@pytest.mark.usefixtures("small_pieces")
def test_vectors_are_found_by_text(tmp_path):
    written(tmp_path / "out")
    texts = [DOCUMENTS[4], DOCUMENTS[0], DOCUMENTS[3], DOCUMENTS[0]]
    vectors = found(tmp_path / "out", "documents", texts)
    assert vectors.dtype == np.float32
    assert vectors.tolist() == [[2.0, len(text)] for text in texts]
    assert found(tmp_path / "out", "queries", ["sorting"]).tolist() == [[1.0, 7.0]]
    with pytest.raises(TrainingDataError, match=r"rows.jsonl:1: .*no vector of the text 'new'"):
        found(tmp_path / "out", "documents", [DOCUMENTS[0], "new"])


@pytest.mark.usefixtures("small_pieces")
def test_a_killed_run_goes_on_where_it_stood(tmp_path):
    folder = tmp_path / "out"
    asked = []

    def failing(texts, side):
        asked.append(list(texts))
        if len(asked) == 3:
            raise KeyboardInterrupt
        return fake(texts, side)

    with pytest.raises(KeyboardInterrupt):
        written(folder, embed=failing)
    with pytest.raises(TrainingDataError, match="was not finished. Go on with it"):
        Embeddings(folder)
    with pytest.raises(OutputExistsError, match="Give --resume to go on"):
        written(folder)
    with pytest.raises(TrainingError, match="begun with another teacher: 't', and now it is 'u'"):
        written(folder, resume=True, plan={"teacher": "u"})
    asked.clear()
    written(folder, resume=True, embed=lambda texts, side: asked.append(texts) or fake(texts, side))
    assert asked == [tuple(DOCUMENTS[2:4]), tuple(DOCUMENTS[4:])]
    assert found(folder, "documents", DOCUMENTS).tolist() == fake(DOCUMENTS, "documents").tolist()


def test_other_folders_are_kept_and_no_embeddings(tmp_path):
    (tmp_path / "letters").mkdir()
    (tmp_path / "letters/a.txt").write_text("x")
    with pytest.raises(OutputExistsError, match=r"holds no plan.json, so it is no folder of"):
        written(tmp_path / "letters", overwrite=True)
    with pytest.raises(TrainingDataError, match="it is no folder of embeddings"):
        Embeddings(tmp_path / "letters")


def test_damaged_pieces_are_named(tmp_path):
    folder = tmp_path / "out"
    written(folder)
    np.save(folder / "documents-00000.npy", np.zeros((3, 2), dtype=np.float16))
    with pytest.raises(TrainingDataError, match=r"of shape \(3, 2\) for 5 texts, expected a vec"):
        Embeddings(folder)
    (folder / "documents-00000.npy").write_bytes(b"broken")
    with pytest.raises(TrainingDataError, match=r"documents-00000.npy: cannot be read"):
        Embeddings(folder)
    (folder / "documents-00000.npy").unlink()
    with pytest.raises(TrainingDataError, match="holds no documents-00000.npy. Write it again"):
        Embeddings(folder)
    written(folder, overwrite=True)
    assert len(found(folder, "documents", DOCUMENTS)) == 5


def test_the_command_embeds_rows_of_ids(capsys, tmp_path, small):
    pytest.importorskip("sentence_transformers")
    rows = {"qid": "a", "docids": ["CACM-0001", "CACM-0002"]}
    (tmp_path / "rows.jsonl").write_text(json.dumps(rows) + "\n")
    (tmp_path / "topics.tsv").write_text("a\talgebraic language\n")
    words = [
        "embed", "--rows", tmp_path / "rows.jsonl", "--corpus", small / "docs.jsonl",
        "--topics", tmp_path / "topics.tsv", "--teacher", f"dense:{dense_model(tmp_path)}",
        "--output", tmp_path / "out",
    ]  # fmt: skip
    code, printed, told = command(capsys, *words)
    assert code == 0, told
    assert "1 queries and 2 documents in" in printed
    (vector,) = found(tmp_path / "out", "queries", ["algebraic language"])
    assert np.linalg.norm(vector) == pytest.approx(1, abs=1e-3)
    assert command(capsys, *words)[0] == 1
    assert command(capsys, *words, "--resume")[0] == 0


def test_only_a_dense_teacher_embeds(tmp_path):
    with pytest.raises(UsageError, match="'bm25:': expected dense:MODEL"):
        embed_rows("rows.jsonl", "bm25:", tmp_path / "out")


def test_a_vector_without_a_direction_is_refused(tmp_path, monkeypatch):
    from l0pyserini.train import embedding
    from l0pyserini.train.teachers import DenseTeacher

    row = {"query": "q", "docs": ["a text", "another"]}
    (tmp_path / "rows.jsonl").write_text(json.dumps(row) + "\n")
    broken = DenseTeacher.__new__(DenseTeacher)
    monkeypatch.setattr(
        broken, "vectors", lambda texts, _: np.zeros((len(texts), 3)), raising=False
    )
    monkeypatch.setattr(embedding, "open_teacher", lambda *_: broken)
    with pytest.raises(TrainingError, match="the text 'q' has the length 0.0, expected a finite"):
        embed_rows(str(tmp_path / "rows.jsonl"), "dense:x", tmp_path / "out")
