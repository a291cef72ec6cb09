"""Which engine finds documents: Lucene on disk, or the same postings read into memory."""

from dataclasses import dataclass

from l0pyserini.errors import JavaError, UsageError

ENGINES = ("auto", "lucene", "memory")
DEFAULT_ENGINE = "auto"

POSTING_BYTES, DOCUMENT_BYTES = 4, 24
"""Of memory at most: a posting with its share of all beside it, and a document's docid."""

HEAP_SHARE = 0.5
"""Of Java's heap that postings may take; the rest is left to searching and to other indexes."""

TOPICS_TO_REPAY = 4000
"""Topics whose time with Lucene is longer, by that of reading the index, than in memory.

Both follow the number of postings, so one number serves all sizes, and all k. It is the seconds of
loading over the difference of a topic's seconds, all of which benchmarks/memory_engine.py prints.
"""

BRIEF_WORK = 20_000_000
"""Topics times documents up to which Java's optimising compiler and its vector module take longer
to start than they save.
"""


def is_brief(topics: int, documents: int | None) -> bool:
    """Tell whether Java had better start fast than run fast.

    Args:    topics: all that are searched; 0 where nobody knows. documents: None likewise.
    """
    return topics == 1 or (documents is not None and 0 < topics * documents <= BRIEF_WORK)


def check_engine(engine: str) -> None:
    """Refuse the name of no engine.

    Raises:  UsageError: if it is none.
    """
    if engine not in ENGINES:
        raise UsageError(f"engine {engine!r}: expected {', '.join(ENGINES[:-1])} or {ENGINES[-1]}.")


@dataclass(frozen=True)
class MemoryNeed:
    """What an index takes in memory, beside Java's heap.

    names: of the indexes. postings, documents: what they hold, deleted ones too. heap: bytes.
    """

    names: str
    postings: int
    documents: int
    heap: int

    @property
    def bytes(self) -> int:
        """An upper bound of what it takes, for any index but a small one of many rare tokens."""
        return POSTING_BYTES * self.postings + DOCUMENT_BYTES * self.documents

    @property
    def fits(self) -> bool:
        """Whether it leaves enough of the heap."""
        return self.bytes <= HEAP_SHARE * self.heap

    def check(self) -> None:
        """Refuse an index that is larger than the whole heap.

        Raises:  JavaError: if it is.
        """
        if self.bytes > self.heap:
            megabytes = -(-self.bytes // 2**20)
            raise JavaError(
                f"{self.names}: {self.postings:,} postings take about {megabytes:,} MiB in memory, "
                f"and Java's heap has {self.heap // 2**20:,} MiB. Give --heap {2 * megabytes}m, or "
                "--engine lucene."
            )
