"""Indexing: what the index holds, what it refuses, and what is left when it fails."""

import gzip
import json
import shutil

import pytest

from l0pyserini import build_index
from l0pyserini.encode import read_vocabulary
from l0pyserini.encode.vocabulary import TermTotals
from l0pyserini.errors import (
    CollectionError,
    ImpactIndexError,
    OutputExistsError,
    UsageError,
)
from l0pyserini.index import read_facts, verify_index
from l0pyserini.index.anserini import index_collection
from l0pyserini.index.direct import index_directly
from l0pyserini.index.verify import index_totals
from tests.helpers import command, fresh_process, write


def test_the_index_holds_the_promised_postings(small):
    documents, terms = index_totals(small / "index")
    assert documents == 150
    assert terms == read_vocabulary(small / "encoded")
    facts = read_facts(small / "index")
    assert facts["documents"] == 151
    assert facts["indexed_documents"] == 150
    assert facts["query_scale"] == 100.0


def test_anserini_passes_over_our_sidecars(small, tmp_path):
    """A user may run IndexCollection on our folder without us: no error, the same documents."""
    counters = index_collection(
        "JsonVectorCollection", small / "encoded", tmp_path / "i", 1, ("-impact", "-pretokenized")
    )
    # Empty: the document without tokens, and the three sidecars.
    assert counters == {"indexed": 150, "unindexable": 0, "empty": 4, "skipped": 0, "errors": 0}


def test_the_command(small, tmp_path, capsys):
    arguments = ("index", "--input", small / "encoded", "--index", tmp_path / "i")
    code, out, _ = command(capsys, *arguments)
    assert code == 0
    assert "indexed 150 of 151 documents" in out
    assert "documents without any token, not in the index: 1" in out
    code, _, err = command(capsys, *arguments)
    assert code == 1
    assert "exists already and was left as it is. Give --overwrite" in err
    assert command(capsys, *arguments, "--overwrite", "--heap", "1g")[0] == 0


HEAP = """
import sys
from l0pyserini import ImpactSearcher, build_index
build_index(sys.argv[1], sys.argv[2], heap="512m")
with ImpactSearcher(sys.argv[2], heap="512m") as searcher:
    print(len(searcher.search("language")))
"""


def test_a_search_after_it_may_ask_for_the_same_heap(small, tmp_path):
    done = fresh_process("-c", HEAP, small / "encoded", tmp_path / "i")
    assert done.stdout == "10\n", done.stderr


def test_a_query_encoder_that_is_not_the_collection_s(small, tmp_path, capsys):
    encoded = shutil.copytree(small / "encoded", tmp_path / "e")
    index = shutil.copytree(small / "index", tmp_path / "i")
    for folder, words in (
        (encoded, ("index", "--input", encoded, "--index", tmp_path / "new")),
        (index, ("index.verify", index)),
    ):
        path = folder / "query_encoder.json"
        path.write_text(path.read_text().replace('"time":', '"tyme":'))
        code, _, err = changed(capsys, *words)
        assert code == 1
        assert f"{path}: its idf_sha256 is" in err
        path.unlink()
        code, _, err = changed(capsys, *words)
        assert code == 1
        assert f"{path}: missing" in err
    assert not (tmp_path / "new").exists()


def changed(capsys, name, *words):
    """Run `python -m l0pyserini.NAME` in this process."""
    from l0pyserini.index import __main__, verify

    main = verify.main if name == "index.verify" else __main__.main
    code = main([str(word) for word in words])
    return code, *capsys.readouterr()


def test_differences_are_named(small):
    index, promised = small / "index", read_vocabulary(small / "encoded")
    verify_index(index, 150, promised)
    with pytest.raises(
        ImpactIndexError, match="holds 150 documents, and the collection promises 1"
    ):
        verify_index(index, 151, promised)
    with pytest.raises(ImpactIndexError, match="lacks 1 of .* tokens, such as 'zzzz'"):
        verify_index(index, 150, promised | {"zzzz": TermTotals(1, 1)})
    token = next(iter(promised))
    fewer = {name: totals for name, totals in promised.items() if name != token}
    with pytest.raises(ImpactIndexError, match="holds 1 tokens that the collection does not"):
        verify_index(index, 150, fewer)
    other = promised | {token: TermTotals(promised[token].df, promised[token].impacts + 1)}
    with pytest.raises(ImpactIndexError, match="has df .* and summed impacts"):
        verify_index(index, 150, other)


@pytest.fixture
def copy(small, tmp_path):
    return shutil.copytree(small / "encoded", tmp_path / "encoded")


