import json

import numpy as np
import pytest

from l0pyserini.errors import TrainingError, UsageError
from l0pyserini.train.teachers import ensemble, normalised, open_teacher, score_rows


def test_scores_are_normalised_within_a_query():
    scores = np.array([[2.0, 4.0, 3.0], [7.0, 7.0, 7.0]], dtype=np.float32)
    assert normalised(scores).tolist() == [[0, 1, 0.5], [0, 0, 0]]


def test_the_ensemble_is_the_scaled_mean():
    one, two = np.array([0.0, 10.0, 5.0]), np.array([3.0, 1.0, 2.0])
    found = ensemble([one.astype(np.float32), two.astype(np.float32)], 30)
    assert found.tolist() == pytest.approx([15, 15, 15])
    assert ensemble([one.astype(np.float32)], 30).tolist() == pytest.approx([0, 30, 15])


def test_a_sparse_teacher_encodes_both_sides():
    from l0pyserini.model import DocumentEncoder, open_checkpoint

    queries = ["matrix inversion", "sorting"]
    documents = [["inverting matrices", "a sorted list"], ["a sorted list", "inverting matrices"]]
    found = score_rows(open_teacher("sparse:splade-tiny"), queries, documents)
    encoder = DocumentEncoder.from_checkpoint(open_checkpoint("splade-tiny"))
    for query, row, scores in zip(queries, documents, found, strict=True):
        (asked,) = encoder.encode([query])
        for text, score in zip(row, scores, strict=True):
            (vector,) = encoder.encode([text])
            plain = sum(weight * vector.get(token, 0.0) for token, weight in asked.items())
            assert score == pytest.approx(plain, rel=0.05)
    assert found[0][0] > found[0][1]
    assert found[1][0] > found[1][1]


def test_a_dense_teacher_compares_by_its_own_similarity(tmp_path):
    sentence_transformers = pytest.importorskip("sentence_transformers")
    folder = dense_model(tmp_path)
    queries, documents = ["matrix inversion"], [["inverting matrices", "a sorted list"]]
    (found,) = score_rows(open_teacher(f"dense:{folder}"), queries, documents)
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
    (found,) = score_rows(open_teacher("bm25:"), queries, rows)
    assert found[2] == 0
    assert found[0] > found[3] > 0
    assert found[1] > 0
    # One word of the query, once, in two of three texts of mean length 10/3.
    (found,) = score_rows(open_teacher("bm25:"), ["a"], [["a b c d", "a b", "c c c d"]])
    idf = np.log(1 + (3 - 2 + 0.5) / (2 + 0.5))
    by_hand = idf / (1 + 0.9 * (1 - 0.4 + 0.4 * 4 / (10 / 3)))
    assert found[0] == pytest.approx(by_hand, rel=1e-6)
