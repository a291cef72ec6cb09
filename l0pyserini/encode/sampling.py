"""The sample on which the quantisation planner measures."""

from collections.abc import Sequence
from itertools import islice
from typing import TYPE_CHECKING

from l0pyserini.data.corpus import Corpus
from l0pyserini.data.records import Document, Qrels, Topic
from l0pyserini.encode.planner import Sample
from l0pyserini.encode.prune import Pruning

if TYPE_CHECKING:
    from l0pyserini.model.encoder import DocumentEncoder

SAMPLE_DOCUMENTS = 1000
QUERIES = 200
QUERY_WORDS = 10


def take_sample(
    corpus: Corpus,
    encoder: "DocumentEncoder",
    size: int = SAMPLE_DOCUMENTS,
    topics: Sequence[Topic] = (),
    qrels: Qrels | None = None,
    pruning: Pruning | None = None,
    batch_size: int = 32,
) -> Sample:
    """Encode the first documents of a corpus, and with qrels all judged ones too.

    Without topics, the titles or first ten words of the first two hundred documents are queries.
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
        topics=asked or [_own_query(one) for one in documents[:QUERIES]],
        qrels=qrels if asked else None,
    )


def _own_query(document: Document) -> Topic:
    words = (document.title or document.text).split()[:QUERY_WORDS]
    return Topic(document.docid, " ".join(words))
