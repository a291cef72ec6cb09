"""Encoding: what lands in the folder, resuming to the same bytes, and refusing to lose anything."""

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time

import pytest

from l0pyserini import build_index, encode_corpus
from l0pyserini.encode import Manifest, api, read_shard, read_vocabulary, shard, shard_paths
from l0pyserini.encode.journal import Part
from l0pyserini.encode.output import recorded_settings, work_folder
from l0pyserini.encode.prune import Pruning
from l0pyserini.encode.rounding import quantize
from l0pyserini.errors import CollectionError, OutputExistsError, UsageError
from tests.conftest import write_small_corpus
from tests.encode.helpers import contents, encode, unfinished
from tests.helpers import command, skip_if_wrong_here, write


def test_the_folder_holds_what_the_manifest_promises(small):
    folder = small / "encoded"
    manifest = Manifest.load(folder)
    documents = [document for path in shard_paths(folder) for document in read_shard(path)]
    assert manifest.documents == len(documents) == 151
    assert manifest.empty_documents == 1
    assert [shard.documents for shard in manifest.shards] == [60, 60, 31]
    assert documents[-1].docid == "EMPTY-1"
    assert documents[-1].vector == {}
    assert manifest.postings == sum(len(document.vector) for document in documents)
    assert manifest.impacts == sum(sum(document.vector.values()) for document in documents)
    terms = read_vocabulary(folder)
    assert manifest.terms == len(terms)
    token = max(terms, key=lambda name: terms[name].df)
    assert terms[token].df == sum(token in document.vector for document in documents)
    assert manifest.agreement["kendall_tau"] > 0.98
    assert sorted(path.name for path in folder.iterdir()) == [
        "docs-00000.jsonl",
        "docs-00001.jsonl",
        "docs-00002.jsonl",
        "manifest.json",
        "query_encoder.json",
        "vocabulary.json",
    ]


def test_impacts_are_the_rounded_weights(small):
    from l0pyserini import DocumentEncoder, open_checkpoint

    encoder = DocumentEncoder.from_checkpoint(open_checkpoint("splade-tiny"))
    documents = list(read_shard(shard_paths(small / "encoded")[0]))[:20]
    vectors = encoder.encode([document.contents for document in documents], batch_size=1)
    for document, weights in zip(documents, vectors, strict=True):
        for token, impact in document.vector.items():
            assert abs(weights[token] * 100 - impact) <= 0.5 + 1e-3
        assert all(w * 100 <= 0.5 + 1e-3 for t, w in weights.items() if t not in document.vector)


def test_impacts_equal_those_of_the_plain_head_exactly(small, monkeypatch):
    """The tiled head and B x L x V at once: every whole number the same on real texts."""
    from l0pyserini import DocumentEncoder, open_checkpoint
    from l0pyserini.model import head
    from l0pyserini.model.loading import load_masked_lm

    texts = [d.contents for d in read_shard(shard_paths(small / "encoded")[0])]
    encoder = DocumentEncoder.from_checkpoint(open_checkpoint("splade-tiny"))
    tiled = [quantize(w, 100).tolist() for _, w in encoder.encode_arrays(texts)]
    plain = load_masked_lm(open_checkpoint("splade-tiny")).get_output_embeddings().weight.detach()
    monkeypatch.setattr(
        head.TiledHead,
        "max_logits",
        lambda self, hidden, mask: head.max_logits_reference(hidden, mask, plain, self._bias),
    )
    assert [quantize(w, 100).tolist() for _, w in encoder.encode_arrays(texts)] == tiled


def test_the_summary_tells_counts_and_agreement(corpus, tmp_path, capsys):
    arguments = ("--corpus", corpus, "--encoder", "splade-tiny", "--output", tmp_path / "e")
    code, out, _ = command(capsys, "encode", *arguments)
    assert code == 0
    assert "encoded 151 documents" in out
    assert "documents without any token: 1 (kept here; Lucene holds no entry for them)" in out
    assert "Kendall tau 0.99" in out


def test_an_output_that_exists_is_kept(corpus, small, tmp_path):
    shutil.copytree(small / "encoded", tmp_path / "e")
    before = contents(tmp_path / "e")
    with pytest.raises(OutputExistsError, match="is not empty. It was left as it is. Give --over"):
        encode(corpus, tmp_path / "e")
    assert contents(tmp_path / "e") == before
    encode(corpus, tmp_path / "e", overwrite=True)
    assert contents(tmp_path / "e") == before


def test_overwrite_never_clears_a_foreign_folder(corpus, tmp_path):
    write(tmp_path / "thesis.tex", "years of work")
    with pytest.raises(OutputExistsError, match="holds 'thesis.tex', which no encode wrote"):
        encode(corpus, tmp_path, overwrite=True)
    assert (tmp_path / "thesis.tex").read_text() == "years of work"


