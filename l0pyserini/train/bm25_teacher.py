"""BM25 as a teacher: no model, only counts over the texts that the rows offer."""

import math
import re
from collections import Counter
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from l0pyserini.base.progress import progress_bar
from l0pyserini.query.table import idf_weight

K1 = 0.9
B = 0.4


class LexicalTeacher:
    """Okapi BM25 over lower-cased words, with the document frequencies of all texts offered.

    It teaches exact matches, which small dense teachers miss.

    Source:  k1 and b as Anserini's defaults; idf as Lucene's.
    """

    name = "bm25:"

    def score_rows(
        self, queries: Sequence[str], documents: Sequence[Sequence[str]]
    ) -> list[NDArray[np.float32]]:
        """Return each query's scores of its documents."""
        counts: dict[str, Counter[str]] = {}
        df: Counter[str] = Counter()
        with progress_bar(None, self.name, "texts") as bar:
            for text in (text for row in documents for text in row):
                if text not in counts:
                    counts[text] = Counter(_words(text))
                    df.update(counts[text].keys())
                    bar.update()
        lengths = {text: sum(found.values()) for text, found in counts.items()}
        mean = max(1.0, sum(lengths.values()) / max(1, len(lengths)))
        scored = []
        for query, row in zip(queries, documents, strict=True):
            idf = {word: idf_weight(len(counts), df[word]) for word in set(_words(query))}
            scores = [
                math.fsum(
                    weight * tf / (tf + K1 * (1 - B + B * lengths[text] / mean))
                    for word, weight in idf.items()
                    if (tf := counts[text][word])
                )
                for text in row
            ]
            scored.append(np.array(scores, dtype=np.float32))
        return scored


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text.lower())
