"""Growing: the same as an index built anew, whatever is refused, and whenever it is killed."""

import importlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time

import pytest

from l0pyserini import ImpactSearcher, build_index
from l0pyserini.base.locks import hold
from l0pyserini.encode import Manifest, read_shard, shard_paths
from l0pyserini.errors import (
    ImpactIndexError,
    OutputBusyError,
    QueryMismatchError,
    UsageError,
)
from l0pyserini.index import read_facts
from l0pyserini.index.facts import read_index_vocabulary
from l0pyserini.index.grow import append_to_index, delete_documents, merge_indexes
from l0pyserini.index.verify import check_index, index_totals, verify_index
from l0pyserini.lucene import java_class
from tests.helpers import fresh_process, write

QUERY = "a programming language for time sharing systems"


def command(capsys, name, *argv):
    """Run a module of l0pyserini.index; return exit code, stdout and stderr."""
    code = importlib.import_module(f"l0pyserini.{name}").main([str(word) for word in argv])
    printed = capsys.readouterr()
    return code, printed.out, printed.err


def part(small, folder, numbers):
    """Write some of the small collection's shards as a collection of its own."""
    from l0pyserini.base.files import sha256
    from l0pyserini.encode.collection import CollectionStatistics, write_shard

    folder.mkdir()
    statistics, shards = CollectionStatistics(), []
    for number in numbers:
        documents = list(read_shard(shard_paths(small / "encoded")[number]))
        for document in documents:
            statistics.add(document.docid, document.vector)
        shards.append(write_shard(folder / f"docs-{number:05d}.jsonl", iter(documents)))
    statistics.vocabulary.save(folder)
    corpus = {"name": folder.name, "sha256": "0"}
    shutil.copyfile(small / "encoded/query_encoder.json", folder / "query_encoder.json")
    Manifest(
        settings={**Manifest.load(small / "encoded").settings, "corpus": corpus},
        **statistics.totals(),
        nnz=statistics.nnz(),
        mass_kept=1.0,
        shards=shards,
        vocabulary_sha256=sha256(folder / "vocabulary.json"),
        postings_digest=str(statistics.digest),
    ).save(folder)
    return folder


@pytest.fixture(scope="module")
def parts(small, tmp_path_factory):
    """first.encoded, rest.encoded, first, rest: the small collection in two."""
    folder = tmp_path_factory.mktemp("parts")
    for name, numbers in (("first", [0]), ("rest", [1, 2])):
        part(small, folder / f"{name}.encoded", numbers)
        build_index(folder / f"{name}.encoded", folder / name, store_text=True)
    return folder


@pytest.fixture
def first(parts, tmp_path):
    return shutil.copytree(parts / "first", tmp_path / "first")


def hits(index):
    with ImpactSearcher(index) as searcher:
        return searcher.search(QUERY, 1000)


def assert_true(index):
    """The files beside the segments say what the segments hold, and nothing is left over."""
    facts = read_facts(index)
    verify_index(index, facts["indexed_documents"], read_index_vocabulary(index))
    check_index(index)
    return facts


def test_an_appended_index_equals_one_built_at_once(small, parts, first):
    facts = append_to_index(parts / "rest.encoded", first)
    whole = read_facts(small / "index")
    for name in ("documents", "empty_documents", "indexed_documents", "terms", "postings"):
        assert facts[name] == whole[name], name
    assert facts["further_corpora"] == [{"name": "rest.encoded", "sha256": "0"}]
    assert index_totals(first) == index_totals(small / "index")
    assert hits(first) == hits(small / "index")
    assert assert_true(first) == facts
    assert not list(first.glob("*.segments_*"))
    assert append_segments(first) > 1


def append_segments(index):
    return len(list(index.glob("*.si")))


def test_appending_in_one_segment(parts, first, capsys):
    arguments = ("index.append", "--input", parts / "rest.encoded", "--index", first, "--optimize")
    code, out, _ = command(capsys, *arguments)
    assert code == 0
    assert "holds 150 documents" in out
    assert append_segments(first) == 1


def test_several_indexes_are_searched_as_one(small, parts):
    assert hits([parts / "first", parts / "rest"]) == hits(small / "index")
    with ImpactSearcher([parts / "first", parts / "rest"]) as searcher:
        assert searcher.num_docs == 150


def test_deleted_documents_leave_nothing(first, capsys):
    gone = [hit.docid for hit in hits(first)[:3]]
    left = [hit for hit in hits(first) if hit.docid not in gone]
    arguments = ("index.delete", "--index", first, "--docids", *gone, "nobody")
    code, out, err = command(capsys, *arguments)
    assert code == 0
    assert "deleted 3 documents; holds 57 documents" in out
    assert "held no 'nobody'" in err
    assert hits(first) == left
    assert assert_true(first)["documents"] == 57
    before = read_facts(first)
    assert delete_documents(first, ["nobody"]) == (before, ["nobody"])
    listed = write(first.parent / "gone.txt", "\n".join(hit.docid for hit in left) + "\n\n")
    assert command(capsys, "index.delete", "--index", first, "--docids-file", listed)[0] == 0
    assert hits(first) == []