@pytest.mark.parametrize("shards", [0, 1, 3])
def test_resuming_ends_with_the_same_bytes(corpus, small, tmp_path, shards):
    unfinished(small, tmp_path / "e", shards)
    encode(corpus, tmp_path / "e", resume=True)
    assert contents(tmp_path / "e") == contents(small / "encoded")
    assert [path.name for path in tmp_path.iterdir()] == ["e"]


def test_resuming_what_is_finished_does_nothing(corpus, small, tmp_path):
    shutil.copytree(small / "encoded", tmp_path / "e")
    assert encode(corpus, tmp_path / "e", resume=True) == Manifest.load(small / "encoded")
    with pytest.raises(OutputExistsError, match="is not empty. It was left as it is"):
        encode(corpus, tmp_path / "e", resume=True, scale=50.0)


@pytest.mark.parametrize("shards", [0, 2])
def test_an_old_collection_stays_until_the_new_one_is_whole(corpus, small, tmp_path, shards):
    """An --overwrite that was killed: what was there is there, and --resume goes on."""
    encode(corpus, tmp_path / "e", scale=50.0)
    before = contents(tmp_path / "e")
    unfinished(small, tmp_path / "e", shards)
    with pytest.raises(OutputExistsError, match="is not empty"):
        encode(corpus, tmp_path / "e")
    assert contents(tmp_path / "e") == before
    encode(corpus, tmp_path / "e", resume=True)
    assert contents(tmp_path / "e") == contents(small / "encoded")
    assert [path.name for path in tmp_path.iterdir()] == ["e"]


def test_a_failing_overwrite_keeps_the_old_collection(corpus, small, tmp_path, monkeypatch):
    shutil.copytree(small / "encoded", tmp_path / "e")

    def fail(*_):
        raise ValueError("broken")

    monkeypatch.setattr(shard, "write_shard", fail)
    with pytest.raises(ValueError, match="broken"):
        encode(corpus, tmp_path / "e", overwrite=True)
    assert contents(tmp_path / "e") == contents(small / "encoded")


def test_killed_right_after_it_was_put_in_place_it_only_cleans_up(corpus, small, tmp_path):
    """The journal is still there, and the older collection has the work folder's name."""
    folder = tmp_path / "e"
    shutil.copytree(small / "encoded", folder)
    other = unfinished(small, tmp_path / "other", 3)
    shutil.copy(other / "encoding-0-of-1.journal", folder)
    shutil.rmtree(other)
    shutil.copytree(small / "encoded", work_folder(folder))
    (work_folder(folder) / "docs-00001.jsonl").unlink()
    encode(corpus, folder, resume=True)
    assert contents(folder) == contents(small / "encoded")
    assert [path.name for path in tmp_path.iterdir()] == ["e"]


def test_what_cannot_be_resumed_is_refused(corpus, small, tmp_path):
    work, folder = unfinished(small, tmp_path / "e", 1), tmp_path / "e"
    with pytest.raises(OutputExistsError, match="continue it with --resume"):
        encode(corpus, folder)
    with pytest.raises(CollectionError, match="its document_scale was 100.0 and is now 50.0"):
        encode(corpus, folder, resume=True, scale=50.0)
    write(tmp_path / "other.jsonl", '{"id": "x", "text": "y"}\n')
    with pytest.raises(CollectionError, match="cannot be resumed: its corpus was"):
        encode(tmp_path / "other.jsonl", folder, resume=True)
    path = work / "encoding-0-of-1.journal"
    journal = path.read_text()
    shards = {"settings": json.loads(journal)["settings"], "done": False}
    for broken, message in (
        ("{", "encoding-0-of-1.journal: not valid JSON"),
        ("[]", "is not the journal of an encoding"),
        (json.dumps({**shards, "shards": [{"file": "docs-1.jsonl"}]}), "lacks 'documents'"),
        (json.dumps({**shards, "shards": 5}), "'shards' is 5, expected a list"),
        (json.dumps({**shards, "shards": [], "settings": 5}), "'settings' is 5, expected an obj"),
        (journal.replace("1.0,", ""), r"'mass' of a shard is \[1.0\], expected two numbers"),
        ("[" * 100_000, "encoding-0-of-1.journal: not valid JSON"),
        (journal.replace("docs-00000", "../docs-00000"), "names a file '../docs-00000.jsonl'"),
    ):
        write(path, broken)
        with pytest.raises(CollectionError, match=message):
            encode(corpus, folder, resume=True)
    write(path, journal)
    (work / "docs-00000.jsonl").write_text("changed")
    with pytest.raises(CollectionError, match="is not what the unfinished run wrote"):
        encode(corpus, folder, resume=True)


