"""Postings packed by numpy are protobuf's own bytes, and come back."""

import numpy as np
import pytest
from ciff_toolkit.ciff_pb2 import PostingsList
from hypothesis import given
from hypothesis import strategies as st

from l0pyserini.errors import ExportError
from l0pyserini.export import packed
from l0pyserini.export.packed import pack, unpack, varint

LARGEST = 2**31 - 1
EDGES = [1, 127, 128, 16383, 16384, 2097151, 2097152, 268435455, 268435456, LARGEST]
numbers = st.integers(1, LARGEST) | st.sampled_from(EDGES)
postings = st.lists(st.tuples(numbers, numbers), min_size=1, max_size=40)
lists = st.lists(st.tuples(postings, st.booleans()), min_size=1, max_size=8)


def as_protobuf(gaps, impacts):
    one = PostingsList()
    for gap, impact in zip(gaps, impacts, strict=True):
        one.postings.add(docid=gap, tf=impact)
    return one.SerializeToString()


@given(lists)
def test_bytes_are_protobufs_and_come_back(several):
    gaps, impacts, counts, expected = [], [], [], b""
    for rows, from_zero in several:
        own = [gap for gap, _ in rows]
        own[0] = 0 if from_zero else own[0]
        expected += as_protobuf(own, [impact for _, impact in rows])
        gaps, impacts = gaps + own, impacts + [impact for _, impact in rows]
        counts.append(len(rows))
    body, ends = pack(np.array(gaps), np.array(impacts))
    assert body.tobytes() == expected
    back = unpack(body, ends[np.cumsum(counts) - 1], "file")
    assert [one.tolist() for one in back] == [gaps, impacts, counts]


@pytest.mark.parametrize("first", [0, 5])
def test_a_long_list_is_worked_on_in_pieces(monkeypatch, first):
    rng = np.random.default_rng(1)
    gaps, impacts = rng.integers(1, 300, 1000), rng.integers(1, 300, 1000)
    gaps[0] = first
    whole, ends = pack(gaps, impacts)
    monkeypatch.setattr(packed, "PIECE_POSTINGS", 7)
    monkeypatch.setattr(packed, "PIECE_BYTES", 100)
    assert np.array_equal(pack(gaps, impacts)[0], whole)
    assert np.array_equal(pack(gaps, impacts)[1], ends)
    back = unpack(whole, ends[-1:], "file")
    assert [one.tolist() for one in back] == [gaps.tolist(), impacts.tolist(), [1000]]


@pytest.mark.parametrize("change", [(0, 0x23), (1, 9), (2, 0x09), (4, 0x11)])
def test_other_bytes_are_refused(change):
    body, ends = pack(np.array([1, 2]), np.array([3, 4]))
    body[change[0]] = change[1]
    with pytest.raises(ExportError, match=r"file: holds bytes that are no postings\. Export"):
        unpack(body, ends[-1:], "file")
    with pytest.raises(ExportError, match=r"no postings"):
        unpack(body[:-1], ends[-1:] - 1, "file")


@pytest.mark.parametrize("number", [0, *EDGES])
def test_varints(number):
    assert PostingsList(df=number).SerializeToString()[1:] == (varint(number) if number else b"")
