"""Vectors of another tool: a folder of JsonVectorCollection files without our manifest."""

import gzip
import json
import shutil

import pytest

from l0pyserini import IdfQueryEncoder, ImpactSearcher, build_index, read_topics
from l0pyserini.encode import read_shard, shard_paths
from l0pyserini.errors import CollectionError, QueryMismatchError, UsageError
from l0pyserini.index import read_facts
from l0pyserini.index.grow import append_to_index, delete_documents, merge_indexes
from l0pyserini.index.verify import index_totals, main
from tests.helpers import command, write

QUERY = "a programming language for time sharing systems"


def others(folder, documents, name="embeddings.jsonl"):
    """Write documents as Pyserini's encode does."""
    folder.mkdir(exist_ok=True)
    lines = [
        json.dumps({"id": one.docid, "contents": one.contents, "vector": one.vector}) + "\n"
        for one in documents
    ]
    write(folder / name, "".join(lines))
    return folder


def verify(capsys, *argv):
    """Run index.verify; return exit code, stdout and stderr."""
    code = main([str(word) for word in argv])
    printed = capsys.readouterr()
    return code, printed.out, printed.err


@pytest.fixture(scope="module")
def foreign(small, tmp_path_factory):
    """whole, first, rest: the small collection as another tool writes it, and indexes of them."""
    folder = tmp_path_factory.mktemp("foreign")
    documents = [one for path in shard_paths(small / "encoded") for one in read_shard(path)]
    others(folder / "whole", documents[:70])
    packed = others(folder / "whole", documents[70:], "more.jsonl") / "more.jsonl"
    write(packed.with_suffix(".jsonl.gz"), gzip.compress(packed.read_bytes()))
    packed.unlink()
    others(folder / "first", documents[:70])
    others(folder / "rest", documents[70:])
    for name in ("whole", "first", "rest"):
        build_index(folder / name, folder / f"{name}.index", store_text=True)
    return folder


@pytest.fixture(scope="module")
def vector(small):
    encoder = IdfQueryEncoder.load(small / "index/query_encoder.json")
    return encoder.encode(QUERY)


def hits(index, query, **options):
    with ImpactSearcher(index, **options) as searcher:
        return searcher.search(query, 1000)


def test_the_index_is_that_of_our_own_collection(small, foreign, vector):
    facts, ours = read_facts(foreign / "whole.index"), read_facts(small / "index")
    for name in ("documents", "empty_documents", "indexed_documents", "terms", "postings", "nnz"):
        assert facts[name] == ours[name], name
    assert facts["postings_digest"] == ours["postings_digest"]
    assert facts["corpus"]["name"] == "whole"
    for name in ("encoder", "query_encoder", "query_scale", "document_scale"):
        assert facts[name] is None
    assert index_totals(foreign / "whole.index") == index_totals(small / "index")
    assert hits(foreign / "whole.index", vector) == hits(small / "index", QUERY)
    with ImpactSearcher(foreign / "whole.index") as searcher:
        assert searcher.doc("CACM-0001").text


def test_the_command_and_both_builders(foreign, tmp_path, capsys):
    arguments = ("index", "--input", foreign / "whole", "--index", tmp_path / "i")
    code, out, _ = command(capsys, *arguments, "--builder", "anserini")
    assert code == 0
    assert "indexed 150 of 151 documents" in out
    assert index_totals(tmp_path / "i") == index_totals(foreign / "whole.index")
    assert verify(capsys, tmp_path / "i", "--input", foreign / "whole")[0] == 0
    code, _, err = verify(capsys, tmp_path / "i", "--input", foreign / "rest")
    assert code == 1
    assert "holds 150 documents, and the collection promises" in err


def test_texts_cannot_be_queries_until_an_encoder_is_given(small, foreign, tmp_path, capsys):
    topics = write(tmp_path / "t.tsv", f"1\t{QUERY}\n")
    arguments = ("search", "--index", foreign / "whole.index", "--output", tmp_path / "r.txt")
    code, _, err = command(capsys, *arguments, "--topics", topics)
    assert code == 1
    assert "was built from another tool's vectors without a query encoder" in err
    assert "Give encoded queries (--queries-encoded), or a query encoder (--encoder" in err
    assert not (tmp_path / "r.txt").exists()
    encoder = small / "index/query_encoder.json"
    assert command(capsys, *arguments, "--topics", topics, "--encoder", encoder)[0] == 0
    expected = [hit.docid for hit in hits(small / "index", QUERY)]
    assert [line.split()[2] for line in (tmp_path / "r.txt").read_text().splitlines()] == expected


