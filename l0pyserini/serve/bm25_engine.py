"""BM25 indexes of Anserini's, searched by Bm25Searcher."""

from collections.abc import Mapping, Sequence
from typing import Any

from l0pyserini.bm25.searcher import DEFAULT_WEIGHTS, Bm25Searcher, Bm25Weights
from l0pyserini.data.records import Hit
from l0pyserini.evaluate.explain.document import RANK_DEPTH
from l0pyserini.evaluate.explain.shares import ABSENT, STEM
from l0pyserini.query.stems import analysed, stem_name
from l0pyserini.query.table import idf_weight
from l0pyserini.serve.engines import Engine, Explained, Stored
from l0pyserini.serve.settings import SPARSE


class Bm25Engine(Engine):
    """An open BM25 index."""

    kind = SPARSE

    def __init__(self, searcher: Bm25Searcher) -> None:
        self._searcher = searcher
        self.documents = searcher.num_docs
        self.stores_text = searcher.stores_text
        self._settled = False

    def search(
        self, queries: Sequence[str], k: int, weights: Bm25Weights | None
    ) -> list[list[Hit]]:
        """Search as Anserini does."""
        return self._searcher.batch_search(queries, k, weights or DEFAULT_WEIGHTS)

    def texts(self, docids: Sequence[str]) -> list[str | None]:
        """Return what Anserini was told to store."""
        return self._searcher.texts(docids)

    def stored(self, docid: str) -> Stored:
        """Look one document up."""
        (found,) = self._searcher.holds([docid])
        return Stored(found, self._searcher.texts([docid])[0])

    def query_tokens(self, query: str) -> list[dict[str, Any]]:
        """Return the query's stems and how rare they are."""
        (_, _, *found) = next(analysed([query]))
        stems = found[::2]
        return [
            {
                "token": stem_name(stem),
                "stem": True,
                "impact": None,
                "idf": idf_weight(self.documents, df),
                "df": df,
                "known": df > 0,
            }
            for stem, df in zip(stems, self._searcher.df(stems), strict=True)
        ]

    def explain(self, query: str, docids: Sequence[str]) -> Explained:
        """Tell what each stem gives."""
        shares = self._searcher.shares(query, docids)
        (hits,) = self._searcher.batch_search([query], RANK_DEPTH)
        ranks = {hit.docid: rank for rank, hit in enumerate(hits, start=1)}
        documents = [
            {
                "docid": docid,
                "score": sum(share.values()),
                "rank": ranks.get(docid),
                "doc": text,
                "tokens": _tokens(share),
            }
            for docid, share, text in zip(docids, shares, self.texts(docids), strict=True)
        ]
        return Explained(documents)

    def settle(self) -> None:
        """Ask once: what Anserini loads for its first query takes half a second."""
        if not self._settled:
            self._settled = True
            self._searcher.batch_search(["time"], 1)

    def facts(self) -> dict[str, Any]:
        """Tell what the index holds."""
        return {
            "type": self.kind,
            "documents": self.documents,
            "stores_text": self.stores_text,
            "learned": False,
            "stems": True,
        }

    def close(self) -> None:
        """Close the searcher."""
        self._searcher.close()


def _tokens(share: Mapping[str, float]) -> list[dict[str, Any]]:
    whole = sum(share.values())
    return [
        {
            "token": stem_name(stem),
            "kind": STEM if score else ABSENT,
            "query_impact": None,
            "document_impact": None,
            "product": score,
            "share": score / whole if whole else 0.0,
        }
        for stem, score in sorted(share.items(), key=lambda one: (-one[1], one[0]))
    ]
