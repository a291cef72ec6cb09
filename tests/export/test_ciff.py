"""CIFF: the documents' own postings, the bytes of ciff-toolkit's writer, and what is refused."""

import gzip
import json
from importlib import import_module

import pytest
from ciff_toolkit.ciff_pb2 import DocRecord, Header, PostingsList
from ciff_toolkit.read import CiffReader
from ciff_toolkit.write import CiffWriter

from l0pyserini.encode import Manifest, read_shard, shard_paths
from l0pyserini.errors import CollectionError, ExportError, OutputExistsError, UsageError
from l0pyserini.export import ciff, export_ciff
from l0pyserini.query.stems import is_stem
from tests.helpers import command, names, write


def documents(folder, learned_only=False):
    read = [one for path in shard_paths(folder) for one in read_shard(path)]
    if not learned_only:
        return read
    kept = ({t: w for t, w in one.vector.items() if not is_stem(t)} for one in read)
    return [one._replace(vector=vector) for one, vector in zip(read, kept, strict=True)]


def read_back(path):
    """Return (header, docids, {docid: vector}) of a CIFF file as ciff-toolkit reads it."""
    with CiffReader(path) as reader:
        header, vectors, terms = reader.header, {}, []
        for one in reader.read_postings_lists():
            number = 0
            terms.append(one.term)
            assert (one.df, one.cf) == (len(one.postings), sum(p.tf for p in one.postings))
            for posting in one.postings:
                number += posting.docid
                vectors.setdefault(number, {})[one.term] = posting.tf
        records = list(reader.read_documents())
    assert [one.docid for one in records] == list(range(len(records)))
    assert [one.doclength for one in records] == [
        sum(vectors.get(number, {}).values()) for number in range(len(records))
    ]
    docids = [one.collection_docid for one in records]
    return header, terms, docids, {docids[n]: vector for n, vector in vectors.items()}


@pytest.mark.parametrize("learned_only", [False, True])
@pytest.mark.parametrize("name", ["x.ciff", "x.ciff.gz"])
def test_what_ciff_toolkit_reads_is_the_collection(hybrid, tmp_path, name, learned_only):
    path = tmp_path / name
    done = export_ciff(hybrid / "encoded", path, learned_only)
    expected = documents(hybrid / "encoded", learned_only)
    header, terms, docids, vectors = read_back(path)
    assert docids == [one.docid for one in expected]
    assert docids[-1] == "EMPTY-1"
    assert vectors == {one.docid: one.vector for one in expected if one.vector}
    assert terms == sorted(terms, key=str.encode)
    assert any(map(is_stem, terms)) != learned_only
    impacts = sum(sum(one.vector.values()) for one in expected)
    assert (header.version, header.num_docs, header.total_docs) == (1, 151, 151)
    assert header.num_postings_lists == header.total_postings_lists == len(terms) == done.terms
    assert header.total_terms_in_collection == impacts
    assert header.average_doclength == impacts / 151
    assert done.postings == sum(len(one.vector) for one in expected)
    assert done.largest == max(max(one.vector.values(), default=0) for one in expected)
    assert names(tmp_path) == [name]


def test_bytes_are_those_of_ciff_toolkits_writer(small, tmp_path):
    """The equivalence of the fast path: each message as the library serialises it."""
    export_ciff(small / "encoded", tmp_path / "ours.ciff")
    with CiffReader(tmp_path / "ours.ciff") as reader, CiffWriter(tmp_path / "theirs") as writer:
        writer.write_header(reader.header)
        writer.write_postings_lists(reader.read_postings_lists())
        writer.write_documents(reader.read_documents())
    assert (tmp_path / "theirs").read_bytes() == (tmp_path / "ours.ciff").read_bytes()


def test_the_same_bytes_each_time_whatever_the_runs(small, tmp_path, monkeypatch):
    for name in ("a.ciff.gz", "b.ciff.gz"):
        export_ciff(small / "encoded", tmp_path / name)
        monkeypatch.setattr(ciff.Inversion.__init__, "__defaults__", (100,))
    one, two = ((tmp_path / name).read_bytes() for name in ("a.ciff.gz", "b.ciff.gz"))
    assert one == two


def test_vectors_of_another_tool(tmp_path):
    lines = [
        {"id": "b", "contents": "", "vector": {"z": 300, "ä": 1}},
        {"id": "a", "vector": {}},
        {"id": "c", "vector": {"😀": 2, "z": 2**31 - 10}},
    ]
    (tmp_path / "in").mkdir()
    write(tmp_path / "in/x.jsonl", "".join(json.dumps(one) + "\n" for one in lines))
    export_ciff(tmp_path / "in", tmp_path / "x.ciff")
    header, terms, docids, vectors = read_back(tmp_path / "x.ciff")
    assert (terms, docids) == (["z", "ä", "😀"], ["b", "a", "c"])
    assert vectors == {one["id"]: one["vector"] for one in lines if one["vector"]}
    assert "in by another tool" in header.description
    lines[2]["vector"]["y"] = 100
    write(tmp_path / "in/x.jsonl", "".join(json.dumps(one) + "\n" for one in lines))
    with pytest.raises(ExportError, match=r"docid 'c': its impacts sum to 2,147,483,740, expected"):
        export_ciff(tmp_path / "in", tmp_path / "y.ciff")
    assert names(tmp_path) == ["in", "x.ciff"]


