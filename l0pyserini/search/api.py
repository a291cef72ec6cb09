"""search_topics: what `python -m l0pyserini.search --topics` does, as a function."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import batched
from pathlib import Path

from l0pyserini.base.ahead import ahead
from l0pyserini.base.files import atomic_write, refuse_existing
from l0pyserini.base.progress import Stopwatch, progress_bar
from l0pyserini.data import read_topics
from l0pyserini.data.runs import check_tag
from l0pyserini.errors import UsageError
from l0pyserini.query.encoder import IdfQueryEncoder
from l0pyserini.search.approximation import EXACT, Approximation
from l0pyserini.search.base import DEFAULT_BATCH, Query, Searcher
from l0pyserini.search.encoded_queries import read_encoded_queries
from l0pyserini.search.engine import DEFAULT_ENGINE
from l0pyserini.search.searcher import ImpactSearcher


@dataclass(frozen=True)
class SearchSummary:
    """What a search of many topics did. seconds: searching and writing, not opening."""

    topics: int
    lines: int
    without_hits: int
    unknown_tokens: int
    seconds: float

    def line(self, output: str | Path) -> str:
        """Return it for a person. output: the run file."""
        return (
            f"searched {self.topics:,} topics in {self.seconds:.1f} s "
            f"({self.topics / max(self.seconds, 1e-9):.1f} queries/s), "
            f"{self.lines:,} lines in {output}\n"
            f"  topics without a hit: {self.without_hits:,}; "
            f"query tokens the index does not know: {self.unknown_tokens:,}"
        )


def search_topics(
    index: str | Path | Sequence[str | Path],
    topics: str | None,
    output: str | Path,
    hits: int = 1000,
    threads: int = 2,
    batch_size: int = DEFAULT_BATCH,
    remove_query: bool = False,
    tag: str = "l0pyserini",
    split: str = "test",
    query_encoder: IdfQueryEncoder | None = None,
    heap: str | None = None,
    overwrite: bool = False,
    approximation: Approximation = EXACT,
    queries_encoded: str | Path | None = None,
    lexical_weight: float | None = None,
    engine: str = DEFAULT_ENGINE,
    brief: bool = False,
) -> SearchSummary:
    """Search all topics and write a TREC run.

    Args:    queries_encoded: instead of topics, a file of their vectors (read_encoded_queries).
             lexical_weight, engine: as ImpactSearcher takes them. brief: nothing else is searched
             in this process.
    Raises:  TopicsError, ImpactIndexError, QueryMismatchError, OutputExistsError, UsageError.
    """
    return search_with(
        lambda count: ImpactSearcher(
            index,
            query_encoder,
            heap,
            approximation,
            lexical_weight,
            engine,
            brief=count if brief else 0,
        ),
        topics,
        output,
        hits,
        threads,
        batch_size,
        remove_query,
        tag,
        split,
        overwrite,
        queries_encoded,
    )


def search_with(
    opened: Callable[[int], Searcher],
    topics: str | None,
    output: str | Path,
    hits: int = 1000,
    threads: int = 2,
    batch_size: int = DEFAULT_BATCH,
    remove_query: bool = False,
    tag: str = "l0pyserini",
    split: str = "test",
    overwrite: bool = False,
    queries_encoded: str | Path | None = None,
) -> SearchSummary:
    """Search all topics with any searcher and write a TREC run.

    Args:    opened: opens the searcher for so many topics, once they and the output were found
             good.
    Raises:  TopicsError, OutputExistsError, UsageError, and what opening and searching raise.
    """
    check_tag(tag)
    refuse_existing(Path(output), overwrite)
    asked = _asked(topics, split, queries_encoded)
    lines = without_hits = unknown = 0
    with opened(len(asked)) as searcher:
        watch = Stopwatch()
        searcher.expect(len(asked))
        with progress_bar(len(asked), "search", "topics") as bar, atomic_write(output) as handle:
            place = Path(handle.name)
            # A batch is encoded while the one before it is searched.
            for batch, unknown_there in ahead(_looked_up(searcher, asked, batch_size)):
                counts = searcher.append_run(place, batch, hits, threads, tag, remove_query)
                lines, without_hits = lines + counts[0], without_hits + counts[1]
                unknown += unknown_there
                bar.update(len(batch))
        seconds = watch.seconds
    return SearchSummary(len(asked), lines, without_hits, unknown, seconds)


def _looked_up(
    searcher: Searcher, asked: Sequence[tuple[str, Query]], batch_size: int
) -> Iterator[tuple[list[tuple[str, Query]], int]]:
    """Yield batches of (qid, vector), and how many tokens of each the index does not know."""
    for batch in batched(asked, batch_size):
        vectors, unknown = searcher.look_up([query for _, query in batch])
        yield [(qid, vector) for (qid, _), vector in zip(batch, vectors, strict=True)], unknown


def _asked(
    topics: str | None, split: str, queries_encoded: str | Path | None
) -> Sequence[tuple[str, Query]]:
    if topics is not None and queries_encoded is not None:
        raise UsageError("--topics and --queries-encoded: give one of them.")
    if queries_encoded is not None:
        return read_encoded_queries(queries_encoded)
    if topics is None:
        raise UsageError("--topics or --queries-encoded: give one of them.")
    return [(topic.qid, topic.text) for topic in read_topics(topics, split)]