def test_deleted_documents_can_come_back(parts, first):
    was = hits(first)
    ids = [d.docid for path in shard_paths(parts / "first.encoded") for d in read_shard(path)]
    delete_documents(first, ids)
    assert read_facts(first)["documents"] == 0
    append_to_index(parts / "first.encoded", first)
    assert hits(first) == was
    assert_true(first)


def test_merged_indexes_equal_one_built_at_once(small, parts, tmp_path, capsys):
    arguments = ("index.merge", "--input", parts / "first", parts / "rest", "--index")
    code, out, _ = command(capsys, *arguments, tmp_path / "both")
    assert code == 0
    assert "holds 150 documents of 2 indexes" in out
    assert index_totals(tmp_path / "both") == index_totals(small / "index")
    assert hits(tmp_path / "both") == hits(small / "index")
    assert_true(tmp_path / "both")
    code, _, err = command(capsys, *arguments, tmp_path / "both")
    assert code == 1
    assert "exists already" in err


def test_what_cannot_grow_stays_as_it_is(small, parts, first, tmp_path):
    before = read_facts(first)
    with pytest.raises(ImpactIndexError, match="left as it is: docid 'CACM-.*is in the index alre"):
        append_to_index(small / "encoded", first)
    with pytest.raises(ImpactIndexError, match="docid 'CACM-.* is in .*first and in .*index"):
        merge_indexes([first, small_with_text(small, tmp_path)], tmp_path / "both")
    assert not (tmp_path / "both").exists()
    with pytest.raises(UsageError, match="names 1 index; expected two"):
        merge_indexes([first], tmp_path / "both")
    with pytest.raises(QueryMismatchError, match="its stores_text is False, and that of"):
        merge_indexes([first, small / "index"], tmp_path / "both")
    facts = json.loads((first / "l0pyserini.json").read_text())
    write(first / "l0pyserini.json", json.dumps({**facts, "document_scale": 3.0}))
    with pytest.raises(QueryMismatchError, match="document_scale is 100.0, and that of .* is 3.0"):
        append_to_index(parts / "rest.encoded", first)
    write(first / "l0pyserini.json", json.dumps(facts))
    assert assert_true(first) == before


def small_with_text(small, tmp_path):
    build_index(small / "encoded", tmp_path / "index", store_text=True)
    return tmp_path / "index"


def test_totals_other_than_promised_are_not_committed(parts, first):
    record = json.loads((first / "vocabulary.json").read_text())
    record["terms"]["language"][0] += 1
    write(first / "vocabulary.json", json.dumps(record))
    with pytest.raises(ImpactIndexError, match="with other totals or impacts are promised"):
        append_to_index(parts / "rest.encoded", first)
    shutil.copyfile(parts / "first/vocabulary.json", first / "vocabulary.json")
    facts = json.loads((first / "l0pyserini.json").read_text())
    write(first / "l0pyserini.json", json.dumps({**facts, "postings_digest": "0" * 16}))
    with pytest.raises(ImpactIndexError, match="with other totals or impacts are promised"):
        append_to_index(parts / "rest.encoded", first)
    assert index_totals(first)[0] == index_totals(parts / "first")[0]


def test_a_locked_index(parts, first):
    grower = java_class("io.l0pyserini.ImpactGrower")(str(first))
    try:
        with pytest.raises(ImpactIndexError, match="another process is writing it"):
            append_to_index(parts / "rest.encoded", first)
        with pytest.raises(
            ImpactIndexError, match="another process is writing it, so it was not read"
        ):
            check_index(first)
        assert hits(first)
    finally:
        grower.close()


def test_a_second_writer_is_told_who_the_first_is(parts, first):
    with hold(first):
        told = rf"first: process {os.getpid()} on .* writes it right now"
        for action in (
            lambda: append_to_index(parts / "rest.encoded", first),
            lambda: delete_documents(first, ["CACM-0001"]),
            lambda: build_index(parts / "rest.encoded", first, overwrite=True),
            lambda: merge_indexes([parts / "first", parts / "rest"], first, overwrite=True),
        ):
            with pytest.raises(OutputBusyError, match=told):
                action()
    assert assert_true(first)["documents"] == 60


def test_an_index_that_was_being_replaced_is_mended_before_it_changes(parts, first, tmp_path):
    """Killed between two renames, where names cannot be exchanged."""
    first.rename(tmp_path / ".first.01234567.part")
    shutil.copytree(parts / "first", tmp_path / ".first.new")
    append_to_index(parts / "rest.encoded", first)
    assert assert_true(first)["indexed_documents"] == 150
    assert [path.name for path in tmp_path.iterdir()] == ["first"]


def test_what_a_killed_commit_was_writing_is_removed(first):
    for name in (".vocabulary.json.segments_9.01234567.part", "l0pyserini.json.segments_9"):
        write(first / name, "half")
    delete_documents(first, ["CACM-0001"])
    assert assert_true(first)["indexed_documents"] == 59
    assert not list(first.glob("*segments_9*"))
    assert not list(first.glob(".*"))


