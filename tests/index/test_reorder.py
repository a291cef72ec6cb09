"""Reordering: documents of a topic come together, and nothing else changes."""

import json
import math
import random
import shutil
from itertools import pairwise

import pytest

from l0pyserini import ImpactSearcher, build_index, encode_corpus, read_topics
from l0pyserini.encode import read_shard, shard_paths
from l0pyserini.errors import ImpactIndexError, UsageError
from l0pyserini.index import read_facts
from l0pyserini.index.direct import index_directly
from l0pyserini.index.grow import append_to_index, delete_documents, merge_indexes
from l0pyserini.index.reorder import LogGaps, reorder_index
from l0pyserini.index.verify import check_index, open_reader
from tests.equivalence.test_builders import postings
from tests.helpers import command, write

QUERY = "a programming language for time sharing systems"


def docids(index):
    """Return the docids of an index of one segment, in the order of its documents."""
    reader = open_reader(index)
    (leaf,) = reader.leaves().toArray()
    stored = leaf.reader().storedFields()
    found = [stored.document(row).get("id") for row in range(leaf.reader().maxDoc())]
    reader.close()
    return found


def vectors(folder):
    """Return {docid: vector} of an encoded collection, without empty ones."""
    documents = (document for path in shard_paths(folder) for document in read_shard(path))
    return {document.docid: document.vector for document in documents if document.vector}


def log_gaps(order, vectors):
    """Return the mean log2 of the gaps between a token's documents; slow and plain."""
    places = {}
    for place, docid in enumerate(order):
        for token in vectors[docid]:
            places.setdefault(token, [-1]).append(place)
    lists = [found for found in places.values() if len(found) > 2]
    gaps = [after - before for found in lists for before, after in pairwise(found)]
    return sum(map(math.log2, gaps)) / len(gaps)


@pytest.fixture(scope="module")
def both(cacm, tmp_path_factory):
    """plain, reordered: CACM with its texts, in the order it came in and reordered."""
    folder = tmp_path_factory.mktemp("reorder")
    for name in ("plain", "reordered"):
        reorder = name == "reordered"
        encoded = cacm / "runs/cacm.encoded"
        build_index(encoded, folder / name, threads=1, store_text=True, reorder=reorder)
    return folder


def index_topics(folder, documents, common):
    """Index documents of topics a and b in turn, which share nothing but common tokens: i."""
    chance = random.Random(1)
    lines = []
    for number in range(documents):
        topic = "ab"[number % 2]
        vector = {f"{topic}{token}": 1 for token in chance.sample(range(40), 8)}
        lines.append(json.dumps({"id": f"{topic}{number}", "vector": vector | common}))
    path = write(folder / "docs.jsonl", "\n".join(lines))
    index_directly([path], folder / "i", 1, documents)


def test_two_interleaved_topics_come_apart(tmp_path):
    index_topics(tmp_path, 400, {"common": 2})
    assert [docid[0] for docid in docids(tmp_path / "i")] == ["a", "b"] * 200
    gaps = reorder_index(tmp_path / "i", 1, 400)
    order = docids(tmp_path / "i")
    assert {docid[0] for docid in order[:200]} != {docid[0] for docid in order[200:]}
    assert len({docid[0] for docid in order[:200]}) == len({docid[0] for docid in order[200:]}) == 1
    assert len(set(order)) == 400
    # Half of the documents of a topic's tokens lie between two of them before.
    assert gaps.after < gaps.before - 0.5


def test_a_small_heap_leaves_out_the_most_frequent_tokens(tmp_path):
    """4.4 million postings take 17.6 MB, and a heap of 30 MB gives half of itself to them."""
    index_topics(tmp_path, 2000, {f"c{token}": 1 for token in range(2200)})
    shutil.copytree(tmp_path / "i", tmp_path / "j")
    with_all = reorder_index(tmp_path / "j", 1, 2000)
    with_few = reorder_index(tmp_path / "i", 1, 2000, heap="30m")
    # The gaps of common tokens are 1: the mean of logarithms is greater with fewer of them.
    assert 1.1 * with_all.before < with_few.before < 2 * with_all.before
    topics = [docid[0] for docid in docids(tmp_path / "i")]
    assert len(set(topics[:1000])) == len(set(topics[1000:])) == 1


@pytest.mark.parametrize("k", [1, 10, 100, 1000])
def test_hits_are_the_same(both, k):
    asked = [(topic.qid, topic.text) for topic in read_topics("cacm")]
    found = []
    for name in ("plain", "reordered"):
        with ImpactSearcher(both / name) as searcher:
            found.append(dict(searcher.search_topics(asked, k, threads=1, batch_size=32)))
    assert len(found[0]) == len(asked) > 50
    assert found[0] == found[1]


