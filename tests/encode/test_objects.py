"""Corpus and output in an object store: the bytes of a local run, and what is refused."""

import pytest

from l0pyserini import build_index
from l0pyserini.base.locks import hold
from l0pyserini.encode.journal import Part
from l0pyserini.encode.stored import output_of
from l0pyserini.errors import (
    CollectionError,
    CorpusError,
    OutputBusyError,
    OutputExistsError,
    StoreError,
    UsageError,
)
from l0pyserini.index import verify
from tests.encode.stores import JOURNAL, URL, encode, stored
from tests.helpers import command, names

pytest.importorskip("fsspec")

pytestmark = pytest.mark.usefixtures("cache")


def test_the_bytes_of_a_local_run(memory, docs, whole, cache):
    memory.put(str(docs), "/bucket/docs.jsonl")
    manifest = encode("memory://bucket/docs.jsonl", URL)
    assert manifest.settings["corpus"]["name"] == "docs"
    assert stored(memory) == whole
    [left] = (cache / "objects/encodings").iterdir()
    assert names(left) == []


def test_the_command_names_urls(memory, docs, whole, capsys):
    memory.put(str(docs), "/bucket/docs.jsonl")
    words = ("--corpus", "memory://bucket/docs.jsonl", "--encoder", "bm25", "--output", URL)
    code, out, err = command(capsys, "encode", *words, "--shard-size", "20")
    assert code == 0, err
    assert f"into {URL}\n" in out
    assert f"{sum(map(len, whole.values())):,} bytes" in out
    code, out, err = command(capsys, "encode", *words, "--shard-size", "20", "--resume")
    assert (code, out.partition(", ")[0]) == (0, f"{URL} holds all 80 documents")
    code, out, err = command(capsys, "encode", *words, "--shard-size", "20")
    assert code == 1
    assert f"error: {URL}: is not empty. It was left as it is. Give --overwrite" in err


def test_a_bad_document_is_named_by_its_url(memory):
    memory.pipe("/bucket/docs.jsonl", b'{"id": "a", "text": ""}\n{"id": "a b", "text": ""}\n')
    with pytest.raises(CorpusError, match="^memory://bucket/docs.jsonl:2 docid 'a b': has white"):
        encode("memory://bucket/docs.jsonl", URL)
    memory.pipe("/bucket/docs.xml", b"")
    with pytest.raises(CorpusError, match=r"^memory://bucket/docs.xml: unknown corpus format"):
        encode("memory://bucket/docs.xml", URL)
    with pytest.raises(CorpusError, match=r"^memory://bucket/no.jsonl: no such object or folder"):
        encode("memory://bucket/no.jsonl", URL)


def test_folders_of_corpora(memory, docs, tmp_path):
    lines = docs.read_bytes().splitlines(keepends=True)
    for number in range(2):
        memory.pipe(f"/bucket/docs/{number}.jsonl", b"".join(lines[number::2]))
    memory.pipe("/bucket/beir/corpus.jsonl", docs.read_bytes())
    memory.pipe("/bucket/beir/queries.jsonl", b"")
    assert encode("memory://bucket/docs", tmp_path / "docs").documents == 80
    assert encode("memory://bucket/beir", tmp_path / "beir").settings["corpus"]["name"] == "beir"


def test_overwrite_removes_what_is_ours_alone(memory, docs, whole):
    encode(docs, URL, shard_size=10)
    memory.pipe("/bucket/docs.encoded/worker-1-docs-00000.jsonl.part", b"")
    encode(docs, URL, overwrite=True)
    assert stored(memory) == whole
    memory.pipe("/bucket/docs.encoded/thesis.tex", b"dear")
    with pytest.raises(OutputExistsError, match=f"^{URL}: holds 'thesis.tex', which no encode"):
        encode(docs, URL, overwrite=True)
    memory.mv("/bucket/docs.encoded/thesis.tex", "/bucket/docs.encoded/deep/thesis.tex")
    with pytest.raises(OutputExistsError, match=f"^{URL}: holds 'deep', which no encode wrote"):
        encode(docs, URL, overwrite=True)
    with pytest.raises(OutputExistsError, match=r"deep/thesis.tex: is a file. Choose another"):
        encode(docs, f"{URL}/deep/thesis.tex", overwrite=True)


def test_another_process_on_this_machine(docs):
    output = output_of(URL, Part(), on_ray=False)
    output.make_room()
    with (
        hold(output.work, name="encoding-0-of-1.lock"),
        pytest.raises(OutputBusyError, match=f"^{URL}: process .* writes it right now"),
    ):
        encode(docs, URL)


def test_what_an_output_in_a_store_cannot_be(docs):
    with pytest.raises(UsageError, match="--shard-num 2 with --output in an object store"):
        encode(docs, URL, part=Part(0, 2))
    with pytest.raises(UsageError, match=f"^{URL}: is followed by a question mark"):
        encode(docs, f"{URL}?sig=secret")


def test_an_index_of_a_stored_collection(memory, docs, tmp_path, capsys):
    encode(docs, URL)
    facts, _ = build_index(URL, tmp_path / "index")
    assert facts["documents"] == 80
    assert f"index {URL} (80 documents" in capsys.readouterr().err
    assert verify.main([str(tmp_path / "index"), "--input", URL]) == 0
    assert f"and as in {URL}" in capsys.readouterr().out
    memory.pipe("/bucket/docs.encoded/docs-00000.jsonl", b"{}\n")
    with pytest.raises(CollectionError, match=f"^{URL}/docs-00000.jsonl: was changed since it"):
        build_index(URL, tmp_path / "other")
    memory.rm("/bucket/docs.encoded/manifest.json")
    memory.pipe(f"/bucket/docs.encoded/{JOURNAL}", b"{}")
    with pytest.raises(CollectionError, match=f"^{URL}/manifest.json: missing. .*--resume"):
        build_index(URL, tmp_path / "other")
    with pytest.raises(CollectionError, match="^memory://bucket/no: no such object or folder"):
        build_index("memory://bucket/no", tmp_path / "other")


@pytest.mark.usefixtures("s3")
def test_a_bucket_that_is_not_there(docs):
    with pytest.raises(StoreError, match="^s3://no-bucket/e/.*journal: there is no such bucket"):
        encode(docs, "s3://no-bucket/e")
