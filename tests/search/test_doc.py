"""Texts kept in an index: doc(), snippets, and what an index without them says."""

import pytest

from l0pyserini import ImpactSearcher, build_index
from l0pyserini.data.records import Document
from l0pyserini.encode import read_shard, shard_paths
from l0pyserini.errors import ImpactIndexError
from l0pyserini.search.snippet import snippet
from tests.helpers import command


@pytest.fixture(scope="module")
def with_text(small, tmp_path_factory):
    index = tmp_path_factory.mktemp("text") / "index"
    build_index(small / "encoded", index, store_text=True)
    return index


def test_every_text_comes_back(small, with_text):
    texts = {
        document.docid: document.contents
        for path in shard_paths(small / "encoded")
        for document in read_shard(path)
        if document.vector
    }
    with ImpactSearcher(with_text) as searcher:
        found = searcher.docs([*texts, "nobody"])
        assert searcher.doc("nobody") is None
        assert searcher.doc("CACM-0001") == Document("CACM-0001", texts["CACM-0001"])
    assert found == [*(Document(*pair) for pair in texts.items()), None]


def test_the_text_changes_neither_hits_nor_postings(small, with_text):
    with ImpactSearcher(small / "index") as one, ImpactSearcher(with_text) as other:
        assert one.search("time sharing", 100) == other.search("time sharing", 100)


def test_an_index_without_texts(small):
    with ImpactSearcher(small / "index") as searcher:
        assert searcher.doc("nobody") is None
        with pytest.raises(ImpactIndexError, match="holds no texts. Build the index with --store-"):
            searcher.doc("CACM-0001")


def test_the_command_shows_snippets(with_text, capsys):
    query = "algebraic language"
    code, out, _ = command(capsys, "search", "--index", with_text, "--query", query, "--hits", 5)
    assert code == 0
    assert "language" in out.lower()
    assert len(out.splitlines()) == 5


def test_snippets():
    text = "One two three. Four five, six seven eight nine ten"
    assert snippet(text, "FIVE seven", 3) == "… five, six seven …"
    assert snippet(text, "absent", 3) == "One two three. …"
    assert snippet(text, "ten", 3) == "… eight nine ten"
    assert snippet("short", "x") == "short"
    assert snippet("", "x") == ""
