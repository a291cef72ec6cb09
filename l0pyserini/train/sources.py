"""The texts that rows of ids stand for: a corpus and topics, each in a store on disk."""

import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

from l0pyserini.base.progress import progress_bar
from l0pyserini.data import open_corpus
from l0pyserini.data.topics import stream_topics
from l0pyserini.errors import UsageError
from l0pyserini.train.hub import is_data_set, load_data_set
from l0pyserini.train.texts import TextRow, TextStore, repair_latin1

Lookup = Callable[[Sequence[str]], Sequence[str]]


def text_stores(corpus: str, topics: str | None, folder: Path) -> tuple[TextStore, TextStore]:
    """Write a corpus and topics into stores below a folder and open them.

    Either may be a folder or file, or the name of a data set in BEIR's form on the hub
    (BeIR/msmarco). Title and text are joined as the encoders read them; MS MARCO's Latin-1 damage
    is mended.

    Raises:  UsageError: if no topics are named. CorpusError, TopicsError: as their readers.
    """
    if topics is None:
        raise UsageError(
            "rows of ids with a corpus want topics too. Give the file or BEIR folder that holds "
            "the queries."
        )

    documents = ((docid, repair_latin1(text)) for docid, text in _documents(corpus))
    queries = ((qid, repair_latin1(text)) for qid, text in _queries(topics))
    return (
        TextStore.build(folder / "corpus.sqlite", documents, "document"),
        TextStore.build(folder / "topics.sqlite", queries, "query"),
    )


def text_lookups(
    stack: ExitStack, rows: str, corpus: str | None, topics: str | None
) -> dict[str, Lookup]:
    """Return what gives the texts of rows' queries and documents, as long as a stack is open.

    Args:    rows: whose ids they are. corpus: None where rows hold the texts themselves.
    Raises:  as text_stores.
    """
    if corpus is None:
        return {"queries": lambda ids: ids, "documents": lambda ids: ids}
    folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="l0pyserini-"))
    documents, queries = text_stores(corpus, topics, Path(folder))
    return {
        "queries": lambda ids: queries.get(ids, rows),
        "documents": lambda ids: documents.get(ids, rows),
    }


def _documents(spec: str) -> Iterator[TextRow]:
    with progress_bar(None, "read", "docs") as bar:
        if is_data_set(spec):
            for record in load_data_set(spec, "corpus", "corpus"):
                yield record["_id"], " ".join(filter(None, (record["title"], record["text"])))
                bar.update()
            return
        for document in open_corpus(spec):
            yield document.docid, document.contents
            bar.update()


def _queries(spec: str) -> Iterator[TextRow]:
    if is_data_set(spec):
        return ((one["_id"], one["text"]) for one in load_data_set(spec, "queries", "queries"))
    return ((topic.qid, topic.text) for topic in stream_topics(spec))
