"""How much is BM25 to weigh beside an encoder? nDCG@10 on development sets, weight by weight.

    python benchmarks/lexical_weight.py runs/training-set/dev/* [--encoders splade-tiny l0-tiny]
        [--max-length 256] [--min-weight 0.3]

The sets are those of `training_set.py build`. Scored in memory: the encoder's float weights, and
BM25 over the stems that the search has, with each set's own document frequencies.
"""

import argparse
import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from common import machine
from numpy.typing import NDArray

from l0pyserini.base.tables import format_table
from l0pyserini.data import open_corpus, read_qrels, read_topics
from l0pyserini.data.ndcg import ndcg_at
from l0pyserini.encode.prune import Pruning
from l0pyserini.model import DocumentEncoder, open_checkpoint
from l0pyserini.model.checkpoint import Checkpoint
from l0pyserini.query.table import IdfTable
from l0pyserini.train.config import Bm25Config
from l0pyserini.train.devset import DEPTH, SparseScorer, best
from l0pyserini.train.stem_bm25 import COLUMNS, StemBm25

WEIGHTS = (0, 2, 3, 4, 5, 7, 10, 15, 25, math.inf)
WINDOW = 1024


class JudgedSet:
    """A BEIR folder whose documents are encoded once and scored in memory, table by table.

    tokens: mean of a document.

    Args:    min_weight: lighter tokens of a document are left out.
    """

    def __init__(self, folder: str, checkpoint: Checkpoint, max_length: int, min_weight: float):
        documents, self._topics = list(open_corpus(folder)), read_topics(folder)
        self._qrels, self._docids = read_qrels(folder), [one.docid for one in documents]
        texts = [one.contents for one in documents]
        encoder = DocumentEncoder.from_checkpoint(checkpoint, max_length, backend="auto")
        pruning = Pruning(min_weight=min_weight)
        ids = encoder.tokenize(texts)
        vectors = []
        for start in range(0, len(ids), WINDOW):
            encoded = encoder.encode_tokenized(ids[start : start + WINDOW])
            vectors += [pruning.apply(one) for one in encoded]
        self._tokenizer = encoder.tokenizer
        self._learned = SparseScorer(vectors, len(self._tokenizer.tokens))
        bm25 = StemBm25.count(texts, Bm25Config(weight=1.0))
        self._lexical = SparseScorer(bm25.document_vectors(texts), COLUMNS)
        self._stems = bm25.query_vectors([topic.text for topic in self._topics])
        self.tokens = float(self._learned.df.sum() / len(ids))

    def ndcg(self, table: IdfTable, weights: Sequence[float] = WEIGHTS) -> NDArray[np.float64]:
        """Return [topics, weights], nDCG@10 by a query table with BM25 of each weight beside it."""
        vocabulary = self._tokenizer.vocabulary
        found = []
        for topic, stemmed in zip(self._topics, self._stems, strict=True):
            asked = self._tokenizer.distinct_tokens(topic.text)
            query = {vocabulary[token]: table.weights.get(token, 0.0) for token in asked}
            ours = self._learned.scores(query)
            theirs = self._lexical.scores(dict(zip(*stemmed, strict=True)))
            values = []
            for weight in weights:
                scores = theirs if weight == math.inf else ours + weight * theirs
                docids = [self._docids[row] for row in best(scores, DEPTH)]
                values.append(ndcg_at(docids, self._qrels.get(topic.qid, {}), DEPTH))
            found.append(values)
        return np.array(found)


def line(name: str, spec: str, figures: list[float]) -> list[str]:
    """Return a line of the table. figures: tokens a document, then nDCG@10 at each weight."""
    length, *values = figures
    return [name, spec, f"{length:.0f}", *(f"{one:.4f}" for one in values)]


def main() -> None:
    """Measure and print."""
    flags = argparse.ArgumentParser(description=__doc__)
    flags.add_argument("sets", nargs="+", help="BEIR folders whose topics are all judged")
    flags.add_argument("--encoders", nargs="+", default=["splade-tiny", "l0-tiny"])
    flags.add_argument("--max-length", type=int, default=256, help="tokens (default 256)")
    flags.add_argument("--min-weight", type=float, default=0.0, help="as encode takes it")
    args = flags.parse_args()
    print(machine())
    rows = []
    for spec in args.encoders:
        checkpoint, figures = open_checkpoint(spec), []
        for folder in args.sets:
            one = JudgedSet(folder, checkpoint, args.max_length, args.min_weight)
            figures.append([one.tokens, *one.ndcg(checkpoint.idf).mean(axis=0)])
            rows.append(line(Path(folder).name, spec, figures[-1]))
        rows.append(line("mean", spec, np.mean(figures, axis=0).tolist()))
    print(format_table(["set", "encoder", "nnz", *(f"{one:g}" for one in WEIGHTS)], rows))


if __name__ == "__main__":
    main()