def test_a_changed_collection_is_refused(copy, tmp_path):
    with open(copy / "docs-00001.jsonl", "a") as handle:
        handle.write('{"id": "x", "contents": "", "vector": {"a": 1}}\n')
    with pytest.raises(CollectionError, match="docs-00001.jsonl: was changed since it was encoded"):
        build_index(copy, tmp_path / "i")
    (copy / "docs-00001.jsonl").unlink()
    with pytest.raises(CollectionError, match="docs-00001.jsonl: missing, and the manifest lists"):
        build_index(copy, tmp_path / "i")
    assert not (tmp_path / "i").exists()


def test_an_added_shard_is_refused(copy, tmp_path):
    write(copy / "docs-00009.jsonl", '{"id": "x", "contents": "", "vector": {"a": 1}}\n')
    with pytest.raises(
        CollectionError, match=r"holds docs-00009.jsonl, which the manifest does not"
    ):
        build_index(copy, tmp_path / "i")


def test_a_folder_that_was_not_finished(tmp_path):
    with pytest.raises(CollectionError, match="manifest.json: missing. Expected a folder that"):
        build_index(tmp_path, tmp_path / "i")


TOO_SMALL = ("_JAVA_OPTIONS", "-Xmx2m")
"""A heap that no command takes, for every Java that starts."""


@pytest.mark.parametrize("builder", ["direct", "anserini"])
def test_failures_of_java_are_shown_and_leave_nothing(small, tmp_path, builder, monkeypatch):
    with pytest.raises(UsageError, match="heap '12 elephants' is no size"):
        build_index(small / "encoded", tmp_path / "i", heap="12 elephants", builder=builder)
    monkeypatch.setenv(*TOO_SMALL)
    with pytest.raises(ImpactIndexError, match=r"(IndexCollection|indexing) failed .exit code"):
        build_index(small / "encoded", tmp_path / "i", builder=builder)
    monkeypatch.delenv(TOO_SMALL[0])
    broken = tmp_path / "broken"
    broken.mkdir()
    write(broken / "docs.jsonl", "not json")
    with pytest.raises(ImpactIndexError, match="IndexCollection failed .exit code 0"):
        index_collection("JsonVectorCollection", broken, tmp_path / "j", 1, ("-impact",))
    assert not (tmp_path / "i").exists()


def test_an_index_in_use_is_kept_when_the_new_one_fails(small, tmp_path, monkeypatch):
    index = shutil.copytree(small / "index", tmp_path / "i")
    monkeypatch.setenv(*TOO_SMALL)
    with pytest.raises(ImpactIndexError):
        build_index(small / "encoded", index, overwrite=True)
    assert index_totals(index)[0] == 150
    with pytest.raises(OutputExistsError):
        build_index(small / "encoded", index)


def test_an_unknown_builder(small, tmp_path):
    with pytest.raises(UsageError, match="--builder 'lucene': expected one of direct, anserini"):
        build_index(small / "encoded", tmp_path / "i", builder="lucene")


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("broken", "docs.jsonl:2: expected '{'"),
        ('{"id": "d", "vector": {"a": 0.5}}', "docs.jsonl:2 docid 'd': impact 0.5 is no integer"),
        ('{"id": "d", "vector": {"a": 0}}', "impact 0 is no integer above 0"),
        ('{"id": "d", "vector": {"a": 99999999999}}', "impact 99999999999 is no integer"),
        ('{"id": "d", "vector": {"a": "1"}}', 'impact "1" is no integer above 0'),
        ('{"vector": {"a": 1}}', 'docs.jsonl:2: no "id"'),
        ('{"id": "d", "vector": [1]}', "docs.jsonl:2 docid 'd': expected '{'"),
        ('{"id": "d", "vector": {"a": 1}', "expected ',' or '}'"),
        ('{"id": "d", "vector": {"a": 1}} x', "something follows the object"),
        ('{"id": "d", "more": [1, 2', "the line ends within a value"),
        ('{"id": "d", "vector": {"\\u00zz": 1}}', "a broken escape in a string"),
    ],
)
def test_the_direct_builder_stops_at_a_line_it_cannot_read(tmp_path, line, fault):
    path = write(tmp_path / "docs.jsonl", f'{{"id": "ok", "vector": {{"a": 1}}}}\n{line}\n')
    with pytest.raises(ImpactIndexError, match="indexing failed .exit code 1") as raised:
        index_directly([path], tmp_path / "i", 2, 2)
    assert fault in str(raised.value)


