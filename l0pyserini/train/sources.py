"""The texts that rows of ids stand for: a corpus and topics, each in a store on disk."""

from collections.abc import Iterator
from pathlib import Path

from l0pyserini.corpora import open_corpus
from l0pyserini.corpora.topics import stream_topics
from l0pyserini.errors import UsageError
from l0pyserini.progress import progress_bar
from l0pyserini.train.texts import TextRow, TextStore, repair_latin1


def text_stores(corpus: str, topics: str | None, folder: Path) -> tuple[TextStore, TextStore]:
    """Write a corpus and topics into stores below a folder and open them.

    Title and text are joined as the encoders read them; MS MARCO's Latin-1 damage is mended.

    Raises:  UsageError: if no topics are named. CorpusError, TopicsError: as their readers.
    """
    if topics is None:
        raise UsageError(
            "rows of ids with a corpus want topics too. Give the file or BEIR folder that holds "
            "the queries."
        )

    def documents() -> Iterator[TextRow]:
        with progress_bar(None, "read", "docs") as bar:
            for document in open_corpus(corpus):
                yield document.docid, repair_latin1(document.contents)
                bar.update()

    queries = ((topic.qid, repair_latin1(topic.text)) for topic in stream_topics(topics))
    return (
        TextStore.build(folder / "corpus.sqlite", documents(), "document"),
        TextStore.build(folder / "topics.sqlite", queries, "query"),
    )
