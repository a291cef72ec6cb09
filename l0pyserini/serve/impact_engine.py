"""Impact indexes, searched by ImpactSearcher."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from l0pyserini.bm25.searcher import Bm25Weights
from l0pyserini.data.records import Hit
from l0pyserini.errors import ImpactIndexError, QueryMismatchError
from l0pyserini.evaluate.explain.document import explain_texts
from l0pyserini.evaluate.explain.shares import Explanation, verdict
from l0pyserini.lucene.jvm import java_heap
from l0pyserini.query.encoder import IdfQueryEncoder
from l0pyserini.query.stems import is_stem
from l0pyserini.query.table import idf_weight
from l0pyserini.query.tokenizer import Tokenizer
from l0pyserini.search.engine import TOPICS_TO_REPAY
from l0pyserini.search.searcher import ImpactSearcher
from l0pyserini.serve.engines import Engine, Explained, Stored, refuse_weights
from l0pyserini.serve.settings import IMPACT


class ImpactEngine(Engine):
    """An open impact index.

    Raises:  QueryMismatchError: if it has no query encoder.
    """

    kind = IMPACT

    def __init__(self, searcher: ImpactSearcher) -> None:
        self._searcher = searcher
        self._encoder: IdfQueryEncoder = searcher.query_encoder
        self._tokenizer = _tokenizer_of(self._encoder)
        self.documents = searcher.num_docs
        self.stores_text = searcher.stores_text
        self._asked = 0
        self._settled = False

    def search(
        self, queries: Sequence[str], k: int, weights: Bm25Weights | None
    ) -> list[list[Hit]]:
        """Search as ImpactSearcher does."""
        refuse_weights(weights)
        self._asked += len(queries)
        found = self._searcher.batch_search(queries, list(map(str, range(len(queries)))), k)
        return list(found.values())

    def texts(self, docids: Sequence[str]) -> list[str | None]:
        """Return the texts that --store-text kept."""
        if not self.stores_text:
            return [None] * len(docids)
        return [None if one is None else one.text for one in self._searcher.docs(docids)]

    def stored(self, docid: str) -> Stored:
        """Look one document up."""
        try:
            document = self._searcher.doc(docid)
        except ImpactIndexError:
            if self.stores_text:
                raise
            # So an index without texts tells of a document that it holds.
            return Stored(True, None)
        return Stored(document is not None, None if document is None else document.text)

    def query_tokens(self, query: str) -> list[dict[str, Any]]:
        """Return the query's tokens, the heaviest first; those that weigh nothing come last."""
        impacts = self._encoder.encode(query)
        unknown = self._searcher.unknown_tokens(query)
        order = sorted({**dict.fromkeys(unknown, 0), **impacts}.items(), key=lambda one: -one[1])
        lost = frozenset(unknown)
        return [
            {
                "token": token,
                "stem": is_stem(token),
                "impact": impact,
                "idf": self._idf(token),
                "df": (self._searcher.vocabulary or {}).get(token, 0),
                "known": token not in lost,
            }
            for token, impact in order
        ]

    def _idf(self, token: str) -> float:
        stems = self._encoder.stems
        if is_stem(token):
            return idf_weight(stems.documents, stems.df.get(token, 0)) if stems else 0.0
        return self._encoder.idf.weights.get(token, 0.0) if self._tokenizer else 0.0

    def explain(self, query: str, docids: Sequence[str]) -> Explained:
        """Tell what each token gives, and whether it is a stem, the text's or an expansion."""
        kept = zip(docids, self.texts(docids), strict=True)
        texts = {docid: text for docid, text in kept if text is not None}
        found = explain_texts(self._searcher, self._tokenizer, query, docids, texts)
        said = verdict(found[0], found[1]) if len(found) == 2 else None
        return Explained(list(map(_record, found)), said)

    def settle(self) -> None:
        """Read the index into memory once it was asked so often that this repays, if it fits.

        Requests are answered from disk meanwhile. Other indexes, and the one that this one
        replaces, may have taken their part of the heap already.
        """
        if self._settled or self._asked < TOPICS_TO_REPAY:
            return
        used, largest = java_heap()
        if replace(self._searcher.memory_need(), heap=largest - used).fits:
            self._settled = True
            self._searcher.load()

    def facts(self) -> dict[str, Any]:
        """Tell what the index holds."""
        return {
            "type": self.kind,
            "documents": self.documents,
            "engine": self._searcher.engine,
            "stores_text": self.stores_text,
            "learned": self._tokenizer is not None,
            "stems": self._encoder.stems is not None,
        }

    def close(self) -> None:
        """Close the searcher."""
        self._searcher.close()


def _tokenizer_of(encoder: IdfQueryEncoder) -> Tokenizer | None:
    """Return the tokenizer of the learned tokens; None where stems stand alone."""
    try:
        return encoder.tokenizer
    except QueryMismatchError:
        return None


def _record(one: Explanation) -> dict[str, Any]:
    return {
        "docid": one.docid,
        "score": one.score,
        "rank": one.rank,
        "doc": one.contents,
        "tokens": [
            {
                "token": token.token,
                "kind": token.kind,
                "query_impact": token.query_impact,
                "document_impact": token.document_impact,
                "product": token.product,
                "share": one.share(token),
            }
            for token in one.tokens
        ],
    }
