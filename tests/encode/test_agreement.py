"""What impacts keep of a float ranking: by hand, by plain loops, and the figures of a sample."""

import numpy as np
import pytest
from scipy.stats import kendalltau

from l0pyserini.data.records import Document, Topic
from l0pyserini.encode.agreement import NOTHING, FloatRanking, rank_agreement
from l0pyserini.encode.sampling import Sample, beginning
from l0pyserini.model.checkpoint import embedded_encoders
from l0pyserini.query import IdfQueryEncoder, IdfTable
from l0pyserini.query.tokenizer import Tokenizer

TOKENIZER = Tokenizer.from_folder(embedded_encoders()["splade-tiny"])
CAT, DOG, FISH = (TOKENIZER.vocabulary[word] for word in ("cat", "dog", "fish"))


def queries(scale=100.0, **weights):
    known = dict.fromkeys((token for token in TOKENIZER.tokens if token), 0.0)
    return IdfQueryEncoder(TOKENIZER, IdfTable(known | weights, "t"), scale)


def vector(weights):
    ids = sorted(weights)
    return np.array(ids, np.int64), np.array([weights[i] for i in ids], np.float32)


def sample(*, qrels=None):
    """Four documents, stored against the order of their docids; a query for two, one for none."""
    vectors = [{CAT: 0.5}, {CAT: 0.5, DOG: 0.04}, {CAT: 0.46, FISH: 1.0}, {FISH: 1.0}]
    topics = [Topic("q1", "cat dog"), Topic("q2", "zebra")]
    return Sample(["d4", "d3", "d2", "d1"], [vector(one) for one in vectors], topics, qrels)


def test_scores_and_tops_by_hand():
    encoder = queries(cat=1.0, dog=2.0)
    ranking = FloatRanking(sample(), encoder)
    assert ranking.scores == pytest.approx(np.array([[0.5, 0.58, 0.46, 0], [0, 0, 0, 0]]))
    assert ranking.top[0].tolist() == [1, 0, 2, NOTHING]
    assert set(ranking.top[1].tolist()) == {NOTHING}
    # Impacts of 10 a unit: 5; 5 and 0, which is dropped; 5 and 10; 10. Ties go by docid.
    impacts = ranking.impacts(10)
    assert impacts.nnz == 5
    scores = ranking.impact_scores(impacts, queries(10, cat=1.0, dog=2.0))
    assert scores.tolist() == [[50, 50, 50, 0], [0, 0, 0, 0]]
    assert ranking.top_of(scores)[0].tolist() == [2, 1, 0, NOTHING]


def test_what_is_kept_by_hand():
    ranking = FloatRanking(sample(qrels={"q1": {"d3": 1}}), queries(cat=1.0, dog=2.0))
    other = np.array([[0, 3, NOTHING, NOTHING], [NOTHING] * 4])
    # The query that finds nothing counts in overlap, as nothing was lost, and not in kept.
    assert ranking.kept(other) == pytest.approx(0.5 / 1.54)
    assert ranking.overlap(other) == pytest.approx([1 / 3, 1])
    assert ranking.ndcg(ranking.top) == pytest.approx(0.5)
    assert ranking.ndcg(np.array([[0, 1, 2, 3], [NOTHING] * 4])) == pytest.approx(0.5 / np.log2(3))
    assert FloatRanking(sample(), queries(cat=1.0)).ndcg(other) is None


def test_tau_is_of_documents_with_a_score():
    ranking = FloatRanking(sample(), queries(cat=1.0, dog=2.0))
    taus = ranking.kendall_tau(np.array([[3.0, 2.0, 1.0, 9.0], [1.0, 2.0, 3.0, 4.0]]))
    # Of three pairs one is swapped; the document without a float score takes no part.
    assert taus[0] == pytest.approx(1 / 3)
    assert np.isnan(taus[1])


def test_nothing_to_rank_gives_no_figures():
    assert rank_agreement(sample(), queries(zebra=1.0), 100) == {}


@pytest.fixture(scope="module")
def drawn():
    """Two hundred documents of tokens and weights drawn by a seed, forty of them as queries."""
    chance = np.random.default_rng(7)
    tokens = [token for token in TOKENIZER.tokens if token and token.isalpha()][5000:5400]
    ids = np.array(sorted(TOKENIZER.vocabulary[token] for token in tokens))
    vectors, documents = [], []
    for number in range(200):
        own = np.sort(chance.choice(ids, 40, replace=False))
        vectors.append((own, chance.gamma(2.0, 0.3, 40).astype(np.float32)))
        text = " ".join(TOKENIZER.tokens[i] for i in chance.permutation(own)[:12])
        documents.append(Document(f"d{number:03}", text))
    weights = {token: 2.0 + chance.random() * 6 for token in tokens}
    topics = [beginning(one) for one in documents[:40]]
    return Sample([one.docid for one in documents], vectors, topics), weights


@pytest.mark.parametrize(("scale", "query_scale"), [(100, 100), (5, 2), (2, 1)])
def test_the_manifest_s_figures_equal_plain_loops(drawn, scale, query_scale):
    sample, weights = drawn
    encoder = queries(query_scale, **weights)
    taus, overlaps = [], []
    for topic in sample.topics:
        asked = {TOKENIZER.vocabulary[t]: w for t, w in encoder.weights(topic.text).items()}
        impacts = {TOKENIZER.vocabulary[t]: w for t, w in encoder.encode(topic.text).items()}
        pairs = []
        for ids, values in sample.vectors:
            held = dict(zip(ids.tolist(), values.tolist(), strict=True))
            exact = sum(w * held.get(i, 0) for i, w in asked.items())
            pairs.append(
                (exact, sum(w * round(held.get(i, 0) * scale) for i, w in impacts.items()))
            )
        found = [pair for pair in pairs if pair[0] > 0]
        taus.append(kendalltau(*zip(*found, strict=True)).statistic)
        first, second = (
            sorted(range(len(pairs)), key=lambda i, side=side: (-pairs[i][side], i))[:10]
            for side in (0, 1)
        )
        overlaps.append(len(set(first) & set(second)) / 10)
    found = rank_agreement(sample, encoder, scale)
    assert found == {
        "kendall_tau": pytest.approx(np.mean(taus), abs=5.1e-5),
        "overlap_at_10": pytest.approx(np.mean(overlaps), abs=5.1e-5),
        "queries": 40,
        "documents": 200,
    }


def test_beginnings_are_the_title_or_ten_words():
    words = " ".join(f"w{i}" for i in range(30))
    assert beginning(Document("d", words, "a title")).text == "a title"
    assert beginning(Document("d", words)).text == " ".join(f"w{i}" for i in range(10))
