"""Counting an IDF table over a corpus, in one streaming pass."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import batched

from l0pyserini.base.progress import progress_bar
from l0pyserini.data.records import Document
from l0pyserini.query.table import IdfTable, idf_weight
from l0pyserini.query.tokenizer import Tokenizer

BATCH = 1000


@dataclass(frozen=True)
class IdfCount:
    """A counted table and what it was counted from."""

    table: IdfTable
    documents: int
    tokens_seen: int


def count_idf(documents: Iterable[Document], tokenizer: Tokenizer, name: str) -> IdfCount:
    """Count idf_j = ln(1 + (N - df_j + 0.5) / (df_j + 0.5)) over distinct tokens of documents.

    Every token of the vocabulary gets a weight, those that no document holds too (df 0), because
    a document encoder may expand to them. Special tokens are left out.

    Raises:  CorpusError: from the corpus.
    """
    df: Counter[str] = Counter()
    count = 0
    with progress_bar(None, "count", "docs") as bar:
        for batch in batched(documents, BATCH):
            for tokens in tokenizer.distinct_tokens_batch([one.contents for one in batch]):
                df.update(tokens)
            count += len(batch)
            bar.update(len(batch))
    weights = {
        token: idf_weight(count, df[token]) for token in tokenizer.tokens if token is not None
    }
    return IdfCount(IdfTable(weights, name), count, len(df))
