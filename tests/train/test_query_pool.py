import numpy as np
import pytest
import torch

from l0pyserini.errors import TrainingDataError
from l0pyserini.model import open_checkpoint
from l0pyserini.train.config import Bm25Config, LossConfig, RegularizerConfig
from l0pyserini.train.dense_losses import DenseLosses
from l0pyserini.train.embeddings import Embeddings
from l0pyserini.train.objective import Objective
from l0pyserini.train.query_pool import QueryPool
from l0pyserini.train.stem_bm25 import StemBm25
from l0pyserini.train.tensors import Asked, Bm25Part, Given, Names, Sides
from tests.train.test_beside import embedded
from tests.train.test_objective import kl_by_hand, vectors

QUERIES = ["time sharing systems", "compilers", "time time of compilers", "..."]
TEXTS = ["sharing time on a machine", "compilers compile", "systems of compilers", "nothing here"]


@pytest.fixture
def folder(tmp_path):
    lines = [f'{{"query": "{query}", "docs": ["{TEXTS[0]}", "{TEXTS[1]}"]}}' for query in QUERIES]
    rows = tmp_path / "rows.jsonl"
    rows.write_text("\n".join(lines))
    return embedded(str(rows), tmp_path / "vectors")


@pytest.fixture
def pool(folder):
    tokenizer = open_checkpoint("splade-tiny").tokenizer
    bm25 = StemBm25.count(TEXTS, Bm25Config(weight=1.0))
    return QueryPool.of(QUERIES, tokenizer, Embeddings(folder), bm25, "rows")


@pytest.mark.parametrize("level", [False, True])
def test_scores_are_those_of_each_query_with_each_document(pool, level):
    checkpoint = open_checkpoint("splade-tiny")
    tokenizer = checkpoint.tokenizer
    chance = np.random.default_rng(3)
    weights = chance.random((3, len(tokenizer.tokens))).astype(np.float32)
    table = chance.random(len(tokenizer.tokens)).astype(np.float32)
    held = torch.tensor(weights, requires_grad=True)
    found = pool.learned(held, torch.from_numpy(table), level)
    ids = [
        [tokenizer.vocabulary[one] for one in tokenizer.distinct_tokens(query)] for query in QUERIES
    ]
    # The last query has no token.
    sizes = [np.linalg.norm(table[i]) if level and i else 1 for i in ids]
    asked = [table[i] / size for i, size in zip(ids, sizes, strict=True)]
    by_hand = np.array(
        [[row[i] @ own for i, own in zip(ids, asked, strict=True)] for row in weights]
    )
    np.testing.assert_allclose(found.detach().numpy(), by_hand, rtol=1e-5)
    slopes = torch.tensor(chance.random(found.shape, dtype=np.float32))
    found.backward(slopes)
    expected = np.zeros_like(weights)
    for number, (tokens, own) in enumerate(zip(ids, asked, strict=True)):
        expected[:, tokens] += slopes[:, number : number + 1].numpy() * own
    np.testing.assert_allclose(held.grad.numpy(), expected, rtol=1e-5)


def test_bm25_is_that_of_the_batch(pool):
    bm25 = StemBm25.count(TEXTS, Bm25Config(weight=1.0))
    documents = bm25.documents(TEXTS[:3])
    columns, weights = bm25.queries(QUERIES)
    by_hand = [
        [
            sum(float(w) * float(row[c]) for c, w in zip(*query, strict=True) if c >= 0)
            for query in zip(columns, weights, strict=True)
        ]
        for row in documents
    ]
    np.testing.assert_allclose(pool.beside(documents).numpy(), by_hand, rtol=1e-5)
    assert pool.beside(documents)[0, 0] > 0


def test_cosines_are_of_the_queries_own_vectors(pool, folder):
    documents = vectors(3, 8, 4)
    found = pool.cosines(documents)
    by_hand = documents.numpy() @ pool.embeddings.numpy().T
    np.testing.assert_allclose(found.numpy(), by_hand, rtol=1e-5)
    one = QueryPool.of(QUERIES[1:2], _tokenizer(), Embeddings(folder), None, "rows")
    torch.testing.assert_close(one.embeddings[0], pool.embeddings[1])
    assert one.bm25 is None


def test_a_query_without_a_vector_is_named(folder):
    with pytest.raises(TrainingDataError, match=r"rows: .*holds no vector of the text 'unheard'"):
        QueryPool.of(["unheard"], _tokenizer(), Embeddings(folder), None, "rows")


def _tokenizer():
    return open_checkpoint("splade-tiny").tokenizer


@pytest.mark.parametrize("stands_beside", [False, True])
def test_the_loss_compares_all_queries_of_the_pool_for_each_document(stands_beside):
    places = torch.tensor([[0, 0, 1, 2, 2, 2], [1, 3, 0, 2, 4, 5]])
    columns = torch.tensor([[0, 1, 2], [3, 0, 11]])
    stems = torch.sparse_coo_tensor(
        columns, torch.tensor([1.0, 2.0, 0.5]), (3, 12), check_invariants=True
    )
    pool = QueryPool(places, vectors(3, 4, 7), stems.coalesce())
    wanted = LossConfig(query_kl=2.0, scale=0.5)
    dense = DenseLosses(3.0, 0.3, 1.0, pool)
    judge = Objective("log1p_relu", wanted, RegularizerConfig(), dense)
    maxima, table = vectors(6, 9, 8).relu(), vectors(1, 9, 9)[0].abs()
    embeddings = Sides(vectors(2, 4, 1), vectors(6, 4, 2))
    tokens, names = torch.tensor([[1], [0]]), Names(torch.arange(2), torch.arange(6))
    bm25 = weight = None
    if stands_beside:
        bm25 = Bm25Part(tokens, torch.ones(2, 1), vectors(6, 12, 5).relu())
        weight = torch.tensor(0.4)
    given = Given(tokens, names, None, embeddings, bm25)
    loss, parts = judge(maxima, Asked(table[tokens], weight, table), given, 0.0, 0.0)
    queries = np.zeros((3, 9))
    queries[places[0], places[1]] = table.numpy()[places[1]]
    student = np.log1p(maxima.numpy()) @ queries.T * 0.5
    teacher = (embeddings.documents @ pool.embeddings.T).numpy() * 3.0
    if bm25 is not None:
        stems_by_hand = bm25.documents.numpy() @ stems.to_dense().numpy().T
        student, teacher = student + 0.4 * stems_by_hand, teacher + 0.3 * stems_by_hand
    assert set(parts) == {"query_kl"}
    assert loss.item() == pytest.approx(2 * kl_by_hand(student, teacher), rel=1e-5)
