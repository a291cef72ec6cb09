"""Postings as CIFF's protobuf has them, packed and unpacked by numpy.

A posting is a message Posting{1: docid, as the gap to the one before, 2: tf}, in the field 4 of its
list. A gap of 0, which only the first document of all has, is left out as protobuf does with zeros:

    0x22 LENGTH [0x08 GAP] 0x10 TF        LENGTH, GAP and TF are varints, 7 bits a byte
"""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from l0pyserini.errors import ExportError

Bytes = NDArray[np.uint8]
Numbers = NDArray[np.int64]

_POSTING, _DOCID, _TF = 0x22, 0x08, 0x10
_LIMITS = tuple(1 << 7 * size for size in range(1, 5))


def varint(number: int) -> bytes:
    """Return a number from 0 as a varint."""
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


def _sizes(numbers: Numbers) -> Numbers:
    """Return how many bytes the varint of each number below 2^35 takes."""
    sizes = np.ones(len(numbers), np.int64)
    for limit in _LIMITS:
        sizes += numbers >= limit
    return sizes


PIECE_POSTINGS = 1 << 20
PIECE_BYTES = 1 << 22
"""What is worked on at a time: a long list takes about 40 bytes a posting, a piece about 100."""


def pack(gaps: Numbers, impacts: Numbers) -> tuple[Bytes, Numbers]:
    """Return the bytes of postings, and where each ends in them."""
    starts = range(0, len(gaps), PIECE_POSTINGS)
    spans = [slice(start, start + PIECE_POSTINGS) for start in starts]
    pieces = [_pack(gaps[span], impacts[span]) for span in spans]
    before = np.cumsum([0, *(len(piece) for piece, _ in pieces)])
    ends = [one + shift for (_, one), shift in zip(pieces, before, strict=False)]
    return np.concatenate([piece for piece, _ in pieces]), np.concatenate(ends)


def _pack(gaps: Numbers, impacts: Numbers) -> tuple[Bytes, Numbers]:
    gap_sizes, impact_sizes = _sizes(gaps), _sizes(impacts)
    gap_sizes[gaps == 0] = -1  # neither the tag nor a number
    lengths = gap_sizes + impact_sizes + 2
    ends = np.cumsum(lengths + 2)
    at = ends - lengths - 2
    out = np.empty(int(ends[-1]), np.uint8)
    out[at], out[at + 1] = _POSTING, lengths
    given = gaps > 0
    out[at[given] + 2] = _DOCID
    _put(out, at[given] + 3, gaps[given], gap_sizes[given])
    at += 3 + gap_sizes
    out[at] = _TF
    _put(out, at + 1, impacts, impact_sizes)
    return out, ends


def _put(out: Bytes, at: Numbers, numbers: Numbers, sizes: Numbers) -> None:
    """Write varints of known sizes at their places."""
    for place in range(int(sizes.max(initial=0))):
        rows = sizes > place
        more = sizes[rows] > place + 1
        out[at[rows] + place] = (numbers[rows] >> 7 * place) & 0x7F | (more * 0x80)


def unpack(packed: Bytes, ends: Numbers, where: str) -> tuple[Numbers, Numbers, Numbers]:
    """Return what pack() was given: gaps, impacts, and how many postings each list has.

    Args:    packed: lists one after the other. ends: where each ends in them. where: for errors.
    Raises:  ExportError: if these are no postings.
    """
    if len(ends) > 1 or len(packed) <= PIECE_BYTES:
        return _unpack(packed, ends, where)
    parts = [_unpack(one, np.array([len(one)]), where) for one in _pieces(packed)]
    gaps, impacts, counts = map(np.concatenate, zip(*parts, strict=True))
    return gaps, impacts, counts.sum(keepdims=True)


def _pieces(packed: Bytes) -> Iterator[Bytes]:
    """Cut a long list between postings."""
    begin = 0
    while begin < len(packed):
        piece = packed[begin : begin + PIECE_BYTES]
        if begin + PIECE_BYTES < len(packed):
            ends = np.flatnonzero(piece < 0x80)
            lacks = 2 if piece[2] == _TF else 0  # the first of all may have no gap
            piece = piece[: ends[(len(ends) + lacks) // 6 * 6 - lacks - 1] + 1]
        yield piece
        begin += len(piece)


def _unpack(packed: Bytes, ends: Numbers, where: str) -> tuple[Numbers, Numbers, Numbers]:
    numbers, seen = _varints(packed)
    # In varints a posting has six, and a list that begins with the first document two less.
    counts = np.diff(seen[ends - 1], prepend=0)
    short = np.flatnonzero(counts % 6 == 4)
    begins = np.cumsum(counts) - counts
    filled = np.insert(numbers, np.repeat(begins[short] + 2, 2), np.tile([_DOCID, 0], len(short)))
    table = filled.reshape(-1, 6) if len(filled) % 6 == 0 else np.zeros((1, 6), np.int64)
    tags, length, gaps, impacts = table[:, ::2], table[:, 1], table[:, 3], table[:, 5]
    lengths = np.where(gaps > 0, 1 + _sizes(gaps), 0) + 1 + _sizes(impacts)
    if (tags != (_POSTING, _DOCID, _TF)).any() or (length != lengths).any():
        raise ExportError(f"{where}: holds bytes that are no postings. Export it again.")
    return gaps, impacts, (counts + 2) // 6


def _varints(packed: Bytes) -> tuple[Numbers, Numbers]:
    """Return the numbers of varints, and how many have ended up to each byte."""
    last = packed < 0x80
    ends = np.flatnonzero(last)
    sizes = np.diff(ends, prepend=-1)
    numbers = np.zeros(len(ends), np.int64)
    for place in range(min(int(sizes.max(initial=0)), 5)):
        rows = sizes > place
        at = ends[rows] - sizes[rows] + 1 + place
        numbers[rows] |= (packed[at].astype(np.int64) & 0x7F) << 7 * place
    return numbers, np.cumsum(last)