def test_killed_at_random_moments_it_resumes(tmp_path):
    """Real kills: the process is stopped at random until it gets through."""
    corpus = tmp_path / "docs.jsonl"
    write_small_corpus(corpus, 240)
    encode_corpus(str(corpus), "splade-tiny", tmp_path / "whole", shard_size=30, batch_size=8)
    arguments = ["--corpus", corpus, "--encoder", "splade-tiny", "--output", tmp_path / "e"]
    arguments += ["--shard-size", 30, "--batch-size", 8, "--resume"]
    chance = random.Random(7)
    for attempt in range(12):
        process = subprocess.Popen(
            [sys.executable, "-m", "l0pyserini.encode", *map(str, arguments)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        work = work_folder(tmp_path / "e")
        while not (work / "encoding-0-of-1.journal").exists() and process.poll() is None:
            time.sleep(0.05)
        try:
            process.wait(timeout=chance.uniform(0.2, 1.2) if attempt < 3 else None)
            break
        except subprocess.TimeoutExpired:
            os.kill(process.pid, signal.SIGKILL)
            process.wait()
    assert process.returncode == 0
    assert contents(tmp_path / "e") == contents(tmp_path / "whole")


def test_compressed_files_are_indexed_alike(corpus, small, tmp_path):
    made = encode(corpus, tmp_path / "e", compress=True)
    assert made.shards[0].file == "docs-00000.jsonl.gz"
    plain = [d for path in shard_paths(small / "encoded") for d in read_shard(path)]
    assert [d for path in shard_paths(tmp_path / "e") for d in read_shard(path)] == plain
    facts, _ = build_index(tmp_path / "e", tmp_path / "i")
    assert facts["indexed_documents"] == 150
    encode(corpus, tmp_path / "again", compress=True)
    assert contents(tmp_path / "again") == contents(tmp_path / "e")


def test_pruned_vectors_and_the_mass_they_keep(corpus, small, tmp_path):
    made = encode(corpus, tmp_path / "e", pruning=Pruning(max_nnz=40, ratio=0.1))
    assert made.nnz["max"] == 40
    assert 0.3 < made.mass_kept < 1
    whole = {d.docid: d.vector for p in shard_paths(small / "encoded") for d in read_shard(p)}
    for document in read_shard(shard_paths(tmp_path / "e")[0]):
        vector = whole[document.docid]
        assert document.vector.items() <= vector.items()
        assert min(document.vector.values()) >= sorted(vector.values())[-40:][0]


@pytest.mark.parametrize("backend", ["bfloat16", "int8", "int8/float32", "fbgemm"])
def test_fast_backends_are_near_the_exact_one(tmp_path, backend):
    skip_if_wrong_here(backend)
    write_small_corpus(tmp_path / "few.jsonl", 12)
    made = encode(tmp_path / "few.jsonl", tmp_path / "e", backend=backend, max_length=64)
    exact = encode(tmp_path / "few.jsonl", tmp_path / "exact", max_length=64)
    assert made.settings["encoder"]["backend"] == backend
    assert made.impacts == pytest.approx(exact.impacts, rel=0.01)
    assert made.postings == pytest.approx(exact.postings, rel=0.02)
    assert {"float32", backend.split("/")[0]} == made.measured["head"].keys()
    assert exact.measured == {}


def test_auto_writes_what_it_took_and_resumes_with_it(monkeypatch, tmp_path):
    from l0pyserini.model import backend as module

    head = {"float32": 2.0, "fbgemm": 9.0}
    monkeypatch.setattr(module, "head_speeds", lambda *_: head)
    monkeypatch.setattr(module, "layer_speeds", lambda _: {"float32": 2.0, "bfloat16": 1.0})
    write_small_corpus(tmp_path / "few.jsonl", 5)
    made = encode(tmp_path / "few.jsonl", tmp_path / "e", backend="auto", max_length=64)
    assert made.settings["encoder"]["backend"] == "fbgemm"
    assert made.measured["head"] == head
    work = work_folder(tmp_path / "e")
    (tmp_path / "e").rename(tmp_path / "gone")
    work.mkdir()
    settings = {"settings": made.settings, "shards": [], "done": False}
    write(work / "encoding-0-of-1.journal", json.dumps(settings))
    head["float32"] = 20.0
    (tmp_path / "links").mkdir()
    link = tmp_path / "links/e"
    link.symlink_to(tmp_path / "e")
    again = encode(tmp_path / "few.jsonl", link, backend="auto", max_length=64, resume=True)
    assert again.settings == made.settings
    assert again.shards == made.shards


def test_auto_chooses_where_nothing_is_recorded(tmp_path):
    settings = {"encoder": {"weights_sha256": "", "activation": ""}}
    settings |= {"corpus": {"name": "", "sha256": ""}, "document_scale": 1, "query_scale": 1}
    settings |= {"query_encoder": {"tokenizer_sha256": "", "idf_sha256": ""}}
    work = work_folder(tmp_path / "e")
    work.mkdir()
    record = {"settings": settings, "shards": [], "done": False}
    write(work / "encoding-0-of-1.journal", json.dumps(record))
    recorded = recorded_settings(tmp_path / "e", Part())
    assert recorded == settings
    assert api._settled("auto", Part(), recorded) == "auto"


def test_parts_do_not_choose_for_themselves(corpus, tmp_path):
    with pytest.raises(UsageError, match="--backend auto with --shard-num 2: each part would tak"):
        encode(corpus, tmp_path / "e", backend="auto", part=Part(0, 2))