def test_what_is_refused(small, tmp_path):
    (tmp_path / "x.ciff").write_text("mine")
    with pytest.raises(OutputExistsError, match=r"x.ciff: exists already"):
        export_ciff(small / "encoded", tmp_path / "x.ciff")
    assert (tmp_path / "x.ciff").read_text() == "mine"
    export_ciff(small / "encoded", tmp_path / "x.ciff", overwrite=True)
    with pytest.raises(UsageError, match=r"--learned-only: .* has no stems of BM25 to leave out"):
        export_ciff(small / "encoded", tmp_path / "y.ciff", learned_only=True)
    (tmp_path / "empty").mkdir()
    write(tmp_path / "empty/x.jsonl", '{"id": "a", "contents": "", "vector": {}}\n')
    with pytest.raises(CollectionError, match=r"no document holds a token, expected one"):
        export_ciff(tmp_path / "empty", tmp_path / "y.ciff")
    assert names(tmp_path) == ["empty", "x.ciff"]


def test_stems_alone_have_no_learned_token(hybrid, tmp_path):
    with pytest.raises(CollectionError, match=r"no document holds a learned token"):
        export_ciff(hybrid / "bm25", tmp_path / "y.ciff", learned_only=True)


def messages_of(path):
    """Return (kind, message) of each message of a CIFF file."""
    with CiffReader(path) as reader:
        return [reader.header, *reader.read_postings_lists(), *reader.read_documents()]


def other_impacts(all_of):
    """Exchange two impacts of a list: its df and cf stay as they were."""
    one = next(m for m in all_of if isinstance(m, PostingsList) and len(m.postings) > 2)
    postings = one.postings
    distinct = next(i for i in range(1, len(postings)) if postings[i].tf != postings[0].tf)
    postings[0].tf, postings[distinct].tf = postings[distinct].tf, postings[0].tf


def other_df(all_of):
    next(m for m in all_of if isinstance(m, PostingsList)).df += 1


def fewer_documents(all_of):
    all_of[0].num_docs -= 1


def one_document_less(all_of):
    all_of.pop()


def one_document_more(all_of):
    all_of.append(DocRecord(docid=151, collection_docid="x"))


def other_docids(all_of):
    first, second = (m for m in all_of[-4:-2])
    first.collection_docid, second.collection_docid = second.collection_docid, "y"


def a_posting_less(all_of):
    one = next(m for m in all_of if isinstance(m, PostingsList) and len(m.postings) > 2)
    del one.postings[-1]


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (other_impacts, "docid and length"),
        (other_df, "list of"),
        (fewer_documents, "documents, terms and impacts"),
        (one_document_less, "messages"),
        (one_document_more, "bytes after the last document"),
        (other_docids, "postings digest"),
        (a_posting_less, "postings"),
    ],
)
def test_a_file_that_differs_from_the_collection_is_found(small, tmp_path, change, says):
    export_ciff(small / "encoded", tmp_path / "x.ciff")
    all_of = messages_of(tmp_path / "x.ciff")
    change(all_of)
    with CiffWriter(tmp_path / "x.ciff") as writer:
        writer.write_header(all_of[0])
        writer.write_postings_lists(m for m in all_of if isinstance(m, PostingsList))
        writer.write_documents(m for m in all_of if isinstance(m, DocRecord))
    assert isinstance(all_of[0], Header)
    exported = ciff.open_exported(small / "encoded")
    with pytest.raises(ExportError, match=rf"x.ciff: its {says}.*, where the collection has"):
        ciff.check_ciff(
            tmp_path / "x.ciff",
            exported,
            exported.digest,
            import_module("ciff_toolkit.ciff_pb2"),
        )


def test_the_digest_is_the_manifests(small, tmp_path):
    """What was checked is what was encoded: a manifest of other postings is not met."""
    export_ciff(small / "encoded", tmp_path / "x.ciff")
    exported = ciff.open_exported(small / "encoded")
    assert exported.digest == Manifest.load(small / "encoded").postings_digest


def test_a_missing_package_is_named(small, tmp_path, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "ciff_toolkit.ciff_pb2", None)
    with pytest.raises(ExportError, match=r"export ciff: .*package ciff_toolkit.*\[export\]'"):
        export_ciff(small / "encoded", tmp_path / "x.ciff")


def test_the_command(capsys, small, tmp_path):
    words = ["export", "ciff", "--input", small / "encoded", "--output", tmp_path / "x.ciff.gz"]
    code, out, err = command(capsys, *words)
    assert (code, "151 documents" in out) == (0, True), err
    assert gzip.decompress((tmp_path / "x.ciff.gz").read_bytes())
    assert command(capsys, *words)[0] == 1
    assert command(capsys, *words, "--overwrite")[0] == 0
