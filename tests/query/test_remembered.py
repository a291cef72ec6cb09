"""What is remembered about a query encoder's file, and what damage to it does: nothing."""

import pytest

from l0pyserini.query.remembered import digest_of, recall, remember

FACTS = {"tokenizer": "abc", "table": "def"}


def test_facts_come_back(cache):
    digest = digest_of(b"an encoder")
    assert recall(digest) is None
    remember(digest, FACTS)
    assert recall(digest) == FACTS
    assert recall(digest_of(b"another encoder")) is None
    remember(digest, {"tokenizer": "new"})
    assert recall(digest) == {"tokenizer": "new"}
    assert [path.name for path in (cache / "query").iterdir()] == [f"{digest}.json"]


def test_other_checks_are_other_facts(monkeypatch):
    before = digest_of(b"an encoder")
    monkeypatch.setattr("l0pyserini.query.remembered._CHECKS", "next")
    assert digest_of(b"an encoder") != before


@pytest.mark.parametrize(
    "damage", [b"", b"{", b"[]", b"null", b'"text"', b'{"tokenizer": 1}', b'{"a": null}', b"\xff"]
)
def test_damaged_facts_are_none(cache, damage):
    remember("digest", FACTS)
    (cache / "query/digest.json").write_bytes(damage)
    assert recall("digest") is None
    remember("digest", FACTS)
    assert recall("digest") == FACTS


def test_a_cache_that_cannot_be_written(cache):
    cache.write_text("a file where the folder would be")
    remember("digest", FACTS)
    assert recall("digest") is None
    assert cache.read_text() == "a file where the folder would be"
