"""Indexes of other tools: tokens and docids of any text, and no list of tokens."""

import json

import pytest

from l0pyserini import ImpactSearcher
from l0pyserini.errors import ImpactIndexError, UsageError
from l0pyserini.index.direct import index_directly
from l0pyserini.search.approximation import Approximation
from tests.helpers import write

ODD = ["a b", " ", "", "\t", "\n", "a\tb", 'quo"te\\', "é", "\U0001f600", "plain", "\x00", "\u2028"]


class AsGiven:
    """A query encoder whose queries are vectors as JSON."""

    def encode(self, query):
        return json.loads(query)


def build(folder, vectors):
    """Index {docid: vector}, one document after another."""
    lines = [json.dumps({"id": docid, "vector": vector}) for docid, vector in vectors.items()]
    path = write(folder / "docs.jsonl", "\n".join(lines) + "\n")
    index_directly([path], folder / "index", 1, len(lines))
    return folder / "index"


@pytest.fixture(scope="module")
def odd(tmp_path_factory):
    vectors = {f"d{at}": {token: at + 1} for at, token in enumerate(ODD)}
    index = build(tmp_path_factory.mktemp("odd"), vectors)
    with ImpactSearcher(index, AsGiven()) as searcher:
        yield searcher


@pytest.mark.parametrize("threads", [1, 2])
def test_tokens_of_any_text_find_their_own_documents(odd, threads):
    queries = [json.dumps({token: 2}) for token in ODD] + ["{}"]
    qids = [f"q{at}" for at in range(len(queries))]
    found = odd.batch_search(queries, qids, threads=threads)
    assert found == {qid: [(f"d{at}", 2.0 * (at + 1))] for at, qid in enumerate(qids[:-1])} | {
        qids[-1]: []
    }
    assert len(odd.search(json.dumps(dict.fromkeys(ODD, 1)), 100)) == len(ODD)


def test_runs_of_such_tokens(odd, tmp_path):
    topics = [(f"é{at}\U0001f600", json.dumps({token: 1})) for at, token in enumerate(ODD)]
    run = write(tmp_path / "\U0001f600.txt", "")
    assert odd.append_run(run, topics, 10, 2, "tag") == (len(ODD), 0)
    lines = [f"é{at}\U0001f600 Q0 d{at} 1 {at + 1} tag" for at in range(len(ODD))]
    assert run.read_text().splitlines() == lines


def test_an_impact_that_is_none_names_its_query(odd):
    with pytest.raises(
        UsageError, match="query 'q7': impact 99999999999 is no integer above 0, up"
    ):
        odd.batch_search(['{"plain": 99999999999}'], ["q7"])


def test_docids_that_would_shift_hits_are_refused(tmp_path):
    vectors = {"a\tb": {"tab": 1}, "a b": {"blank": 1}, "\U0001f600": {"face": 1}}
    with ImpactSearcher(build(tmp_path, vectors), AsGiven()) as searcher:
        assert searcher.search('{"blank": 1}') == [("a b", 1.0)]
        assert searcher.search('{"face": 1}') == [("\U0001f600", 1.0)]
        refused = r"docid 'a\\tb' has white space, which a run cannot carry"
        with pytest.raises(ImpactIndexError, match=refused):
            searcher.search('{"tab": 1}')
        run = write(tmp_path / "r.txt", "")
        with pytest.raises(ImpactIndexError, match="docid 'a b' has white space"):
            searcher.append_run(run, [("1", '{"blank": 1}')], 10, 1, "t")


def test_the_frequency_of_tokens_is_counted_where_no_list_of_them_is(tmp_path):
    vectors = {f"d{at}": {"often": 1, "rare": 5} if at == 3 else {"often": 9} for at in range(4)}
    index = build(tmp_path, vectors)
    query = json.dumps({"often": 1, "rare": 1, "unheard": 7})

    def searched(**ways):
        with ImpactSearcher(index, AsGiven(), approximation=Approximation(**ways)) as searcher:
            return searcher.search(query)

    assert len(searched()) == 4
    assert searched(max_df=0.5) == [("d3", 5.0)]
    assert searched(max_df=0.5, candidates=4) == [("d3", 6.0)]
    # A token of no document has no share in what is kept.
    assert searched(weight_share=0.5, candidates=4) == searched()
