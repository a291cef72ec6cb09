"""The digest of postings: what it does not depend on, what changes it, and Java's is the same."""

from hashlib import sha256

import pytest

from l0pyserini.encode import Manifest, read_shard, shard_paths
from l0pyserini.encode.digest import PostingsDigest, added_digests
from l0pyserini.index.direct import index_directly
from l0pyserini.index.reader import open_reader
from l0pyserini.index.verify import reader_held
from tests.helpers import write

DOCUMENTS = {"d1": {"a": 3, "é": 5}, "d2": {"a": 5, "\U0001f600": 2**31 - 10}, "d3": {}}


def digest(documents):
    made = PostingsDigest()
    for docid, vector in documents.items():
        made.add(docid, vector)
    return str(made)


def of_index(index):
    reader = open_reader(index)
    try:
        return reader_held(reader).digest
    finally:
        reader.close()


def test_one_document_by_hand():
    number = int(sha256(b"a").hexdigest()[:8], 16)
    expected = sha256(f"d\t{7 * number}".encode()).hexdigest()[:16]
    assert digest({"d": {"a": 7}}) == expected
    assert digest({}) == digest({"empty": {}}) == "0" * 16


def test_it_depends_on_every_part_and_not_on_the_order():
    whole = digest(DOCUMENTS)
    assert digest(dict(reversed(DOCUMENTS.items()))) == whole
    first = {"d1": DOCUMENTS["d1"]}
    others = {docid: vector for docid, vector in DOCUMENTS.items() if docid != "d1"}
    assert added_digests([digest(first), digest(others)]) == whole
    assert added_digests([whole, None]) is None
    changed = [
        {"d1": {"a": 5, "é": 5}, "d2": {"a": 3, "\U0001f600": 2**31 - 10}},
        {"d1": {"a": 5, "é": 3}, "d2": DOCUMENTS["d2"]},
        {"d2": DOCUMENTS["d1"], "d1": DOCUMENTS["d2"]},
    ]
    assert len({whole, *map(digest, changed)}) == 4


def test_java_s_is_the_same(small, tmp_path):
    documents = [one for path in shard_paths(small / "encoded") for one in read_shard(path)]
    expected = digest({one.docid: one.vector for one in documents})
    assert Manifest.load(small / "encoded").postings_digest == expected
    assert of_index(small / "index") == expected
    lines = [f'{{"id": "{docid}", "vector": {vector}}}' for docid, vector in DOCUMENTS.items()]
    path = write(tmp_path / "docs.jsonl", "\n".join(lines).replace("'", '"'))
    index_directly([path], tmp_path / "i", 1, 3)
    assert of_index(tmp_path / "i") == digest(DOCUMENTS)


@pytest.mark.parametrize("others", [(), ("f" * 16,)])
def test_sums_stay_within_16_digits(others):
    assert len(added_digests(["f" * 16, *others])) == 16
