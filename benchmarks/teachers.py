"""How good is a dense teacher, alone and beside BM25? nDCG@10 on development sets.

    python benchmarks/teachers.py runs/training-set/dev-part/* --teachers dense:FOLDER [...]
        [--max-length 128]

Scored in memory: the teacher's cosine, plus BM25's score times a weight. The best sum is a teacher
for training beside BM25 (teacher.cosine_scale, teacher.bm25_scale). Several teachers are scored
together too, each divided by how widely its cosines spread, as a list of data.embeddings is.
"""

import argparse
from functools import cache

import numpy as np
import numpy.typing as npt
from common import machine

from l0pyserini.base.tables import format_table
from l0pyserini.data import open_corpus, read_qrels, read_topics
from l0pyserini.data.ndcg import ndcg_at
from l0pyserini.train.config import Bm25Config
from l0pyserini.train.devset import DEPTH, SparseScorer, best
from l0pyserini.train.joint_embeddings import spread
from l0pyserini.train.stem_bm25 import COLUMNS, StemBm25
from l0pyserini.train.teachers import DenseTeacher, open_teacher

Numbers = npt.NDArray[np.float32]

WEIGHTS = (0, 0.005, 0.01, 0.015, 0.02, 0.03)


@cache
def cosines_of(teacher: DenseTeacher, folder: str) -> Numbers:
    """Return the cosine of each topic with each document."""
    asked = teacher.vectors([one.text for one in read_topics(folder)], True)
    texts = teacher.vectors([one.contents for one in open_corpus(folder)], False)
    return asked.astype(np.float32) @ texts.astype(np.float32).T


def scored(folder: str, teachers: list[DenseTeacher]) -> list[float]:
    """Return the mean nDCG@10 at each weight of BM25."""
    documents, topics, qrels = list(open_corpus(folder)), read_topics(folder), read_qrels(folder)
    texts, asked = [one.contents for one in documents], [one.text for one in topics]
    cosines = joined([cosines_of(teacher, folder) for teacher in teachers])
    bm25 = StemBm25.count(texts, Bm25Config(weight=1.0))
    beside = SparseScorer(bm25.document_vectors(texts), COLUMNS)
    found: list[list[float]] = []
    for topic, own, query in zip(topics, cosines, bm25.query_vectors(asked), strict=True):
        lexical = beside.scores(dict(zip(*query, strict=True)))
        judged = qrels.get(topic.qid, {})
        runs = (best(own + weight * lexical, DEPTH) for weight in WEIGHTS)
        named = ([documents[place].docid for place in run] for run in runs)
        found.append([ndcg_at(docids, judged, DEPTH) for docids in named])
    return np.mean(found, axis=0).tolist()


def joined(cosines: list[Numbers]) -> Numbers:
    """Return the mean of teachers' cosines in which all have an equal say."""
    return np.average(cosines, axis=0, weights=[1 / spread(one) for one in cosines])


def main() -> None:
    """Print a line for each set and teacher, and the means."""
    flags = argparse.ArgumentParser(description=__doc__)
    flags.add_argument("sets", nargs="+", help="BEIR folders whose topics are all judged")
    flags.add_argument("--teachers", nargs="+", required=True, metavar="dense:FOLDER")
    flags.add_argument("--max-length", type=int, default=128, help="tokens (default 128)")
    args = flags.parse_args()
    rows = []
    opened = {spec: [open_teacher(spec, max_length=args.max_length)] for spec in args.teachers}
    if len(opened) > 1:
        opened["together"] = [one for (one,) in opened.values()]
    for spec, teachers in opened.items():
        figures = {folder.rsplit("/", 1)[-1]: scored(folder, teachers) for folder in args.sets}
        figures["mean"] = np.mean(list(figures.values()), axis=0).tolist()
        rows += [[name, spec, *(f"{one:.4f}" for one in own)] for name, own in figures.items()]
    print(machine())
    print(format_table(["set", "teacher", *map(str, WEIGHTS)], rows))


if __name__ == "__main__":
    main()
