"""Queries for other engines: the vectors that the look-up encoder gives topics."""

from pathlib import Path
from typing import NamedTuple

from l0pyserini.base.files import refuse_existing
from l0pyserini.base.progress import say
from l0pyserini.data import read_topics
from l0pyserini.data.records import ImpactVector
from l0pyserini.errors import UsageError
from l0pyserini.export.collection import Exported


class Query(NamedTuple):
    """A topic and its vector."""

    qid: str
    text: str
    vector: ImpactVector


def check_given(topics: str | None, queries: str | Path | None) -> None:
    """Refuse one of --topics and --queries without the other.

    Raises:  UsageError: if only one is given.
    """
    if (topics is None) != (queries is None):
        given, absent = ("--topics", "--queries") if topics else ("--queries", "--topics")
        raise UsageError(
            f"{given} needs {absent}: topics are read from the one, and their vectors written into "
            "the other. Give both or neither."
        )


def refuse_outputs(output: Path, queries: str | Path | None, overwrite: bool) -> None:
    """Refuse to write over what is there, before anything is read.

    Raises:  OutputExistsError: if an output exists and overwrite is False.
    """
    refuse_existing(output, overwrite)
    if queries is not None:
        refuse_existing(Path(queries), overwrite)


def encoded_topics(exported: Exported, topics: str, split: str) -> list[Query]:
    """Encode topics for what is exported; tokens that no document holds are left out.

    Nothing can be found by those, and some engines stop at them.

    Raises:  QueryMismatchError: if another tool made the vectors. TopicsError: as read_topics.
    """
    encoder = exported.query_encoder()
    read = read_topics(topics, split)
    vectors = encoder.encode_batch([topic.text for topic in read])
    known = exported.terms
    kept = [{t: one for t, one in vector.items() if t in known} for vector in vectors]
    queries = [Query(t.qid, t.text, vector) for t, vector in zip(read, kept, strict=True)]
    if empty := [one.qid for one in queries if not one.vector]:
        say(
            f"{len(empty):,} topics have no token that a document holds, such as {empty[0]!r}; "
            "they are left out"
        )
    return [one for one in queries if one.vector]
