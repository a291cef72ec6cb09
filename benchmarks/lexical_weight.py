"""How much is BM25 to weigh beside an encoder? nDCG@10 on development sets, weight by weight.

    python benchmarks/lexical_weight.py runs/training-set/dev/* [--encoders splade-tiny l0-tiny]
        [--max-length 256] [--min-weight 0.3]

The sets are those of `training_set.py build`. Scored in memory: the encoder's float weights, and
BM25 over the stems that the search has, with each set's own document frequencies.
"""

import argparse
import math
from pathlib import Path

import numpy as np
from common import machine

from l0pyserini.base.tables import format_table
from l0pyserini.data import open_corpus, read_qrels, read_topics
from l0pyserini.data.ndcg import ndcg_at
from l0pyserini.encode.prune import Pruning
from l0pyserini.model import DocumentEncoder, open_checkpoint
from l0pyserini.train.config import Bm25Config
from l0pyserini.train.devset import DEPTH, SparseScorer, best
from l0pyserini.train.stem_bm25 import COLUMNS, StemBm25

WEIGHTS = (0, 2, 3, 4, 5, 7, 10, 15, 25, math.inf)
WINDOW = 1024


def scored(folder: str, spec: str, max_length: int, pruning: Pruning) -> tuple[list[float], float]:
    """Return the mean nDCG@10 at each weight, and the mean tokens of a document."""
    documents, topics, qrels = list(open_corpus(folder)), read_topics(folder), read_qrels(folder)
    texts = [one.contents for one in documents]
    checkpoint = open_checkpoint(spec)
    encoder = DocumentEncoder.from_checkpoint(checkpoint, max_length, backend="auto")
    ids = encoder.tokenize(texts)
    vectors = []
    for start in range(0, len(ids), WINDOW):
        vectors += encoder.encode_tokenized(ids[start : start + WINDOW])
    vectors = [pruning.apply(one) for one in vectors]
    tokens = encoder.tokenizer
    learned = SparseScorer(vectors, len(tokens.tokens))
    bm25 = StemBm25.count(texts, Bm25Config(weight=1.0))
    lexical = SparseScorer(bm25.document_vectors(texts), COLUMNS)
    stems = bm25.query_vectors([topic.text for topic in topics])
    found: list[list[float]] = [[] for _ in WEIGHTS]
    for topic, stemmed in zip(topics, stems, strict=True):
        asked = tokens.distinct_tokens(topic.text)
        weights = {tokens.vocabulary[t]: checkpoint.idf.weights.get(t, 0.0) for t in asked}
        ours, theirs = learned.scores(weights), lexical.scores(dict(zip(*stemmed, strict=True)))
        for values, weight in zip(found, WEIGHTS, strict=True):
            scores = theirs if weight == math.inf else ours + weight * theirs
            docids = [documents[row].docid for row in best(scores, DEPTH)]
            values.append(ndcg_at(docids, qrels.get(topic.qid, {}), DEPTH))
    return [float(np.mean(values)) for values in found], float(learned.df.sum() / len(ids))


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
    pruning = Pruning(min_weight=args.min_weight)
    print(machine())
    rows = []
    for spec in args.encoders:
        figures = []
        for folder in args.sets:
            values, length = scored(folder, spec, args.max_length, pruning)
            figures.append([length, *values])
            rows.append(line(Path(folder).name, spec, figures[-1]))
        rows.append(line("mean", spec, np.mean(figures, axis=0).tolist()))
    print(format_table(["set", "encoder", "nnz", *(f"{one:g}" for one in WEIGHTS)], rows))


if __name__ == "__main__":
    main()
