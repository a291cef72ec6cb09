"""The direct builder against Anserini's IndexCollection: every posting the same."""

import json

import pytest

from l0pyserini import ImpactSearcher, build_index, read_topics
from l0pyserini.encode import read_shard, shard_paths
from l0pyserini.index.reader import FIELD, open_reader
from l0pyserini.index.verify import index_totals
from l0pyserini.lucene import java_class
from tests.helpers import fresh_process


def postings(folder):
    """Return {term: {docid: impact}} of an index, read through Lucene."""
    reader = open_reader(folder)
    found = {}
    no_more = java_class("org.apache.lucene.search.DocIdSetIterator").NO_MORE_DOCS
    for leaf in reader.leaves().toArray():
        stored = leaf.reader().storedFields()
        ids = [stored.document(row).get("id") for row in range(leaf.reader().maxDoc())]
        terms = leaf.reader().terms(FIELD).iterator()
        while (term := terms.next()) is not None:
            documents = found.setdefault(term.utf8ToString(), {})
            posting = terms.postings(None)
            while (row := posting.nextDoc()) != no_more:
                documents[ids[row]] = posting.freq()
    reader.close()
    return found


@pytest.fixture(scope="module")
def both(cacm, tmp_path_factory):
    folder = tmp_path_factory.mktemp("builders")
    for builder in ("direct", "anserini"):
        build_index(cacm / "runs/cacm.encoded", folder / builder, builder=builder)
    return folder


def test_every_posting_of_cacm_is_the_encoded_impact(both, cacm):
    encoded = {}
    for path in shard_paths(cacm / "runs/cacm.encoded"):
        for document in read_shard(path):
            for token, impact in document.vector.items():
                encoded.setdefault(token, {})[document.docid] = impact
    assert postings(both / "direct") == encoded
    assert postings(both / "anserini") == encoded


def test_the_direct_index_is_not_larger(both):
    sizes = [
        sum(path.stat().st_size for path in (both / name).glob("_*"))
        for name in ("direct", "anserini")
    ]
    assert sizes[0] <= sizes[1] * 1.01


def search_all(index, topics):
    asked = [(topic.qid, topic.text) for topic in read_topics(topics)]
    with ImpactSearcher(index) as searcher:
        return dict(searcher.search_topics(asked, 1000, threads=2, batch_size=128))


def test_both_give_the_same_hits_on_cacm(both):
    assert search_all(both / "direct", "cacm") == search_all(both / "anserini", "cacm")


def test_both_hold_and_give_the_same_on_scifact(scifact, shared, tmp_path):
    build_index(scifact / "encoded", tmp_path / "anserini", builder="anserini")
    topics = str(shared / "data/scifact")
    assert index_totals(scifact / "index") == index_totals(tmp_path / "anserini")
    assert search_all(scifact / "index", topics) == search_all(tmp_path / "anserini", topics)


ANSERINI = """
import json, sys
from l0pyserini.lucene import java_class
searcher = java_class("io.anserini.search.SimpleImpactSearcher")(sys.argv[1])
query, number = java_class("java.util.HashMap")(), java_class("java.lang.Integer")
for token, impact in json.loads(sys.argv[2]).items():
    query.put(token, number(impact))
print(json.dumps([hit.docid for hit in searcher.search(query, 100)]))
print(searcher.doc(searcher.search(query, 1)[0].docid).get("id"))
"""


def test_anserini_s_own_searcher_opens_the_direct_index(both):
    with ImpactSearcher(both / "direct") as searcher:
        text = "time sharing operating systems"
        query = searcher.query_encoder.encode(text)
        ours = [hit.docid for hit in searcher.search(text, 100)]
    done = fresh_process("-c", ANSERINI, both / "direct", json.dumps(query))
    theirs, first = done.stdout.splitlines()[-2:]
    assert json.loads(theirs) == ours, done.stderr
    assert first == ours[0]
