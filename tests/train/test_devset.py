import numpy as np
import pytest

from l0pyserini.errors import QrelsError, UsageError
from l0pyserini.model import DocumentEncoder, open_checkpoint
from l0pyserini.train.devset import DevSet, SparseScorer, best, open_dev_sets


def test_the_scorer_equals_a_dense_product():
    chance = np.random.default_rng(6)
    dense = np.where(chance.random((50, 20)) < 0.2, chance.random((50, 20)), 0)
    vectors = [(np.nonzero(row)[0], row[np.nonzero(row)[0]].astype(np.float32)) for row in dense]
    query = {2: 1.5, 7: 0.5, 19: 3.0}
    scores = dense.astype(np.float32) @ [query.get(token, 0.0) for token in range(20)]
    expected = [i for i in np.argsort(-scores, kind="stable")[:5] if scores[i] > 0]
    assert best(SparseScorer(vectors, 20).scores(query), 5) == expected


def test_a_dev_set_is_scored_in_memory(tmp_path):
    (tmp_path / "qrels").mkdir()
    texts = ["a sorting algorithm", "matrix inversion by elimination", "garbage collection"]
    (tmp_path / "corpus.jsonl").write_text(
        "".join(f'{{"_id": "d{i}", "text": "{text}"}}\n' for i, text in enumerate(texts))
        + '{"_id": "q1", "text": "inverting a matrix"}\n'
    )
    (tmp_path / "queries.jsonl").write_text(
        '{"_id": "q1", "text": "inverting a matrix"}\n{"_id": "q2", "text": "collection"}\n'
    )
    (tmp_path / "qrels/test.tsv").write_text("q1\td1\t1\nq2\td2\t1\n")
    checkpoint = open_checkpoint("splade-tiny")
    encoder = DocumentEncoder.from_checkpoint(checkpoint)
    found = DevSet(str(tmp_path)).evaluate(encoder, checkpoint.idf.weights)
    # The document with q1's own id is left out, as BEIR does.
    assert found.ndcg == 1.0
    assert found.per_topic == {"q1": 1.0, "q2": 1.0}
    vectors = encoder.encode([*texts, "inverting a matrix"])
    assert found.length == pytest.approx(sum(map(len, vectors)) / 4)
    tokens = encoder.tokenizer.distinct_tokens
    asked = [*tokens("inverting a matrix"), *tokens("collection")]
    shared = sum(token in vector for vector in vectors for token in asked)
    assert found.flops == pytest.approx(shared / 4 / 2)


def small_set(folder, grade):
    (folder / "qrels").mkdir(parents=True)
    (folder / "corpus.jsonl").write_text('{"_id": "d", "text": "a text"}\n')
    (folder / "queries.jsonl").write_text('{"_id": "q", "text": "text"}\n')
    (folder / "qrels/test.tsv").write_text(f"q\td\t{grade}\n")
    return str(folder)


def test_dev_sets_that_tell_nothing_are_refused(tmp_path):
    one, other = small_set(tmp_path / "a/dev", 1), small_set(tmp_path / "b/dev", 1)
    assert [found.name for found in open_dev_sets([one], "test")] == ["dev"]
    with pytest.raises(UsageError, match="dev.data: two folders are called 'dev'"):
        open_dev_sets([one, other], "test")
    with pytest.raises(QrelsError, match="no: no topic of its split 'test' has a relevant"):
        open_dev_sets([small_set(tmp_path / "no", 0)], "test")
