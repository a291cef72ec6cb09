"""Several processes that encode into one folder, each its own documents."""

import gzip
import json
import os
import subprocess
import sys

import pytest

from l0pyserini import encode_corpus
from l0pyserini.base.locks import hold
from l0pyserini.encode.journal import Part
from l0pyserini.encode.output import work_folder
from l0pyserini.errors import (
    CollectionError,
    CorpusError,
    OutputBusyError,
    OutputExistsError,
    UsageError,
)
from tests.encode.helpers import contents, encode
from tests.helpers import command, write


def test_parts_write_what_one_process_writes(corpus, small, tmp_path):
    """Three parts, one after the other and not in their order; then the same at once."""
    folder = tmp_path / "e"
    for number in (2, 0):
        assert encode(corpus, folder, part=Part(number, 3)) is None
    with pytest.raises(OutputExistsError, match="continue it with --resume"):
        encode(corpus, folder, part=Part(2, 3))
    assert encode(corpus, folder, part=Part(1, 3)).documents == 151
    assert contents(folder) == contents(small / "encoded")

    together = tmp_path / "t"
    arguments = ["--corpus", corpus, "--encoder", "splade-tiny", "--output", together]
    program = [sys.executable, "-m", "l0pyserini.encode", *map(str, arguments)]
    parts = [
        subprocess.Popen(
            [*program, "--shard-size", "60"],
            env=os.environ | {"RANK": str(number), "WORLD_SIZE": "2"},
            stdout=subprocess.DEVNULL,
        )
        for number in range(2)
    ]
    assert [part.wait() for part in parts] == [0, 0]
    assert contents(together) == contents(small / "encoded")


def test_parts_that_do_not_fit_together(corpus, tmp_path):
    folder = tmp_path / "e"
    encode(corpus, folder, part=Part(0, 2))
    with pytest.raises(UsageError, match="--overwrite would remove what other parts wrote"):
        encode(corpus, folder, part=Part(1, 2), overwrite=True)
    with pytest.raises(OutputExistsError, match="another number of parts than 3"):
        encode(corpus, folder, part=Part(1, 3))
    with (
        hold(work_folder(folder), name="encoding-0-of-2.lock"),
        pytest.raises(OutputBusyError, match="writes it right now"),
    ):
        encode(corpus, folder, overwrite=True)
    with pytest.raises(CollectionError, match="was encoded with other settings than part 1"):
        encode(corpus, folder, part=Part(1, 2), scale=50.0)
    with pytest.raises(UsageError, match="--shard-id 2 of --shard-num 2: expected an id from 0"):
        Part(2, 2)


@pytest.mark.parametrize("name", ["RANK", "WORLD_SIZE", "LOCAL_RANK"])
def test_an_environment_that_is_no_torchrun_s(corpus, tmp_path, monkeypatch, capsys, name):
    monkeypatch.setenv(name, "x")
    words = ("--corpus", corpus, "--encoder", "splade-tiny", "--output", tmp_path / "e")
    code, _, err = command(capsys, "encode", *words, "--device", "cuda")
    assert code == 2
    assert f"{name}: the environment says 'x', expected a whole number" in err
    assert command(capsys, "encode", "--help")[0] == 0


def test_a_docid_that_comes_twice_in_different_parts(tmp_path):
    lines = [json.dumps({"id": docid, "text": "x"}) for docid in ("a", "b", "a")]
    corpus = write(tmp_path / "d.jsonl", "\n".join(lines))
    for number in range(3):
        options = {"shard_size": 1, "part": Part(number, 3)}
        if number < 2:
            encode_corpus(str(corpus), "splade-tiny", tmp_path / "e", **options)
    with pytest.raises(CorpusError, match="docid 'a': comes twice, .* of docs-00002.jsonl"):
        encode_corpus(str(corpus), "splade-tiny", tmp_path / "e", **options)
    assert not (tmp_path / "e/manifest.json").exists()


@pytest.mark.parametrize("packed", [False, True])
def test_a_part_parses_no_line_of_the_others(small, tmp_path, packed):
    """The second file of 60 documents, out of a corpus whose other lines are not even JSON."""
    lines = (small / "docs.jsonl").read_bytes().splitlines(keepends=True)
    broken = b"".join([b"?\n" * 60, b"\n", *lines[60:120], b"?\n" * 31])
    name = "docs.jsonl.gz" if packed else "docs.jsonl"
    corpus = write(tmp_path / name, gzip.compress(broken) if packed else broken)
    assert encode(corpus, tmp_path / "e", part=Part(1, 3)) is None
    expected = (small / "encoded/docs-00001.jsonl").read_bytes()
    assert (work_folder(tmp_path / "e") / "docs-00001.jsonl").read_bytes() == expected
