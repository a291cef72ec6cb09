"""A corpus in an object store: read from a local copy, told by its URL."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from l0pyserini.base.files import Span
from l0pyserini.base.object_cache import fetched
from l0pyserini.base.objects import shown_as
from l0pyserini.data.corpus import Corpus, Located
from l0pyserini.errors import CorpusError


def stored_corpus(url: str, opened: Callable[[str], Corpus], expected: str) -> Corpus:
    """Fetch a corpus, once, and open the copy.

    Args:    opened: opens a file or folder on the disk. expected: what a corpus may be.
    Raises:  CorpusError: if there is nothing at the URL, or it is no corpus.
             StoreError, UsageError: as Store and fetched.
    """
    path, shown = fetched(url, CorpusError, expected)
    with shown_as(path, shown):
        corpus = opened(str(path))

    def read(spans: Sequence[Span]) -> Iterator[Located]:
        with shown_as(path, shown):
            for where, document in corpus.read(spans):
                yield where.replace(str(path), shown), document

    def cut(size: int) -> tuple[int, list[Span]]:
        with shown_as(path, shown):
            return corpus.cut(size)

    place = corpus.place.replace(str(path), shown)
    return replace(corpus, place=place, read=read, cut=cut)
