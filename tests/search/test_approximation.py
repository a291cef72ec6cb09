"""Approximate search: off by default, scores as promised, and bad shares refused."""

import pytest

from l0pyserini import ImpactSearcher, read_topics
from l0pyserini.errors import UsageError
from l0pyserini.search.api import search_topics
from l0pyserini.search.approximation import EXACT, Approximation
from tests.helpers import command

QUERY = "a programming language for time sharing systems"


def searched(index, approximation, k=20):
    with ImpactSearcher(index, approximation=approximation) as searcher:
        return searcher.search(QUERY, k)


def test_tokens_are_kept_by_weight_and_by_df():
    impacts, df = {"the": 1, "cat": 60, "sat": 39}, {"the": 100, "cat": 3, "sat": 60}
    assert EXACT.kept(impacts, df, 100) == impacts
    assert list(Approximation(weight_share=0.6).kept(impacts, df, 100)) == ["cat"]
    assert list(Approximation(weight_share=0.61).kept(impacts, df, 100)) == ["cat", "sat"]
    assert list(Approximation(max_df=0.5).kept(impacts, df, 100)) == ["cat"]
    assert list(Approximation(max_df=0.01).kept(impacts, df, 100)) == ["cat"]
    assert Approximation(max_df=0.5).kept({}, df, 100) == {}


def test_without_rescoring_a_score_is_the_sum_over_the_tokens_kept(small):
    with ImpactSearcher(small / "index") as searcher:
        encoded = searcher.known(searcher.query_encoder.encode(QUERY))
        heaviest = max(encoded, key=lambda token: encoded[token])
        expected = searcher.search(heaviest, 20)
    assert searched(small / "index", Approximation(weight_share=1e-9)) == expected


def test_with_rescoring_scores_are_exact(small):
    exact = searched(small / "index", EXACT)
    scores = dict(searched(small / "index", EXACT, 1000))
    found = searched(small / "index", Approximation(weight_share=0.5, candidates=40))
    assert len(found) == len(exact)
    assert all(scores[hit.docid] == hit.score for hit in found)
    assert found == sorted(found, key=lambda hit: (-hit.score, hit.docid))
    all_found = searched(small / "index", Approximation(weight_share=0.999, candidates=1000))
    assert all_found == exact


def test_runs_are_written_with_it(small, tmp_path, capsys):
    topics = tmp_path / "t.tsv"
    topics.write_text(f"1\t{QUERY}\n")
    half = Approximation(weight_share=0.5, candidates=30)
    search_topics(small / "index", str(topics), tmp_path / "a.txt", 9, approximation=half)
    flags = ("--weight-share", 0.5, "--candidates", 30, "--hits", 9)
    arguments = ("search", "--index", small / "index", "--topics", topics, "--output")
    assert command(capsys, *arguments, tmp_path / "b.txt", *flags)[0] == 0
    assert (tmp_path / "a.txt").read_text() == (tmp_path / "b.txt").read_text()
    assert read_topics(str(topics))[0].text == QUERY


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (("--weight-share", "0"), "--weight-share 0.0: expected a number above 0 and up to 1"),
        (("--max-df", "2"), "--max-df 2.0: expected a number above 0 and up to 1"),
        (("--max-df", "0.5", "--candidates", "-1"), "--candidates -1: expected a number from 0"),
        (("--candidates", "9"), "--candidates: needs --weight-share or --max-df below 1"),
    ],
)
def test_bad_shares(small, capsys, flags, message):
    code, _, err = command(capsys, "search", "--index", small / "index", "--query", "x", *flags)
    assert code == 2
    assert message in err
    with pytest.raises(UsageError):
        Approximation(weight_share=-1)
