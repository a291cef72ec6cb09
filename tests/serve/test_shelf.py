"""Which engine opens an index, and which cannot be served."""

import shutil

import pytest

from l0pyserini.errors import ImpactIndexError, UsageError
from l0pyserini.index.facts import FILE_NAME
from l0pyserini.serve.settings import IMPACT, SPARSE, Place
from l0pyserini.serve.shelf import open_engine


@pytest.fixture
def foreign(indexes, tmp_path):
    """An impact index as another tool leaves it: without our facts."""
    folder = shutil.copytree(indexes.bare, tmp_path / "foreign")
    for path in folder.glob("*.json*"):
        path.unlink()
    assert not (folder / FILE_NAME).exists()
    return folder


def test_another_tools_index_needs_an_encoder_to_be_one_of_impacts(foreign, indexes):
    with pytest.raises(UsageError, match="names no query encoder. Give it one as 'encoder'"):
        open_engine(Place("a", foreign, IMPACT), None)
    encoder = str(indexes.bare / "query_encoder.json")
    engine = open_engine(Place("a", foreign, IMPACT, encoder), None)
    ours = open_engine(Place("b", indexes.bare), None)
    query = ["programming language"]
    assert engine.search(query, 5, None) == ours.search(query, 5, None)
    assert engine.query_tokens("programming")[0]["known"]
    for one in (engine, ours):
        one.close()
    assert open_engine(Place("a", foreign), None).kind == SPARSE


def test_a_folder_that_is_no_index(tmp_path):
    with pytest.raises(ImpactIndexError, match="index 'a': .* is no Lucene index"):
        open_engine(Place("a", tmp_path), None)