def test_lines_of_any_json(tmp_path):
    r"""Spaces, escapes, other keys in any order, no line end, \r\n, long lines, gzip."""
    names = ["naïve", "中", "\U0001f600", 'quo"te', "back\\slash"]
    vector = {name: number + 1 for number, name in enumerate(names)}
    odd = {"more": [1, {"vector": "no"}, '"}'], "n": None, "vector": vector, "id": "é 1", "x": 1.5}
    lines = [
        json.dumps(odd),
        json.dumps({**odd, "id": "2"}, ensure_ascii=False),
        json.dumps({"id": "3", "contents": "long " * 300_000, "vector": {"a": 1}}),
        ' { "vector" : { "a" : 5 , "b":7 } , "id" : "4" } ',
        '{"id": "5", "vector": {}}',
        "",
        '{"id": "6", "vector": {"a": 1}}',
    ]
    text = "\r\n".join(lines)
    plain = write(tmp_path / "plain.jsonl", text)
    packed = write(tmp_path / "packed.jsonl.gz", gzip.compress(text.encode()))
    for path in (plain, packed):
        assert index_directly([path], tmp_path / "i", 2, 6).documents == 5
        documents, terms = index_totals(tmp_path / "i")
        assert documents == 5
        expected = {name: TermTotals(2, 2 * impact) for name, impact in vector.items()}
        found = {token: totals for token, totals in terms.items() if token not in "ab"}
        assert found == expected
        assert (terms["a"], terms["b"]) == (TermTotals(3, 7), TermTotals(1, 7))


def test_a_failure_leaves_the_index_that_was_there(tmp_path):
    good = write(tmp_path / "good.jsonl", '{"id": "d", "vector": {"a": 1}}\n')
    broken = write(tmp_path / "broken.jsonl", '{"id": "e", "vector": {"a": 1}}\nbroken\n')
    with pytest.raises(ImpactIndexError, match="indexing failed"):
        index_directly([broken], tmp_path / "new", 1, 2)
    assert not list((tmp_path / "new").glob("segments*"))
    index_directly([good], tmp_path / "i", 1, 1)
    before = index_totals(tmp_path / "i")
    with pytest.raises(ImpactIndexError, match="indexing failed"):
        index_directly([good, broken], tmp_path / "i", 1, 3)
    assert index_totals(tmp_path / "i") == before


def test_more_than_a_small_heap_holds(tmp_path):
    """What is gathered goes to the disk before it fills the heap."""
    vector = json.dumps({f"token{number}": 10**7 + number for number in range(200)})
    with open(tmp_path / "docs.jsonl", "w") as handle:
        for number in range(MANY):
            handle.write(f'{{"id": "d{number}", "vector": {vector}}}\n')
    held = index_directly([tmp_path / "docs.jsonl"], tmp_path / "i", 2, MANY, heap="32m")
    assert held.documents == MANY
    assert index_totals(tmp_path / "i")[0] == MANY


MANY = 30_000


def test_the_direct_builder_waits_for_no_dead_worker(tmp_path):
    """Far more lines than the queue holds, and the first is broken."""
    path = write(tmp_path / "docs.jsonl", "broken\n" * 20_000)
    with pytest.raises(ImpactIndexError, match="indexing failed"):
        index_directly([path], tmp_path / "i", 1, 20_000)


def test_long_vectors_and_large_impacts(tmp_path):
    vector = {f"t{number}": 1 + number * 1000 for number in range(2000)}
    record = {"id": "d", "contents": "", "vector": vector}
    path = write(tmp_path / "docs.jsonl", json.dumps(record) + "\n")
    assert index_directly([path], tmp_path / "i", 1, 1).documents == 1
    documents, terms = index_totals(tmp_path / "i")
    assert documents == 1
    assert {token: totals.impacts for token, totals in terms.items()} == vector


def test_texts_are_kept_by_the_direct_builder_only(small, tmp_path):
    with pytest.raises(UsageError, match="--store-text: only --builder direct keeps texts"):
        build_index(small / "encoded", tmp_path / "i", builder="anserini", store_text=True)


def test_an_index_need_not_be_one_segment(small, tmp_path):
    build_index(small / "encoded", tmp_path / "i", optimize=False)
    assert index_totals(tmp_path / "i") == index_totals(small / "index")


def test_what_is_no_index(small, tmp_path):
    with pytest.raises(ImpactIndexError, match="no such index"):
        read_facts(tmp_path / "absent")
    with pytest.raises(ImpactIndexError, match="is no Lucene index"):
        read_facts(tmp_path)
    with pytest.raises(ImpactIndexError, match="Lucene cannot open this index"):
        index_totals(tmp_path)
    index = shutil.copytree(small / "index", tmp_path / "i")
    write(index / "l0pyserini.json", json.dumps({"format": "old"}))
    with pytest.raises(ImpactIndexError, match="its format is 'old'"):
        read_facts(index)
    write(index / "l0pyserini.json", "{")
    with pytest.raises(ImpactIndexError, match="not valid JSON"):
        read_facts(index)
    (index / "l0pyserini.json").unlink()
    with pytest.raises(ImpactIndexError, match="another tool built it"):
        read_facts(index)
