"""explain over all topics: costs are FLOPS, effects are those of retrieving without the token."""

import numpy as np
import pytest

from l0pyserini import evaluate_run
from l0pyserini.data import open_corpus, read_qrels, read_run, read_topics, write_run
from l0pyserini.data.ndcg import dcg, grades_of, ideal_dcg
from l0pyserini.data.records import Hit
from l0pyserini.data.runs import rank
from l0pyserini.encode import read_shard, read_vocabulary, shard_paths
from l0pyserini.errors import CollectionError, RunError
from l0pyserini.evaluate.explain import token_costs, token_effects
from l0pyserini.evaluate.explain.collected import collect, query_encoder_of
from l0pyserini.evaluate.explain.effects import needed_impacts
from l0pyserini.evaluate.explain.postings import flops
from tests.helpers import command


@pytest.fixture(scope="module")
def gathered(small, judged):
    encoder = query_encoder_of(small / "encoded")
    queries = {one.qid: encoder.encode(one.text) for one in read_topics(judged.topics)}
    tokens = {token for query in queries.values() for token in query}
    needed = needed_impacts(queries, read_run(judged.run))
    return encoder, queries, collect(small / "encoded", encoder, tokens, needed)


def test_costs_are_the_vocabularys_and_flops(small, gathered):
    _, queries, collected = gathered
    costs = token_costs(queries.values(), collected)
    df = {token: totals.df for token, totals in read_vocabulary(small / "encoded").items()}
    assert {one.token: one.df for one in costs} == {
        one.token: df.get(one.token, 0) for one in costs
    }
    assert [one.visits for one in costs] == sorted(one.visits for one in costs)[::-1]
    shared = sum(df.get(token, 0) for query in queries.values() for token in query)
    assert flops(costs, len(queries), collected.documents) == shared / len(queries) / 151


def test_expansions_are_counted(small, gathered):
    encoder, _, collected = gathered
    own = {
        one.docid: set(encoder.tokenizer.distinct_tokens(one.contents))
        for one in open_corpus(str(small / "docs.jsonl"))
    }
    vectors = [one for path in shard_paths(small / "encoded") for one in read_shard(path)]
    for token in list(collected.df)[:40]:
        added = sum(token in one.vector and token not in own[one.docid] for one in vectors)
        assert collected.expansions[token] == added


def test_ndcg_is_trec_evals(judged):
    qrels, run = read_qrels(judged.qrels), read_run(judged.run)
    expected = evaluate_run(judged.qrels, judged.run, ["nDCG@10"]).per_topic["nDCG@10"]
    for qid, grades in qrels.items():
        found = dcg(grades_of([hit.docid for hit in run[qid]], grades), 10) / ideal_dcg(grades, 10)
        assert found == pytest.approx(expected[qid], abs=5.1e-5)


def test_judgements_below_zero_gain_nothing():
    assert ideal_dcg({"a": -1, "b": 0}, 10) == 0
    assert grades_of(["a", "x"], {"a": -2}).tolist() == [0, 0]
    assert dcg(np.array([1, 1]), 1) == 1


def test_effects_are_those_of_searching_without_the_expansions(small, judged, gathered, tmp_path):
    encoder, queries, collected = gathered
    qrels, run, other = read_qrels(judged.qrels), read_run(judged.run), read_run(judged.bm25)
    effects = token_effects(queries, qrels, run, other, collected, judged.run)
    before = evaluate_run(judged.qrels, judged.run, ["nDCG@10"])
    baseline = evaluate_run(judged.qrels, judged.bm25, ["nDCG@10"])
    assert effects.first == pytest.approx(before.means["nDCG@10"], abs=5.1e-5)
    assert effects.second == pytest.approx(baseline.means["nDCG@10"], abs=5.1e-5)
    assert effects.wins + effects.losses + effects.ties == len(qrels)
    vectors = [one for path in shard_paths(small / "encoded") for one in read_shard(path)]
    own = {one.docid: set(encoder.tokenizer.distinct_tokens(one.contents)) for one in vectors}
    assert any(one.effect > 0 for one in effects.tokens)
    for effect in (effects.tokens[0], effects.tokens[-1]):
        results = []
        for qid, query in queries.items():
            hits = [
                Hit(
                    document.docid,
                    float(
                        sum(
                            weight * document.vector.get(token, 0)
                            for token, weight in query.items()
                            if token != effect.token or token in own[document.docid]
                        )
                    ),
                )
                for document in vectors
            ]
            results.append((qid, [hit for hit in rank(hits) if hit.score]))
        write_run(tmp_path / "without.txt", results, "x")
        after = evaluate_run(judged.qrels, tmp_path / "without.txt", ["nDCG@10"])
        (tmp_path / "without.txt").unlink()
        change = before.means["nDCG@10"] - after.means["nDCG@10"]
        assert effect.effect == pytest.approx(change, abs=1.1e-4)
        turned = [
            np.sign(before.per_topic["nDCG@10"][qid] - baseline.per_topic["nDCG@10"][qid])
            for qid in qrels
            if before.per_topic["nDCG@10"][qid] > after.per_topic["nDCG@10"][qid]
        ]
        assert effect.won == turned.count(1)


def test_a_run_of_another_collection_is_refused(judged, gathered):
    _, queries, collected = gathered
    bm25 = read_run(judged.bm25)
    with pytest.raises(RunError, match="Expected a run made from the encoded collection"):
        token_effects(queries, read_qrels(judged.qrels), bm25, bm25, collected, judged.bm25)


def test_a_folder_that_is_no_collection_is_refused(tmp_path):
    with pytest.raises(CollectionError, match="manifest.json: missing"):
        query_encoder_of(tmp_path)


def test_the_command(small, judged, tmp_path, capsys):
    words = ["explain", "--encoded", small / "encoded", "--topics", judged.topics]
    code, out, _ = command(capsys, *words)
    assert code == 0
    assert "Tokens that cost most postings" in out
    assert "Expansions that win" not in out
    page = tmp_path / "tokens.html"
    words += ["--qrels", judged.qrels, "--runs", judged.run, judged.bm25, "--top", 3]
    code, out, _ = command(capsys, *words, "--html", page)
    assert code == 0
    assert "topics won" in out
    assert "Expansions that win" in page.read_text()
