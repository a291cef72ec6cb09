"""Several dense teachers as one: what they say together, and what is refused."""

import numpy as np
import pytest

from l0pyserini.errors import TrainingDataError
from l0pyserini.train.embeddings import Embeddings, text_names, write_embeddings
from l0pyserini.train.joint_embeddings import JointEmbeddings, open_embeddings

QUERIES = [f"query {n}" for n in range(7)]
DOCUMENTS = [f"document {n}" for n in range(40)]


def teacher(folder, seed, width, nearness):
    """Vectors of length 1 that are near one another, or not."""
    generator = np.random.default_rng(seed)
    known = {}
    for text in QUERIES + DOCUMENTS:
        vector = generator.normal(size=width) + nearness
        known[text] = (vector / np.linalg.norm(vector)).astype(np.float16)
    same = {"queries": lambda ids: ids, "documents": lambda ids: ids}
    keys = {"queries": QUERIES, "documents": DOCUMENTS}

    def embed(texts, side):  # noqa: ARG001
        return np.stack([known[one] for one in texts])

    write_embeddings(folder, {}, same, keys, embed, False, False)
    return str(folder), known


def cosines(known):
    exact = {text: vector.astype(np.float64) for text, vector in known.items()}
    return np.array([[exact[q] @ exact[d] for d in DOCUMENTS] for q in QUERIES])


def test_products_are_the_mean_of_the_teachers_cosines(tmp_path, capsys):
    wide, first = teacher(tmp_path / "wide", 1, 8, 0.0)
    narrow, second = teacher(tmp_path / "narrow", 2, 5, 3.0)
    joint = open_embeddings([wide, narrow])
    assert isinstance(joint, JointEmbeddings)
    queries = joint.find("queries", QUERIES, text_names(QUERIES), "rows:1")
    documents = joint.find("documents", DOCUMENTS, text_names(DOCUMENTS), "rows:1")
    assert queries.shape == (7, 13)
    assert queries.dtype == np.float32
    tables = [cosines(first), cosines(second)]
    spreads = [(one - one.mean(axis=1, keepdims=True)).std() for one in tables]
    assert spreads[0] > 3 * spreads[1]
    shares = [1 / spread / sum(1 / other for other in spreads) for spread in spreads]
    expected = sum(share * one for share, one in zip(shares, tables, strict=True))
    np.testing.assert_allclose(queries @ documents.T, expected, atol=1e-3)
    np.testing.assert_allclose(np.linalg.norm(queries, axis=1), 1, atol=1e-3)
    told = f"{wide} {shares[0]:.2f}, {narrow} {shares[1]:.2f}"
    assert f"their shares of the mean cosine: {told}" in capsys.readouterr().err
    # Both move the mean as far.
    np.testing.assert_allclose(shares[0] * spreads[0], shares[1] * spreads[1])


def test_one_folder_is_as_it_was(tmp_path):
    folder, _ = teacher(tmp_path / "one", 1, 4, 0.0)
    assert isinstance(open_embeddings(folder), Embeddings)
    assert isinstance(open_embeddings([folder]), Embeddings)


def test_what_is_refused(tmp_path):
    good, _ = teacher(tmp_path / "good", 1, 4, 0.0)
    same, _ = teacher(tmp_path / "same", 2, 1, 1000.0)
    with pytest.raises(TrainingDataError, match=r"same: every query has the same cosine .* Leave"):
        open_embeddings([good, same])
    with pytest.raises(TrainingDataError, match="none: holds no embeddings.json"):
        open_embeddings([good, str(tmp_path / "none")])
    joint = open_embeddings([good, good])
    with pytest.raises(TrainingDataError, match="rows:2: .*good holds no vector of the text 'new'"):
        joint.find("queries", ["new"], text_names(["new"]), "rows:2")
