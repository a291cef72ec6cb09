"""Ways to damage a folder of the stock."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from l0pyserini.model.convert import convert_encoder
from tests.faults.catalogue import Change


def removed(name: str) -> Change:
    """Remove a file."""
    return lambda folder: (folder / name).unlink()


def cut(name: str, left: float = 0.5) -> Change:
    """Leave a file's beginning."""

    def change(folder: Path) -> None:
        content = (folder / name).read_bytes()
        (folder / name).write_bytes(content[: int(len(content) * left)])

    return change


def in_8_bits(name: str, then: Change = lambda _: None) -> Change:
    """Store an encoder in 8 bits in its place, and change the folder further."""

    def change(folder: Path) -> None:
        convert_encoder(str(folder / name), str(folder / name), "int8", overwrite=True)
        then(folder)

    return change


def swapped(name: str) -> Change:
    """Put a file's first two lines in the other order."""

    def change(folder: Path) -> None:
        first, second, *rest = (folder / name).read_bytes().splitlines(keepends=True)
        (folder / name).write_bytes(b"".join([second, first, *rest]))

    return change


def edited(name: str, edit: Callable[[Any], object]) -> Change:
    """Change a JSON file: in place, or for what the function returns if that is not None."""

    def change(folder: Path) -> None:
        record = json.loads((folder / name).read_bytes())
        other = edit(record)
        (folder / name).write_text(json.dumps(record if other is None else other))

    return change


def put(name: str, *keys: str | int, value: object) -> Change:
    """Set one value of a JSON file, however deep."""

    def edit(record: Any) -> None:
        for key in keys[:-1]:
            record = record[key]
        record[keys[-1]] = value

    return edited(name, edit)


def dropped(name: str, *keys: str) -> Change:
    """Drop one key of a JSON file."""

    def edit(record: Any) -> None:
        for key in keys[:-1]:
            record = record[key]
        del record[keys[-1]]

    return edited(name, edit)


def overwritten(name: str, content: bytes) -> Change:
    """Replace a file."""

    def change(folder: Path) -> None:
        (folder / name).write_bytes(content)

    return change


def spoilt(pattern: str) -> Change:
    """Turn over a byte in the middle of the one file that matches."""

    def change(folder: Path) -> None:
        (path,) = folder.glob(pattern)
        content = bytearray(path.read_bytes())
        content[len(content) // 2] ^= 0xFF
        path.write_bytes(bytes(content))

    return change
