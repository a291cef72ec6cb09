"""What is served and how: indexes by name, API keys and limits, of flags and a YAML file."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from l0pyserini.errors import UsageError

SPARSE, IMPACT = "tf", "impact"
"""Pyserini's names of the kinds of indexes that are served."""

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_MEND = "docs/serving.md shows a file with all settings."
_SETTINGS = ("indexes", "api_keys")
_OF_AN_INDEX = ("path", "index_type", "encoder", "base_index", "ef_search")


@dataclass(frozen=True)
class Place:
    """An index to be served. kind: SPARSE or IMPACT; None where the index itself tells.

    encoder: of queries, for an impact index of another tool.
    """

    name: str
    folder: Path
    kind: str | None = None
    encoder: str | None = None


@dataclass(frozen=True)
class Limits:
    """What one request may ask for, and how many are worked on.

    threads: that search. queue: requests that may wait for one. seconds: that a request may take.
    hits: of a query. query_length: characters. body_bytes: of a request. queries: of a batch.
    documents: that are explained at once.
    """

    threads: int = 2
    queue: int = 64
    seconds: float = 10.0
    hits: int = 1000
    query_length: int = 10_000
    body_bytes: int = 1 << 20
    queries: int = 100
    documents: int = 50

    @property
    def batch_hits(self) -> int:
        """Hits of all queries of a batch."""
        return 10 * self.hits


def places_of(given: Sequence[str]) -> list[Place]:
    """Take --index apart.

    Raises:  UsageError: if one is not NAME=DIR.
    """
    places = []
    for word in given:
        name, mark, folder = word.partition("=")
        if not mark or not folder:
            raise UsageError(
                f"--index {word!r}: expected NAME=DIR, as cacm=indexes/cacm; the name stands in "
                "addresses."
            )
        places.append(Place(_checked_name(name, "--index"), Path(folder)))
    return places


def read_config(path: str | Path) -> tuple[list[Place], list[str]]:
    """Read the settings of a YAML file as Pyserini's server has them: indexes and API keys.

    Raises:  UsageError: if it cannot be read, or asks for what is not served here.
    """
    import yaml

    try:
        settings = yaml.safe_load(Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError, yaml.YAMLError) as fault:
        told = " ".join(str(fault).split())
        raise UsageError(f"--config {path}: cannot be read as YAML ({told}). {_MEND}") from fault
    settings = {} if settings is None else settings
    _check_names(settings, _SETTINGS, f"--config {path}")
    keys = settings.get("api_keys") or []
    if not isinstance(keys, list) or not all(isinstance(key, str) and key.strip() for key in keys):
        raise UsageError(f"--config {path}: 'api_keys' is no list of texts. {_MEND}")
    indexes = settings.get("indexes") or {}
    if not isinstance(indexes, dict):
        raise UsageError(f"--config {path}: 'indexes' is no mapping of names. {_MEND}")
    base = Path(path).absolute().parent
    places = [
        _configured(_checked_name(str(name), f"--config {path}"), one, base, str(path))
        for name, one in indexes.items()
    ]
    return places, [key.strip() for key in keys]


def check_places(places: Sequence[Place]) -> None:
    """Refuse to serve nothing, or two indexes of one name.

    Raises:  UsageError.
    """
    if not places:
        raise UsageError("nothing to serve: give --index NAME=DIR, or --config with indexes.")
    seen: set[str] = set()
    for place in places:
        if place.name in seen:
            raise UsageError(
                f"--index: two indexes are named {place.name!r}. Give each a name of its own."
            )
        seen.add(place.name)


def _configured(name: str, one: Any, base: Path, path: str) -> Place:
    where = f"--config {path}: index {name!r}"
    if isinstance(one, str):
        one = {"path": one}
    _check_names(one, _OF_AN_INDEX, where)
    folder, kind, encoder = one.get("path"), one.get("index_type"), one.get("encoder")
    if not isinstance(folder, str) or not folder.strip():
        raise UsageError(f"{where} has no 'path'. {_MEND}")
    if kind not in (None, SPARSE, IMPACT):
        raise UsageError(
            f"{where} has index_type {kind!r}, expected {SPARSE!r} or {IMPACT!r}: other kinds are "
            "served by `python -m pyserini.server.rest`."
        )
    if not isinstance(encoder, str | None):
        raise UsageError(f"{where} has encoder {encoder!r}, expected a text. {_MEND}")
    return Place(name, base / folder, kind, encoder)


def _check_names(given: object, known: Sequence[str], where: str) -> None:
    if not isinstance(given, Mapping):
        raise UsageError(f"{where} is {type(given).__name__}, expected settings by name. {_MEND}")
    for name in given:
        if name not in known:
            raise UsageError(f"{where}: {name!r} is unknown, expected {', '.join(known)}. {_MEND}")


def _checked_name(name: str, where: str) -> str:
    if not _NAME.fullmatch(name):
        raise UsageError(
            f"{where}: an index is named {name!r:.80}, expected up to 100 letters, digits, dots, "
            "dashes and underscores, as it stands in addresses."
        )
    return name
