"""The sample of a corpus on which impacts are held against float weights."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from l0pyserini.data.corpus import Corpus
from l0pyserini.data.records import ArrayVector, Document, Qrels, Topic
from l0pyserini.encode.prune import Pruning

if TYPE_CHECKING:
    from l0pyserini.model.encoder import DocumentEncoder

DOCUMENTS = 1000
QUERIES = 200
QUERY_WORDS = 10


@dataclass(frozen=True)
class Sample:
    """Documents with their float weights, and queries."""

    docids: Sequence[str]
    vectors: Sequence[ArrayVector]
    topics: Sequence[Topic]
    qrels: Qrels | None = None


def take_sample(
    corpus: Corpus,
    encoder: "DocumentEncoder",
    size: int = DOCUMENTS,
    topics: Sequence[Topic] = (),
    qrels: Qrels | None = None,
    pruning: Pruning | None = None,
    batch_size: int = 32,
) -> Sample:
    """Encode the first documents of a corpus, and with qrels all judged ones too.

    Without topics, the beginnings of the first two hundred documents are queries.
    """
    judged = {docid for grades in (qrels or {}).values() for docid in grades}
    documents = list(islice(corpus, size))
    if judged:
        known = {document.docid for document in documents}
        documents += [one for one in corpus if one.docid in judged and one.docid not in known]
    prune = (pruning or Pruning()).apply
    vectors = encoder.encode_arrays([one.contents for one in documents], batch_size)
    asked = [topic for topic in topics if qrels is None or topic.qid in qrels]
    return Sample(
        docids=[one.docid for one in documents],
        vectors=[prune(vector) for vector in vectors],
        topics=asked or [beginning(one) for one in documents[:QUERIES]],
        qrels=qrels if asked else None,
    )


def beginning(document: Document) -> Topic:
    """Return the first ten words of a document's title, or of its text without one, as a query."""
    words = (document.title or document.text).split()[:QUERY_WORDS]
    return Topic(document.docid, " ".join(words))
