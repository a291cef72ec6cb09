"""Telling whether a docid was seen before, in some bytes each instead of the docids themselves."""

from array import array

_FIRST_SLOTS = 1 << 10
_HASH_BITS = 2**64 - 1
_EMPTY = 0


class SeenDocids:
    """A hash table of 64-bit hashes: 8 bytes a slot, of which a third to two thirds are taken."""

    def __init__(self) -> None:
        self._slots = array("Q", bytes(8 * _FIRST_SLOTS))
        self._count = 0

    def add(self, docid: str) -> bool:
        """Add a docid; return whether its hash was there, which hardly ever is another docid's."""
        wanted = hash(docid) & _HASH_BITS or 1
        if not self._put(wanted):
            return True
        self._count += 1
        if 3 * self._count > 2 * len(self._slots):
            self._grow()
        return False

    def _put(self, wanted: int) -> bool:
        slots = self._slots
        mask = len(slots) - 1
        slot = wanted & mask
        while (found := slots[slot]) != _EMPTY:
            if found == wanted:
                return False
            slot = (slot + 1) & mask
        slots[slot] = wanted
        return True

    def _grow(self) -> None:
        before = self._slots
        self._slots = array("Q", bytes(16 * len(before)))
        for found in before:
            if found != _EMPTY:
                self._put(found)
