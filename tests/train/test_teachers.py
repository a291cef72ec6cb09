import json

import numpy as np
import pytest

from l0pyserini.errors import TrainingError, UsageError
from l0pyserini.train.teachers import open_teacher, score_rows
from tests.broken import overflowing


@pytest.mark.parametrize("exact", [True, False])
def test_a_sparse_teacher_encodes_both_sides(monkeypatch, exact):
    from l0pyserini.model import DocumentEncoder, backend, open_checkpoint

    if exact:
        monkeypatch.setattr(backend, "fastest", lambda _: "float32")
    queries = ["matrix inversion", "sorting"]
    documents = [["inverting matrices", "a sorted list"], ["a sorted list", "inverting matrices"]]
    found = score_rows(open_teacher("sparse:splade-tiny"), queries, documents, ["r:1", "r:2"])
    encoder = DocumentEncoder.from_checkpoint(open_checkpoint("splade-tiny"))
    for query, row, scores in zip(queries, documents, found, strict=True):
        (asked,) = encoder.encode([query])
        for text, score in zip(row, scores, strict=True):
            (vector,) = encoder.encode([text])
            plain = sum(weight * vector.get(token, 0.0) for token, weight in asked.items())
            # The fastest backend rounds by far less than the two documents differ, which is 10.
            assert score == pytest.approx(
                plain, rel=1e-4 if exact else 0.05, abs=0 if exact else 0.1
            )


def test_a_dense_teacher_compares_by_its_own_similarity(tmp_path):
    sentence_transformers = pytest.importorskip("sentence_transformers")
    folder = dense_model(tmp_path)
    queries, documents = ["matrix inversion"], [["inverting matrices", "a sorted list"]]
    (found,) = score_rows(open_teacher(f"dense:{folder}"), queries, documents, ["r:1"])
    model = sentence_transformers.SentenceTransformer(folder, device="cpu")
    plain = model.similarity(model.encode(queries), model.encode(documents[0]))[0]
    assert found.tolist() == pytest.approx(plain.tolist(), abs=0.03)


def dense_model(tmp_path) -> str:
    """A mean-pooled BERT from the embedded encoder's layers."""
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.models import Pooling, Transformer

    from l0pyserini.model import open_checkpoint

    source = str(open_checkpoint("splade-tiny").document_folder)
    layers = Transformer(source, max_seq_length=64)
    pooling = Pooling(layers.get_word_embedding_dimension())
    SentenceTransformer(modules=[layers, pooling], device="cpu").save(str(tmp_path / "dense"))
    return str(tmp_path / "dense")


def test_a_sparse_model_given_as_dense_is_refused(tmp_path):
    from l0pyserini.model import open_checkpoint

    folder = open_checkpoint("splade-tiny").folder
    with pytest.raises(TrainingError, match="is a sparse encoder.*Name it sparse:"):
        open_teacher(f"dense:{folder}")
    (tmp_path / "config.json").write_text(json.dumps({"architectures": ["BertForMaskedLM"]}))
    with pytest.raises(TrainingError, match="is a sparse encoder"):
        open_teacher(f"dense:{tmp_path}")


def test_names_that_are_no_teacher(tmp_path):
    with pytest.raises(UsageError, match="expected bm25: or kind:model"):
        open_teacher("splade-tiny")
    with pytest.raises(UsageError, match="expected bm25: or kind:model"):
        open_teacher("wide:splade-tiny")
    with pytest.raises(TrainingError, match="cannot be loaded"):
        open_teacher(f"dense:{tmp_path / 'none'}")


def test_bm25_teaches_exact_matches():
    queries = ["matrix inversion"]
    rows = [["inversion of a matrix", "a matrix", "sorting", "matrix matrix matrix of sorting"]]
    (found,) = score_rows(open_teacher("bm25:"), queries, rows, ["r:1"])
    assert found[2] == 0
    # Both words, once; one of them three times; that one once.
    assert found[0] > found[3] > found[1] > 0
    # One word of the query, once, in two of three texts of mean length 10/3.
    (found,) = score_rows(open_teacher("bm25:"), ["a"], [["a b c d", "a b", "c c c d"]], ["r:1"])
    idf = np.log(1 + (3 - 2 + 0.5) / (2 + 0.5))
    by_hand = idf / (1 + 0.9 * (1 - 0.4 + 0.4 * 4 / (10 / 3)))
    assert found[0] == pytest.approx(by_hand, rel=1e-6)


def test_a_score_that_is_no_number_is_named_with_its_row(monkeypatch, tmp_path):
    teacher = open_teacher("bm25:")
    scores = [np.array([1.0, 2.0]), np.array([0.5, np.inf])]
    monkeypatch.setattr(type(teacher), "score_rows", lambda *_: scores)
    with pytest.raises(TrainingError, match="rows:2: teacher bm25: gave document 2 the score inf"):
        score_rows(teacher, ["a", "b"], [["x", "y"], ["x", "y"]], ["rows:1", "rows:2"])
    sparse = open_teacher(f"sparse:{overflowing(tmp_path / 'model')}")
    texts = ["short", "long " * 40]
    with pytest.raises(TrainingError, match="text 'long long.*logits are NaN or infinite"):
        score_rows(sparse, ["a"], [texts], ["rows:1"])
