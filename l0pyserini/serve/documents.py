"""Stored documents as Anserini's server shows them."""

from typing import Any

import orjson

_NAMES = frozenset({"id", "_id", "docid"})
_TEXTS = frozenset({"body", "content", "contents", "text"})


def shown(stored: str | None, parse: bool, longest: int | None) -> Any:
    """Return a document as an answer has it.

    Args:    stored: what the index holds, JSON or a text. parse: take JSON apart; its ids are left
             out, and where one field is left that one stands alone. longest: characters of a text.
    """
    if stored is None or not parse:
        return stored
    read: Any = stored
    if stored.lstrip()[:1] == "{":
        try:
            read = _fields(orjson.loads(stored))
        except orjson.JSONDecodeError:
            read = stored
    return read if longest is None else _cut(read, longest)


def _fields(record: dict[str, Any]) -> Any:
    fields = {
        name: value if isinstance(value, dict | list) else _written(value)
        for name, value in record.items()
        if name not in _NAMES
    }
    return next(iter(fields.values())) if len(fields) == 1 else fields


def _written(value: object) -> str:
    # As Python's str() writes null, true and numbers, which Pyserini's answers have.
    return value if isinstance(value, str) else str(value)


def _cut(read: Any, longest: int) -> Any:
    if isinstance(read, str):
        return read[:longest]
    return {
        name: value[:longest] if name.lower() in _TEXTS and isinstance(value, str) else value
        for name, value in read.items()
    }
