"""explain of documents: exact shares, expansions, and what it refuses."""

import re

import pytest

from l0pyserini import ImpactSearcher, build_index
from l0pyserini.data import open_corpus
from l0pyserini.encode import read_shard, shard_paths
from l0pyserini.errors import CorpusError, ImpactIndexError, UsageError
from l0pyserini.evaluate.explain import Explanation, TokenShare, explain
from l0pyserini.evaluate.explain.shares import differences, verdict
from tests.helpers import command, write

QUERY = "a programming language for time sharing systems zzz"


@pytest.fixture(scope="module")
def hits(small):
    with ImpactSearcher(small / "index") as searcher:
        return searcher.search(QUERY, 1000)


@pytest.fixture(scope="module")
def explanations(small, hits):
    docids = [hit.docid for hit in hits[:20]]
    return explain(small / "index", QUERY, docids, str(small / "docs.jsonl"))


def test_shares_sum_to_the_score_and_ranks_are_those_of_the_search(hits, explanations):
    for place, (hit, one) in enumerate(zip(hits, explanations, strict=False), start=1):
        assert (one.docid, one.score, one.rank) == (hit.docid, hit.score, place)
        assert sum(map(one.share, one.tokens)) == pytest.approx(1)


def test_impacts_are_those_of_the_encoded_collection(small, explanations):
    vectors = {
        document.docid: document.vector
        for path in shard_paths(small / "encoded")
        for document in read_shard(path)
    }
    for one in explanations:
        for token in one.tokens:
            assert token.document_impact == vectors[one.docid].get(token.token, 0)


def test_expansions_are_the_tokens_that_the_text_lacks(small, explanations):
    with ImpactSearcher(small / "index") as searcher:
        tokenizer = searcher.query_encoder.tokenizer
    texts = {one.docid: one.contents for one in open_corpus(str(small / "docs.jsonl"))}
    kinds = set()
    for one in explanations:
        own = tokenizer.distinct_tokens(texts[one.docid])
        for token in one.tokens:
            expected = "absent" if not token.document_impact else None
            assert token.kind == (expected or ("text" if token.token in own else "expansion"))
            kinds.add(token.kind)
    assert kinds == {"text", "expansion", "absent"}


def test_without_the_corpus_nothing_is_said_of_expansions(small, hits):
    (one,) = explain(small / "index", QUERY, [hits[0].docid])
    assert one.contents is None
    assert {token.kind for token in one.tokens} == {"?", "absent"}


def test_the_verdict_names_what_parts_two_documents(explanations):
    first, second = explanations[:2]
    parts = differences(first, second)
    assert sum(one.lead for one in parts) == first.score - second.score
    assert [abs(one.lead) for one in parts] == sorted(abs(one.lead) for one in parts)[::-1]
    sentence = verdict(second, first)
    assert sentence == verdict(first, second)
    assert sentence.startswith(f"{first.docid} leads {second.docid} by")


def test_a_verdict_in_numbers():
    def made(docid, *products):
        tokens = [
            TokenShare(token, 1, product, in_text)
            for token, product, in_text in zip("abcde", products, (1, 0, 1, 1, 1), strict=True)
        ]
        return Explanation(docid, "q", tokens)

    first, second = made("D1", 9, 7, 1, 1, 1), made("D2", 10, 0, 0, 0, 0)
    assert verdict(first, second) == (
        "D1 leads D2 by 9: b (+7, expansion), c (+1), d (+1), 1 more (+1); against it a (-1)."
    )
    assert "have the same score; the docid orders them" in verdict(first, first)


def test_a_document_below_the_searched_depth_has_no_rank(small, hits, monkeypatch):
    monkeypatch.setattr("l0pyserini.evaluate.explain.document.RANK_DEPTH", 3)
    (one,) = explain(small / "index", QUERY, [hits[5].docid])
    assert one.rank is None
    assert one.score == hits[5].score


@pytest.mark.parametrize("docid", ["CACM-9999", "EMPTY-1"])
def test_unknown_documents_are_refused(small, docid):
    with pytest.raises(UsageError, match=f"holds no document '{docid}'"):
        explain(small / "index", QUERY, [docid])


def test_a_corpus_without_the_document_is_refused(small, hits, tmp_path, capsys):
    other = write(tmp_path / "docs.jsonl", '{"id": "X", "text": "y"}\n')
    with pytest.raises(CorpusError, match=f"has no document '{hits[0].docid}'"):
        explain(small / "index", QUERY, [hits[0].docid], str(other))
    assert "is not the file that the index was made of" in capsys.readouterr().err


def test_a_missing_index_is_refused(tmp_path):
    with pytest.raises(ImpactIndexError, match="no such index"):
        explain(tmp_path / "none", QUERY, ["D"])


def test_the_command_prints_and_writes_a_page(small, hits, tmp_path, capsys):
    first, second = hits[0].docid, hits[1].docid
    words = ["explain", "--index", small / "index", "--query", QUERY, "--docid", first]
    words += ["--against", second, "--corpus", small / "docs.jsonl", "--html", tmp_path / "p.html"]
    code, out, _ = command(capsys, *words)
    assert code == 0
    assert f"{first}: rank 1, score {hits[0].score:,.0f}" in out
    assert f"{first} leads {second} by" in out
    page = (tmp_path / "p.html").read_text()
    assert f"{first} leads {second}" in page
    assert "<mark>" in page
    assert not re.search(r"(?:src|href)=", page)
    code, _, err = command(capsys, *words)
    assert code == 1
    assert "exists already" in err


def test_the_command_asks_for_what_it_lacks(small, capsys):
    code, _, err = command(capsys, "explain", "--index", small / "index", "--query", "x")
    assert code == 2
    assert "--index needs --query and --docid" in err
    code, _, err = command(capsys, "explain", "--encoded", small / "encoded")
    assert code == 2
    assert "--encoded needs --topics" in err
    words = ["explain", "--encoded", small / "encoded", "--topics", "cacm", "--qrels", "cacm"]
    code, _, err = command(capsys, *words)
    assert code == 2
    assert "--runs and --qrels go together" in err


def test_an_index_of_anserinis_builder_tells_the_same(small, explanations, tmp_path):
    build_index(small / "encoded", tmp_path / "index", builder="anserini")
    docids = [one.docid for one in explanations[:3]]
    found = explain(tmp_path / "index", QUERY, docids, str(small / "docs.jsonl"))
    assert found == explanations[:3]
