"""JSON files that lie beside the shards of an encoded collection.

Anserini reads every file of the folder as documents, whatever its name. A sidecar therefore is
a document too, with an id and an empty vector: Anserini counts it as empty and passes over it.
"""

from pathlib import Path
from types import MappingProxyType
from typing import Any

import orjson

from l0pyserini.base.fields import Fields, check_fields
from l0pyserini.base.files import atomic_write
from l0pyserini.errors import L0Error


def write_sidecar(path: Path, record: dict[str, Any], indent: bool = False) -> None:
    """Write a record as JSON that Anserini passes over."""
    option = orjson.OPT_APPEND_NEWLINE | (orjson.OPT_INDENT_2 if indent else 0)
    as_document = {"id": path.name, "contents": "", "vector": {}}
    with atomic_write(path) as handle:
        handle.write(orjson.dumps({**as_document, **record}, option=option))


def read_sidecar(
    path: Path,
    format_name: str,
    error: type[L0Error],
    mend: str,
    fields: Fields = MappingProxyType({}),
) -> dict[str, Any]:
    """Read a sidecar and check its format.

    Args:    mend: what to do when it cannot be used, as the end of the message. fields: that it
             must have.
    Raises:  error: if it is missing, damaged, of another format, or lacks a field.
    """
    return parse_sidecar(sidecar_bytes(path, error, mend), path, format_name, error, mend, fields)


def sidecar_bytes(path: Path, error: type[L0Error], mend: str) -> bytes:
    """Read a sidecar's bytes.

    Args:    mend: as read_sidecar.
    Raises:  error: if it is missing or cannot be read.
    """
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise error(f"{path}: missing. {mend}") from None
    except OSError as fault:
        raise error(f"{path}: cannot be read ({fault.strerror}). {mend}") from fault


def parse_sidecar(
    content: bytes,
    path: Path,
    format_name: str,
    error: type[L0Error],
    mend: str,
    fields: Fields = MappingProxyType({}),
) -> dict[str, Any]:
    """Return the record in a sidecar's bytes.

    Args, Raises:  as read_sidecar.
    """
    try:
        record = orjson.loads(content)
    except (ValueError, RecursionError) as fault:
        raise error(f"{path}: not valid JSON ({fault}). {mend}") from fault
    seen = record.get("format") if isinstance(record, dict) else type(record).__name__
    if seen != format_name:
        raise error(f"{path}: its format is {seen!r}, expected {format_name!r}. {mend}")
    check_fields(record, fields, str(path), error, mend)
    return record