def test_every_document_and_posting_is_kept(both, cacm):
    encoded = {}
    for docid, vector in vectors(cacm / "runs/cacm.encoded").items():
        for token, impact in vector.items():
            encoded.setdefault(token, {})[docid] = impact
    assert postings(both / "reordered") == encoded
    before, after = docids(both / "plain"), docids(both / "reordered")
    assert sorted(before) == sorted(after)
    assert before != after
    with ImpactSearcher(both / "plain") as plain, ImpactSearcher(both / "reordered") as reordered:
        for docid in before[::100]:
            assert plain.doc(docid) == reordered.doc(docid)
    check_index(both / "reordered")


def test_the_facts_tell(both):
    assert read_facts(both / "reordered")["reordered"]
    assert not read_facts(both / "plain")["reordered"]


def test_gaps_get_smaller_and_threads_change_nothing(both, cacm, tmp_path):
    known, before = vectors(cacm / "runs/cacm.encoded"), docids(both / "plain")
    orders = []
    for threads in (1, 2, 5):
        index = shutil.copytree(both / "plain", tmp_path / str(threads))
        gaps = reorder_index(index, threads, len(before))
        orders.append(docids(index))
    assert orders[0] == orders[1] == orders[2] == docids(both / "reordered")
    assert gaps.before == pytest.approx(log_gaps(before, known))
    assert gaps.after == pytest.approx(log_gaps(orders[0], known))
    assert gaps.after < gaps.before - 0.1


def test_an_index_without_documents(tmp_path):
    path = write(tmp_path / "docs.jsonl", '{"id": "1", "vector": {}}')
    index_directly([path], tmp_path / "i", 1, 1)
    assert reorder_index(tmp_path / "i", 1, 0) == LogGaps(0, 0)
    write(path, '{"id": "1", "vector": {"a": 1}}')
    index_directly([path], tmp_path / "i", 1, 1)
    assert reorder_index(tmp_path / "i", 1, 1) == LogGaps(0, 0)
    assert docids(tmp_path / "i") == ["1"]


def test_what_cannot_be_reordered(small, tmp_path, capsys):
    arguments = ("index", "--input", small / "encoded", "--index", tmp_path / "i", "--reorder")
    for others in (("--no-optimize",), ("--builder", "anserini")):
        code, _, err = command(capsys, *arguments, *others)
        assert code == 2
        assert f"--reorder with {' '.join(others)}: only the direct builder's index of one" in err
    with pytest.raises(UsageError, match="--reorder with --no-optimize"):
        build_index(small / "encoded", tmp_path / "i", optimize=False, reorder=True)
    assert not (tmp_path / "i").exists()


@pytest.fixture(scope="module")
def others(tmp_path_factory):
    """encoded: two documents that no other collection holds."""
    folder = tmp_path_factory.mktemp("others")
    lines = [{"id": f"NEW-{n}", "text": f"{QUERY} {n}"} for n in range(2)]
    write(folder / "docs.jsonl", "\n".join(map(json.dumps, lines)))
    encode_corpus(str(folder / "docs.jsonl"), "splade-tiny", folder / "encoded")
    return folder


def search(index):
    with ImpactSearcher(index) as searcher:
        return searcher.search(QUERY, 1000)


def test_the_command_and_a_reordered_index_grows(small, others, tmp_path, capsys):
    grown = tmp_path / "grown"
    arguments = ("index", "--input", small / "encoded", "--index", grown, "--reorder")
    code, out, err = command(capsys, *arguments)
    assert code == 0
    assert "indexed 150 of 151 documents" in out
    assert "reordered in" in err
    assert "the mean log2 of the gaps between a token's documents went from" in err
    assert delete_documents(grown, ["CACM-0001"])[0]["reordered"]
    assert search(grown) == [hit for hit in search(small / "index") if hit.docid != "CACM-0001"]

    assert not append_to_index(others / "encoded", grown)["reordered"]
    check_index(grown)
    assert {"NEW-0", "NEW-1"} == {hit.docid for hit in search(grown)[:2]}
    with pytest.raises(ImpactIndexError, match="expected one segment without deletions, found 2"):
        reorder_index(grown, 1, 152)

    build_index(others / "encoded", tmp_path / "new", reorder=True)
    merged = tmp_path / "merged"
    assert not merge_indexes([tmp_path / "new", small / "index"], merged)["reordered"]
    found = [hit for hit in search(merged) if hit.docid != "CACM-0001"]
    assert [hit.docid for hit in found] == [hit.docid for hit in search(grown)]
