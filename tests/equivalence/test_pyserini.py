"""Our searcher against Pyserini's LuceneImpactSearcher and against plain dot products."""

import json

import numpy as np
import pytest

from l0pyserini import ImpactSearcher, read_topics
from l0pyserini.encode import read_shard, shard_paths
from tests.conftest import SHARED
from tests.helpers import fresh_process

# Pyserini imports torch, openai and sklearn, so it runs in a process of its own: on our JVM, with
# our query encoder as it is. min_idf=-1 keeps tokens that every document holds.
PYSERINI = """
import json, sys
from l0pyserini.lucene import start_jvm
start_jvm()
from pyserini.search.lucene import LuceneImpactSearcher
from l0pyserini import read_topics
from l0pyserini.query import IdfQueryEncoder
for index, topics, k, output in json.loads(sys.argv[1]):
    searcher = LuceneImpactSearcher(index, IdfQueryEncoder.load(index + "/query_encoder.json"), -1)
    asked = read_topics(topics)
    found = searcher.batch_search([t.text for t in asked], [t.qid for t in asked], k, threads=2)
    with open(output, "w") as file:
        json.dump({q: [(h.docid, h.score) for h in hits] for q, hits in found.items()}, file)
"""

DEPTHS = [1, 10, 100, 1000]


@pytest.fixture(scope="module")
def pyserinis(request, cacm, tmp_path_factory):
    """Pyserini's hits, {qid: [[docid, score], ...]}: cacm.1000.json, and scifact.K.json."""
    folder = tmp_path_factory.mktemp("pyserini")
    jobs = [(cacm / "indexes/cacm", "cacm", 1000, folder / "cacm.1000.json")]
    if SHARED.is_dir():
        index = request.getfixturevalue("scifact") / "index"
        data = SHARED / "data/scifact"
        jobs += [(index, data, k, folder / f"scifact.{k}.json") for k in DEPTHS]
    done = fresh_process("-c", PYSERINI, json.dumps(jobs, default=str))
    assert done.returncode == 0, done.stderr
    return folder


def assert_same(index, topics, k, file):
    theirs = json.loads(file.read_text())
    asked = [(topic.qid, topic.text) for topic in read_topics(str(topics))]
    with ImpactSearcher(index) as searcher:
        ours = dict(searcher.search_topics(asked, k, threads=2, batch_size=128))
    assert ours.keys() == theirs.keys()
    for qid, hits in ours.items():
        assert [hit.docid for hit in hits] == [docid for docid, _ in theirs[qid]], qid
        for hit, (_, score) in zip(hits, theirs[qid], strict=True):
            assert abs(hit.score - score) <= 0.01


def test_same_hits_same_order_on_cacm(cacm, pyserinis):
    assert_same(cacm / "indexes/cacm", "cacm", 1000, pyserinis / "cacm.1000.json")


@pytest.mark.parametrize("k", DEPTHS)
def test_same_hits_same_order_on_scifact(scifact, shared, pyserinis, k):
    file = pyserinis / f"scifact.{k}.json"
    assert_same(scifact / "index", shared / "data/scifact", k, file)


def assert_scores_are_dot_products(encoded, index, topics):
    """Every hit of every topic, against vectors read from the encoded files."""
    documents = [document for path in shard_paths(encoded) for document in read_shard(path)]
    columns = {}
    for document in documents:
        for token in document.vector:
            columns.setdefault(token, len(columns))
    impacts = np.zeros((len(documents), len(columns)), dtype=np.float32)
    for row, document in enumerate(documents):
        impacts[row, [columns[token] for token in document.vector]] = list(document.vector.values())
    docids = np.array([document.docid for document in documents])
    asked = [(topic.qid, topic.text) for topic in read_topics(str(topics))]
    with ImpactSearcher(index) as searcher:
        for qid, hits in searcher.search_topics(asked, 1000, threads=2, batch_size=128):
            query = np.zeros(len(columns), dtype=np.float32)
            encoded_query = searcher.query_encoder.encode(dict(asked)[qid])
            for token, weight in encoded_query.items():
                if token in columns:
                    query[columns[token]] = weight
            scores = impacts @ query
            # Best score first, then docid: what the thousand hits must be, ties included.
            order = np.lexsort((docids, -scores))[: len(hits)]
            assert [hit.docid for hit in hits] == docids[order].tolist(), qid
            assert [hit.score for hit in hits] == scores[order].tolist(), qid
            assert len(hits) == min(1000, int((scores > 0).sum()))


def test_scores_are_dot_products_on_cacm(cacm):
    assert_scores_are_dot_products(cacm / "runs/cacm.encoded", cacm / "indexes/cacm", "cacm")


def test_scores_are_dot_products_on_scifact(scifact, shared):
    assert_scores_are_dot_products(scifact / "encoded", scifact / "index", shared / "data/scifact")
