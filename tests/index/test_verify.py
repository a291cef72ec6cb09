"""Documents that exchanged impacts, which the totals of tokens do not tell."""

import json
import shutil

import pytest

from l0pyserini import build_index
from l0pyserini.base.files import sha256
from l0pyserini.encode import Manifest
from l0pyserini.errors import ImpactIndexError
from l0pyserini.index import read_facts
from l0pyserini.index.direct import index_directly
from l0pyserini.index.verify import main
from tests.helpers import command, write


def verify(capsys, *argv):
    """Run index.verify; return exit code, stdout and stderr."""
    code = main([str(word) for word in argv])
    printed = capsys.readouterr()
    return code, printed.out, printed.err


@pytest.fixture
def swapped(small, tmp_path):
    """A copy of the small collection in which two documents' impacts of a token are exchanged."""
    folder = shutil.copytree(small / "encoded", tmp_path / "swapped")
    path = folder / "docs-00000.jsonl"
    records = [json.loads(line) for line in path.read_text().splitlines()]
    first, token, second = next(
        (one, token, other)
        for one in records
        for token, impact in one["vector"].items()
        for other in records
        if other["vector"].get(token, impact) != impact
    )
    one, other = first["vector"], second["vector"]
    one[token], other[token] = other[token], one[token]
    write(path, "".join(json.dumps(record) + "\n" for record in records))
    return folder


def test_index_finds_them(swapped, tmp_path):
    """Even where the manifest names the changed file's hash."""
    manifest = json.loads((swapped / "manifest.json").read_text())
    manifest["shards"][0]["sha256"] = sha256(swapped / "docs-00000.jsonl")
    write(swapped / "manifest.json", json.dumps(manifest))
    with pytest.raises(ImpactIndexError, match="some documents have other impacts than the coll"):
        build_index(swapped, tmp_path / "i")
    assert not (tmp_path / "i").exists()


def swap_in(index, collection):
    """Put other segments beside an index's files."""
    for path in index.iterdir():
        if ".json" not in path.name:
            path.unlink()
    shards = sorted(collection.glob("docs-*"))
    index_directly(shards, index, 1, 150)


def test_verify_finds_them(small, swapped, tmp_path, capsys):
    index = shutil.copytree(small / "index", tmp_path / "i")
    collection = ("--input", small / "encoded")
    code, out, _ = verify(capsys, index, *collection)
    assert code == 0
    assert f"all as promised and as in {small / 'encoded'}" in out
    swap_in(index, swapped)
    told = "some documents have other impacts than the collection promises, though those of every"
    code, _, err = verify(capsys, index)
    assert code == 1
    assert told in err
    # An index of an older version knows no digest.
    facts = json.loads((index / "l0pyserini.json").read_text())
    write(index / "l0pyserini.json", json.dumps({**facts, "postings_digest": None}))
    assert verify(capsys, index)[0] == 0
    assert told in verify(capsys, index, *collection)[2]


def test_older_versions_wrote_no_digest(small, tmp_path, capsys):
    folder = shutil.copytree(small / "encoded", tmp_path / "old")
    manifest = json.loads((folder / "manifest.json").read_text())
    del manifest["postings_digest"]
    write(folder / "manifest.json", json.dumps(manifest))
    assert Manifest.load(folder).postings_digest is None
    build_index(folder, tmp_path / "i")
    assert read_facts(tmp_path / "i")["postings_digest"] is None
    facts = json.loads((tmp_path / "i/l0pyserini.json").read_text())
    del facts["postings_digest"]
    write(tmp_path / "i/l0pyserini.json", json.dumps({**facts, "reordered": True}))
    assert "reordered" not in read_facts(tmp_path / "i")
    assert verify(capsys, tmp_path / "i")[0] == 0
    assert verify(capsys, tmp_path / "i", "--input", folder)[0] == 0
    assert command(capsys, "search", "--index", tmp_path / "i", "--query", "language")[0] == 0
