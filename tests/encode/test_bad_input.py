"""Corpora and folders that an encode must not trust."""

import gzip
import json
import os
import shutil
import signal
import subprocess
import sys
import time

import pytest

from l0pyserini.encode import read_shard
from l0pyserini.encode.output import work_folder
from l0pyserini.errors import CorpusError, DiskError, OutputBusyError
from tests.broken import BEARS, overflowing
from tests.encode.helpers import contents, encode, unfinished
from tests.helpers import command, file_size_limit, write


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("d.jsonl", b'{"id": "a", "text": "x"}\n{"id": "b", "text": "\xe9"}\n',
         "d.jsonl:2: byte 21 of the line, 0xe9, is not UTF-8. Convert the file"),
        ("d.jsonl.gz", gzip.compress(b'{"id": "a", "text": "x"}\n' * 99, mtime=0)[:-12],
         "the gzip stream is broken here"),
        ("d.jsonl", b'{"id": "a", "text": "x"}\n{"id": "a", "text": "y"}\n',
         "d.jsonl:2 docid 'a': this docid was seen before"),
        ("d.tsv", b"a\tx\nno tab\n", "d.tsv:2: 1 tab-separated columns, expected 2"),
    ],
)  # fmt: skip
def test_a_bad_corpus_costs_no_encoding(tmp_path, capsys, name, content, message):
    """It is found before the first document is encoded, and nothing is left behind."""
    corpus, output = write(tmp_path / name, content), tmp_path / "e"
    arguments = ("--corpus", corpus, "--encoder", "splade-tiny", "--output", output)
    code, _, err = command(capsys, "encode", *arguments)
    assert code == 1
    assert message in err
    assert "Traceback" not in err
    assert not output.exists()


def test_weights_that_are_not_finite_stop_with_the_docid(tmp_path, capsys):
    """They would be taken for a document without any token."""
    encoder = overflowing(tmp_path / "model")
    lines = [{"id": f"d{i}", "text": "word " * (BEARS - 4 if i != 5 else 40)} for i in range(8)]
    corpus = write(tmp_path / "d.jsonl", "".join(json.dumps(line) + "\n" for line in lines))
    words = ("--corpus", corpus, "--encoder", encoder, "--output", tmp_path / "e")
    code, _, err = command(capsys, "encode", *words)
    assert code == 1
    assert f"{corpus} docid 'd5': " in err
    assert "logits are NaN or infinite in float32" in err
    assert "Fetch the checkpoint again" in err
    assert "Traceback" not in err
    assert not (tmp_path / "e/manifest.json").exists()


@pytest.mark.parametrize("change", ["longer", "shorter"])
def test_a_corpus_that_changes_meanwhile(small, tmp_path, monkeypatch, change):
    """Somebody else writes the file after the first shard."""
    from l0pyserini.encode import shard as module

    corpus = shutil.copy(small / "docs.jsonl", tmp_path / "docs.jsonl")
    plain = module.write_shard

    def meanwhile(path, documents):
        shard = plain(path, documents)
        lines = corpus.read_text().splitlines(keepends=True)
        lines = lines[:61] if change == "shorter" else [*lines, '{"id": "new", "text": "x"}\n']
        write(corpus, "".join(lines))
        return shard

    monkeypatch.setattr(module, "write_shard", meanwhile)
    with pytest.raises(CorpusError, match="docs.jsonl: was changed while it was encoded"):
        encode(corpus, tmp_path / "e")
    assert not (tmp_path / "e/manifest.json").exists()


def test_a_line_of_a_hundred_megabytes(tmp_path):
    """Only the beginning goes through the tokenizer, and the result is that of the beginning."""
    words = "sparse retrieval with impacts "
    with open(tmp_path / "d.jsonl", "w") as handle:
        for docid, times in (("long", 100_000_000 // len(words)), ("short", 300)):
            handle.write(json.dumps({"id": docid, "text": words * times}) + "\n")
    encode(tmp_path / "d.jsonl", tmp_path / "e")
    long, short = read_shard(tmp_path / "e/docs-00000.jsonl")
    assert long.vector == short.vector


def test_two_runs_into_one_folder(corpus, small, tmp_path):
    """The second is refused while the first writes, which it does not disturb."""
    folder = tmp_path / "e"
    arguments = ["--corpus", corpus, "--encoder", "splade-tiny", "--output", folder]
    first = subprocess.Popen(
        [sys.executable, "-m", "l0pyserini.encode", *map(str, arguments), "--shard-size", "60"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    while not (work_folder(folder) / "encoding-0-of-1.journal").exists() and first.poll() is None:
        time.sleep(0.01)
    os.kill(first.pid, signal.SIGSTOP)
    for option in ({}, {"overwrite": True}, {"resume": True}):
        with pytest.raises(OutputBusyError, match=rf"process {first.pid} on .*encode.* writes it"):
            encode(corpus, folder, **option)
    os.kill(first.pid, signal.SIGCONT)
    assert first.wait() == 0
    assert contents(folder) == contents(small / "encoded")


def test_a_full_disk_leaves_no_half_file(corpus, small, tmp_path):
    work = unfinished(small, tmp_path / "e", 1)
    with file_size_limit(50_000), pytest.raises(DiskError, match=r"disk is full .*Free some space"):
        encode(corpus, tmp_path / "e", resume=True)
    assert sorted(contents(work)) == ["docs-00000.jsonl", "encoding-0-of-1.journal"]
    encode(corpus, tmp_path / "e", resume=True)
    assert contents(tmp_path / "e") == contents(small / "encoded")
