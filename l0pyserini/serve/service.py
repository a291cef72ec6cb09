"""Service: what is asked of the indexes, whether it comes by REST or by MCP."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from typing import Any

from l0pyserini.errors import RequestError
from l0pyserini.serve import answers
from l0pyserini.serve.asked import Search, Show
from l0pyserini.serve.pool import Pool
from l0pyserini.serve.settings import Limits
from l0pyserini.serve.shelf import Shelf


class Service:
    """Searches the indexes of a shelf on the threads of a pool, for one event loop."""

    def __init__(self, shelf: Shelf, limits: Limits) -> None:
        self.shelf, self.limits = shelf, limits
        self.pool = Pool(limits.threads, limits.queue, limits.seconds)
        self._watch: asyncio.Task[None] | None = None

    async def __aenter__(self) -> "Service":
        self._watch = asyncio.create_task(self.shelf.watch())
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._watch is not None:
            self._watch.cancel()
            with suppress(asyncio.CancelledError):
                await self._watch
        self.pool.close()
        self.shelf.close()

    def indexes(self) -> dict[str, Any]:
        """Return what is served."""
        listed = [{"name": name, **one.facts()} for name, one in self.shelf.engines.items()]
        return {"api": answers.API, "indexes": listed}

    async def search(self, name: str, asked: Search) -> bytes:
        """Return the answer of one query as JSON."""
        with self.shelf.lent(name) as engine:
            kind = (engine, asked.hits, asked.weights)
            return await self.pool.do(kind, partial(answers.search_answers, name, engine), asked)

    async def batch(self, name: str, asked: Sequence[Search]) -> bytes:
        """Return the answer of many queries as JSON."""
        with self.shelf.lent(name) as engine:
            return await self._alone(lambda: answers.batch_answer(name, engine, asked))

    async def document(self, name: str, docid: str, show: Show) -> dict[str, Any]:
        """Return a document."""
        with self.shelf.lent(name) as engine:
            found = await self._alone(lambda: answers.document(engine, docid, show))
        return {"api": answers.API, "index": name, "docid": docid, "doc": found}

    async def explain(self, name: str, query: str, docids: Sequence[str]) -> dict[str, Any]:
        """Return what a query's tokens give to documents' scores."""
        try:
            return await self._explain(name, query, docids)
        except RequestError:
            raise
        except Exception:
            # Postings are read from the folder, which may be newer than what is open.
            if not await self.shelf.refresh(name):
                raise
        return await self._explain(name, query, docids)

    async def _explain(self, name: str, query: str, docids: Sequence[str]) -> dict[str, Any]:
        with self.shelf.lent(name) as engine:
            return await self._alone(lambda: answers.explanation(name, engine, query, docids))

    async def _alone(self, work: Callable[[], Any]) -> Any:
        """Have something done by a thread of the pool, and nothing with it."""
        return await self.pool.do(object(), lambda _: [work()], None)