@pytest.mark.parametrize("name", ["query_encoder.json", "splade-tiny"])
def test_an_index_may_be_given_a_query_encoder(small, foreign, tmp_path, capsys, name):
    given = small / "index" / name if name.endswith(".json") else name
    index = tmp_path / "i"
    arguments = ("index", "--input", foreign / "first", "--index", index, "--query-encoder", given)
    assert command(capsys, *arguments)[0] == 0
    assert read_facts(index)["query_scale"] == 100.0
    append_to_index(foreign / "rest", index)
    assert hits(index, QUERY) == hits(small / "index", QUERY)
    with pytest.raises(QueryMismatchError, match="its query_encoder is None, and that of"):
        merge_indexes([index, foreign / "whole.index"], tmp_path / "both")


def test_our_collections_have_their_own_query_encoder(small, tmp_path):
    encoder = IdfQueryEncoder.load(small / "index/query_encoder.json")
    with pytest.raises(UsageError, match="--query-encoder: .* was encoded for a query encoder of"):
        build_index(small / "encoded", tmp_path / "i", query_encoder=encoder)


def test_such_an_index_grows(small, foreign, vector, tmp_path, capsys):
    index = shutil.copytree(foreign / "first.index", tmp_path / "i")
    whole = read_facts(foreign / "whole.index")
    facts = append_to_index(foreign / "rest", index)
    assert facts["postings_digest"] == whole["postings_digest"]
    assert [corpus["name"] for corpus in facts["further_corpora"]] == ["rest"]
    assert hits(index, vector) == hits(small / "index", QUERY)
    both = merge_indexes([foreign / "first.index", foreign / "rest.index"], tmp_path / "both")
    assert both["postings_digest"] == whole["postings_digest"]
    deleted, absent = delete_documents(index, ["CACM-0001", "CACM-none"])
    assert absent == ["CACM-none"]
    assert deleted["postings_digest"] != whole["postings_digest"]
    for changed in (index, tmp_path / "both"):
        assert verify(capsys, changed)[0] == 0


def test_ours_and_another_tool_s_do_not_mix(small, foreign, tmp_path):
    index = shutil.copytree(small / "index", tmp_path / "i")
    with pytest.raises(QueryMismatchError, match="rest: its query_encoder is None, and that of"):
        append_to_index(foreign / "rest", index)
    both = [small / "index", foreign / "rest.index"]
    with ImpactSearcher(both) as searcher:
        with pytest.raises(QueryMismatchError, match="without a query encoder"):
            searcher.search(QUERY)
        assert searcher.search({"language": 1})


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ('{"id": "d", "vector": {"a": 0.5}}', "quantise another tool's weights: multiply all by"),
        ('{"id": "d", "vector": {"a b": 1}}', "e.jsonl:1 docid 'd': token 'a b' is empty or has"),
        ('{"_id": "d", "text": "a corpus"}', "e.jsonl:1: the id is None"),
    ],
)
def test_what_is_no_such_collection_is_refused(tmp_path, line, told):
    (tmp_path / "c").mkdir()
    write(tmp_path / "c/e.jsonl", f"{line}\n" * 2)
    with pytest.raises(CollectionError, match=r"c: 2 fault\(s\)") as raised:
        build_index(tmp_path / "c", tmp_path / "i")
    assert told in str(raised.value)
    assert not (tmp_path / "i").exists()


@pytest.mark.parametrize("left", ["vocabulary.json", "encoding-0-of-1.journal"])
def test_our_own_collection_without_its_manifest_is_unfinished(foreign, tmp_path, left):
    folder = shutil.copytree(foreign / "rest", tmp_path / "c")
    write(folder / left, "{}")
    with pytest.raises(CollectionError, match="manifest.json: missing. Expected a folder that"):
        build_index(folder, tmp_path / "i")


def test_topics_of_the_small_collection(small, foreign):
    """Every topic of CACM: the same hits whether text or vector."""
    encoder = IdfQueryEncoder.load(small / "index/query_encoder.json")
    topics = [(topic.qid, topic.text) for topic in read_topics("cacm")]
    vectors = [(qid, encoder.encode(text)) for qid, text in topics]
    with (
        ImpactSearcher(small / "index") as ours,
        ImpactSearcher(foreign / "whole.index") as theirs,
    ):
        expected = dict(ours.search_topics(topics, 1000, 1, 100))
        assert dict(theirs.search_topics(vectors, 1000, 1, 100)) == expected
        assert any(expected.values())
