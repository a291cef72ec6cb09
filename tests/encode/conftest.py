"""Fixtures of the tests of encoding."""

import pytest


@pytest.fixture
def corpus(small):
    return small / "docs.jsonl"
