"""Tokens of queries, each looked up in the index once."""

import pytest

from l0pyserini.lucene.jvm import java_class, java_path
from tests.search.indexes import build, made


@pytest.fixture(scope="module")
def terms(tmp_path_factory):
    index = build(tmp_path_factory.mktemp("terms") / "i", [[("a", {"x": 1, "é": 2})]])
    directory = java_class("org.apache.lucene.store.FSDirectory").open(
        java_class("java.io.File")(java_path(index)).toPath()
    )
    reader = java_class("org.apache.lucene.index.DirectoryReader").open(directory)
    searcher = java_class("org.apache.lucene.search.IndexSearcher")(reader.getContext())
    yield made(
        "Terms",
        "(Lorg/apache/lucene/search/IndexSearcher;)V",
        {"of": "(Lorg/apache/lucene/util/BytesRef;)Lorg/apache/lucene/search/TermQuery;"},
        searcher,
    )
    reader.close()


def token(text, before=b""):
    return java_class("org.apache.lucene.util.BytesRef")(
        [*before, *text.encode()], len(before), len(text.encode())
    )


@pytest.mark.parametrize(("text", "df"), [("x", 1), ("é", 1), ("absent", 0), ("", 0)])
def test_a_token_is_looked_up_once(terms, text, df):
    first, again = terms.of(token(text)), terms.of(token(text, b"other bytes"))
    assert first.equals(again)
    assert first.hashCode() == again.hashCode()
    assert first.getTerm().bytes().utf8ToString() == text
    assert first.getTermStates().docFreq() == df
    assert java_class("java.lang.System").identityHashCode(first) == java_class(
        "java.lang.System"
    ).identityHashCode(again)


def test_a_lent_token_changes_afterwards(terms):
    lent = token("x", b"\xc3\xa9")
    kept = terms.of(lent)
    lent.offset, lent.length = 0, 2
    assert kept.getTerm().bytes().utf8ToString() == "x"
    assert terms.of(lent).getTerm().bytes().utf8ToString() == "é"
