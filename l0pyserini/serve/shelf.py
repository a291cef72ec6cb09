"""Shelf: the indexes that are served, by name; one that has changed on disk is opened anew."""

import asyncio
import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from l0pyserini.bm25.baseline import bm25_facts
from l0pyserini.bm25.searcher import Bm25Searcher
from l0pyserini.errors import ImpactIndexError, L0Error, UsageError
from l0pyserini.index.facts import FILE_NAME
from l0pyserini.index.given_encoder import given_encoder
from l0pyserini.index.settle import last_commit, sidecar
from l0pyserini.search.searcher import ImpactSearcher
from l0pyserini.serve.bm25_engine import Bm25Engine
from l0pyserini.serve.engines import Engine
from l0pyserini.serve.impact_engine import ImpactEngine
from l0pyserini.serve.refused import unknown_index
from l0pyserini.serve.settings import IMPACT, SPARSE, Place

LOOK_SECONDS = 1.0
"""Between two looks at the folders."""

_log = logging.getLogger(__name__)

Stamp = tuple[int, str, int] | None
"""Which commit of which folder is there; None where there is none."""


class Opened:
    """An open index and how many requests use it. It closes when the last one that may is done."""

    def __init__(self, engine: Engine, stamp: Stamp) -> None:
        self.engine = engine
        self.stamp = stamp
        self._users = 0
        self._replaced = False

    @contextmanager
    def used(self) -> Iterator[Engine]:
        """Keep the index open meanwhile."""
        self._users += 1
        try:
            yield self.engine
        finally:
            self._users -= 1
            self._close_if_done()

    def replace(self) -> None:
        """Close the index as soon as no request uses it."""
        self._replaced = True
        self._close_if_done()

    def _close_if_done(self) -> None:
        if self._replaced and not self._users:
            self.engine.close()


class Shelf:
    """The indexes that are served. All but opening happens on the thread of the event loop.

    Args:    places: the indexes, which are opened now. heap: Java's largest heap, as "4g".
    Raises:  L0Error: if one cannot be opened.
    """

    def __init__(self, places: Sequence[Place], heap: str | None = None) -> None:
        self._places = {place.name: place for place in places}
        self._heap = heap
        self._opened: dict[str, Opened] = {}
        self._failed: dict[str, Stamp] = {}
        self.reopened = dict.fromkeys(self._places, 0)
        for place in places:
            stamp = stamp_of(place.folder)
            self._opened[place.name] = Opened(open_engine(place, heap), stamp)

    @property
    def engines(self) -> Mapping[str, Engine]:
        """The indexes as they are now."""
        return {name: opened.engine for name, opened in self._opened.items()}

    @contextmanager
    def lent(self, name: str) -> Iterator[Engine]:
        """Lend an index for a request.

        Raises:  RequestError: if no index has this name.
        """
        opened = self._opened.get(name)
        if opened is None:
            raise unknown_index(name)
        with opened.used() as engine:
            yield engine

    async def watch(self) -> None:
        """Look at the folders and the engines again and again."""
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            for name in self._places:
                await self.refresh(name)
                await self._settle(name)

    async def _settle(self, name: str) -> None:
        with self.lent(name) as engine:
            try:
                await asyncio.to_thread(engine.settle)
            except Exception as fault:
                _log.warning("%s is searched as before: %s", name, fault)

    async def refresh(self, name: str) -> bool:
        """Open an index anew if it has changed; tell whether it has.

        One that cannot be opened, as it is being changed or damaged, is served as it was.
        """
        place, held = self._places[name], self._opened[name]
        stamp = stamp_of(place.folder)
        if stamp in (None, held.stamp):
            return False
        try:
            engine = await asyncio.to_thread(open_engine, place, self._heap)
        except Exception as fault:
            if self._failed.get(name) != stamp:
                _log.warning("%s has changed and cannot be opened yet: %s", name, fault)
            self._failed[name] = stamp
            return False
        self._opened[name] = Opened(engine, stamp)
        self.reopened[name] += 1
        held.replace()
        _log.info("%s has changed: %s documents", name, f"{engine.documents:,}")
        return True

    def close(self) -> None:
        """Close all indexes."""
        for opened in self._opened.values():
            opened.replace()


def stamp_of(folder: Path) -> Stamp:
    """Tell which commit of which folder is there."""
    try:
        commit = last_commit(folder)
        if commit is None:
            return None
        return folder.stat().st_ino, commit, (folder / commit).stat().st_mtime_ns
    except OSError:
        return None


def open_engine(place: Place, heap: str | None) -> Engine:
    """Open an index as what it is.

    Raises:  L0Error: if it cannot be opened, or cannot be asked by texts.
    """
    if last_commit(place.folder) is None:
        raise ImpactIndexError(
            f"index {place.name!r}: {place.folder} is no Lucene index (it holds no segments_N "
            "file). Build one with `python -m l0pyserini.index` or `python -m l0pyserini.bm25`."
        )
    kind = place.kind or _kind_of(place.folder)
    if kind == SPARSE:
        return Bm25Engine(Bm25Searcher(place.folder, heap))
    if sidecar(place.folder, FILE_NAME).is_file():
        # Pyserini's settings name an encoder for each impact index; ours has its own.
        return _impact_engine(ImpactSearcher(place.folder, heap=heap, engine="lucene"))
    if place.encoder is None:
        raise UsageError(
            f"index {place.name!r} ({place.folder}) was built by another tool and names no query "
            "encoder. Give it one as 'encoder' in the file of --config."
        )
    encoder = given_encoder(place.encoder)
    return _impact_engine(ImpactSearcher(place.folder, encoder, heap, engine="lucene"))


def _impact_engine(searcher: ImpactSearcher) -> Engine:
    try:
        return ImpactEngine(searcher)
    except L0Error:
        searcher.close()
        raise


def _kind_of(folder: Path) -> str:
    """Tell an index's kind: impacts where its facts say so, else terms, as Pyserini takes it."""
    ours = sidecar(folder, FILE_NAME).is_file() and bm25_facts(folder) is None
    return IMPACT if ours else SPARSE
