"""What whole-number impacts lose against float scores, at several scales, on SciFact.

python benchmarks/quantisation.py [--shared ../shared]

Encodes SciFact once with splade-tiny in float32, then scores every topic with unquantised
weights and with impacts at each scale (documents and queries alike).
"""

import argparse
from pathlib import Path

import numpy as np
from common import machine
from scipy.sparse import csr_matrix
from scipy.stats import kendalltau

from l0pyserini import (
    DocumentEncoder,
    IdfQueryEncoder,
    open_checkpoint,
    open_corpus,
    read_qrels,
    read_topics,
)
from l0pyserini.data.records import Hit
from l0pyserini.evaluate import parse_measure
from l0pyserini.evaluate.trec_eval import trec_eval

SCALES = (10, 50, 100, 200)
K = 1000
NDCG = parse_measure("nDCG@10")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--shared", type=Path, default=Path("../shared"))
    shared = parser.parse_args().shared
    print(machine())
    data = str(shared / "data/scifact")
    checkpoint = open_checkpoint(
        str(shared / "models/splade-tiny"), "log1p_relu", str(shared / "reference/idf.json")
    )
    columns = checkpoint.tokenizer.vocabulary
    documents = list(open_corpus(data))
    encoder = DocumentEncoder.from_checkpoint(checkpoint)
    weights = matrix(encoder.encode([one.contents for one in documents]), columns)
    topics, qrels = read_topics(data), read_qrels(data)
    docids = np.array([one.docid for one in documents])
    queries = IdfQueryEncoder.from_checkpoint(checkpoint)
    exact = (matrix([queries.weights(t.text) for t in topics], columns) @ weights.T).toarray()
    best = ndcg(exact, docids, topics, qrels)
    print(f"float: nDCG@10 {best:.4f}, mean nnz {weights.nnz / len(documents):.1f}")
    print("scale  nDCG@10  difference  Kendall tau  mean nnz  impacts a document")
    for scale in SCALES:
        impacts = weights.copy()
        impacts.data = np.rint(impacts.data * scale)
        impacts.eliminate_zeros()
        coarse = IdfQueryEncoder(checkpoint.tokenizer, checkpoint.idf, scale)
        asked = matrix([coarse.encode(t.text) for t in topics], columns)
        scores = (asked @ impacts.T).toarray()
        value = ndcg(scores, docids, topics, qrels)
        print(
            f"{scale:5d}  {value:.4f}   {value - best:+.4f}     {tau(exact, scores):.4f}"
            f"       {impacts.nnz / len(documents):6.1f}    {impacts.sum() / len(documents):8.0f}"
        )


def matrix(vectors: list[dict], columns: dict[str, int]) -> csr_matrix:
    """Return vectors as rows over the vocabulary."""
    starts = np.cumsum([0, *map(len, vectors)])
    ids = np.array([columns[token] for vector in vectors for token in vector])
    values = np.array([weight for vector in vectors for weight in vector.values()], dtype=float)
    return csr_matrix((values, ids, starts), shape=(len(vectors), len(columns)))


def ndcg(scores: np.ndarray, docids: np.ndarray, topics: list, qrels: dict) -> float:
    """Return the mean nDCG@10 that trec_eval gives the scores."""
    run = {}
    for topic, row in zip(topics, scores, strict=True):
        order = np.lexsort((docids, -row))[:K]
        run[topic.qid] = [Hit(str(docids[i]), float(row[i])) for i in order if row[i] > 0]
    return trec_eval(qrels, run, [NDCG])["nDCG@10"]["all"]


def tau(exact: np.ndarray, scores: np.ndarray) -> float:
    """Return the mean Kendall tau over topics, on the documents of the exact top thousand."""
    values = []
    for one, other in zip(exact, scores, strict=True):
        top = np.argsort(-one, kind="stable")[:K]
        values.append(kendalltau(one[top], other[top]).statistic)
    return float(np.mean(values))


if __name__ == "__main__":
    main()