def test_appending_to_nothing_makes_no_folder(parts, tmp_path):
    with pytest.raises(ImpactIndexError, match="no such index"):
        append_to_index(parts / "rest.encoded", tmp_path / "mistyped/index")
    assert list(tmp_path.iterdir()) == []


def test_appending_prints_nothing(first, tmp_path, capfd):
    """Neither does Java, however long it takes: the shard comes through a pipe, with a pause."""
    line = json.dumps({"id": "long", "contents": "word " * 200_000, "vector": {"a": 1}})
    os.mkfifo(tmp_path / "shard.jsonl")
    grower = java_class("io.l0pyserini.ImpactGrower")(str(first))
    write(tmp_path / "line", f"{line}\n")
    feed = 'cd "$0"; exec > shard.jsonl; cat line line; sleep 1.2; cat line'
    with subprocess.Popen(["sh", "-c", feed, tmp_path]):
        grower.append(str(tmp_path / "shard.jsonl"), 1, False)
    reader = grower.reader()
    grower.close()
    assert reader.numDocs() == 60 + 3
    reader.close()
    assert capfd.readouterr().out == ""


def test_an_index_in_a_folder_that_is_not_ours(first, capsys):
    """What stands for a read-only folder, which root would write in all the same."""
    (first / "write.lock").unlink(missing_ok=True)
    (first / "write.lock").mkdir()
    code, out, _ = command(capsys, "index.verify", first)
    assert code == 0
    assert f"{first}: sound" in out


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write in any folder")
def test_an_index_in_a_read_only_folder(first, capsys):
    first.chmod(0o555)
    try:
        for _ in range(2):
            assert command(capsys, "index.verify", first)[0] == 0
    finally:
        first.chmod(0o755)


def test_verify(first, capsys):
    code, out, _ = command(capsys, "index.verify", first)
    assert code == 0
    assert f"{first}: sound. 60 documents" in out
    postings = next(first.glob("*.doc"))
    content = bytearray(postings.read_bytes())
    content[len(content) // 2] ^= 0xFF
    postings.write_bytes(content)
    code, _, err = command(capsys, "index.verify", first)
    assert code == 1
    assert "CheckIndex found damage" in err
    next(first.glob("segments_*")).write_bytes(b"nothing")
    assert "could not read latest commit point" in command(capsys, "index.verify", first)[2]


def test_facts_of_another_index(parts, first, capsys):
    shutil.copyfile(parts / "rest/l0pyserini.json", first / "l0pyserini.json")
    code, _, err = command(capsys, "index.verify", first)
    assert code == 1
    assert "holds 60 documents, and the collection promises 90" in err
    with pytest.raises(ImpactIndexError, match=r"l0pyserini.json promises 90 documents.* holds 60"):
        ImpactSearcher(first)


POINTS = {
    "while adding": "grow.reader_held = kill",
    "after preparing": "grow.changed_facts = kill",
    "with one file written": "grow.write_json = kill",
    "before the commit": "write = grow.write_json; "
    "grow.write_json = lambda *given: (write(*given), kill())",
    "after the commit": "settle, done = grow.settle, []; "
    "grow.settle = lambda folder: kill() if done else done.append(settle(folder))",
    "between the names": "from l0pyserini.index import settle; replace = os.replace; "
    "settle.os.replace = lambda *given: (replace(*given), 'segments' in str(given[0]) "
    "and 'part' not in str(given[0]) and kill())",
}

DIE = """
import os, signal, sys
from l0pyserini.index import grow
def kill(*_, **__): os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.parametrize("point", POINTS)
def test_a_kill_leaves_the_index_before_or_after(small, parts, first, point):
    program = f"{DIE}{POINTS[point]}\ngrow.append_to_index(sys.argv[1], sys.argv[2])"
    done = fresh_process("-c", program, parts / "rest.encoded", first)
    assert done.returncode == -signal.SIGKILL, done.stderr
    committed = point in ("after the commit", "between the names")
    assert assert_true(first)["indexed_documents"] == (150 if committed else 60)
    assert hits(first) == hits(small / "index" if committed else parts / "first")
    if not committed:
        append_to_index(parts / "rest.encoded", first)
    delete_documents(first, ["CACM-0001"])
    assert assert_true(first)["indexed_documents"] == 149
    assert not list(first.glob("*.segments_*"))


def test_kills_at_any_moment(parts, first):
    started = time.perf_counter()
    append = [sys.executable, "-m", "l0pyserini.index.append", "--input", parts / "rest.encoded"]
    copy = shutil.copytree(first, first.parent / "timed")
    subprocess.run([*append, "--index", copy], check=True, capture_output=True)
    whole = time.perf_counter() - started
    moments = random.Random(5)
    for number in range(4):
        copy = shutil.copytree(first, first.parent / f"i{number}")
        child = subprocess.Popen([*append, "--index", copy], stderr=subprocess.DEVNULL)
        time.sleep(whole * moments.uniform(0.3, 1))
        child.kill()
        child.wait()
        assert assert_true(copy)["indexed_documents"] in (60, 150)
