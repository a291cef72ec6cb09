"""Fixtures of the tests of encoding."""

import pytest

from tests.conftest import write_small_corpus
from tests.encode.helpers import contents
from tests.encode.stores import encode


@pytest.fixture
def corpus(small):
    return small / "docs.jsonl"


@pytest.fixture(scope="module")
def docs(tmp_path_factory):
    """80 documents."""
    path = tmp_path_factory.mktemp("docs") / "docs.jsonl"
    write_small_corpus(path, 79)
    return path


@pytest.fixture(scope="module")
def whole(docs):
    """What a local run writes of `docs`: four shards and what lies beside them."""
    encode(docs, docs.parent / "e")
    return contents(docs.parent / "e")
