"""Encoding: what lands in the folder, resuming to the same bytes, and refusing to lose anything."""

import gzip
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time

import pytest
import torch

from l0pyserini import build_index, encode_corpus
from l0pyserini.encode import Manifest, read_shard, read_vocabulary, shard_paths
from l0pyserini.encode.journal import Part
from l0pyserini.encode.prune import Pruning
from l0pyserini.encode.quantize import quantize
from l0pyserini.errors import (
    CheckpointError,
    CollectionError,
    CorpusError,
    DiskError,
    OutputExistsError,
    UsageError,
)
from tests.conftest import write_small_corpus
from tests.helpers import command, write


def contents(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def encode(corpus, output, **options):
    return encode_corpus(str(corpus), "splade-tiny", output, shard_size=60, **options)[0]


@pytest.fixture
def corpus(small):
    return small / "docs.jsonl"


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
    from l0pyserini.model.encoder import load_masked_lm

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


def unfinished(small, folder, shards):
    """Make the folder that a run leaves which was killed after some shards."""
    whole = small / "encoded"
    manifest = Manifest.load(whole)
    folder.mkdir()
    done = manifest.shards[:shards]
    for shard in done:
        shutil.copy(whole / shard.file, folder)
    shards_record = [{**vars(shard), "mass": [1.0, 1.0]} for shard in done]
    record = {"settings": manifest.settings, "shards": shards_record, "done": False}
    write(folder / "encoding-0-of-1.journal", json.dumps(record))
    return folder


@pytest.mark.parametrize("shards", [0, 1, 3])
def test_resuming_ends_with_the_same_bytes(corpus, small, tmp_path, shards):
    folder = unfinished(small, tmp_path / "e", shards)
    encode(corpus, folder, resume=True)
    assert contents(folder) == contents(small / "encoded")


def test_killed_right_after_the_manifest_it_only_cleans_up(corpus, small, tmp_path):
    folder = tmp_path / "e"
    shutil.copytree(small / "encoded", folder)
    unfinished(small, tmp_path / "other", 3)
    shutil.copy(tmp_path / "other/encoding-0-of-1.journal", folder)
    encode(corpus, folder, resume=True)
    assert contents(folder) == contents(small / "encoded")


def test_what_cannot_be_resumed_is_refused(corpus, small, tmp_path):
    folder = unfinished(small, tmp_path / "e", 1)
    with pytest.raises(OutputExistsError, match="continue it with --resume"):
        encode(corpus, folder)
    with pytest.raises(CollectionError, match="its document_scale was 100.0 and is now 50.0"):
        encode(corpus, folder, resume=True, scale=50.0)
    write(tmp_path / "other.jsonl", '{"id": "x", "text": "y"}\n')
    with pytest.raises(CollectionError, match="cannot be resumed: its corpus was"):
        encode(tmp_path / "other.jsonl", folder, resume=True)
    journal = (folder / "encoding-0-of-1.journal").read_text()
    write(folder / "encoding-0-of-1.journal", "{")
    with pytest.raises(CollectionError, match="encoding-0-of-1.journal: not valid JSON"):
        encode(corpus, folder, resume=True)
    write(folder / "encoding-0-of-1.journal", journal)
    (folder / "docs-00000.jsonl").write_text("changed")
    with pytest.raises(CollectionError, match="is not what the unfinished run wrote"):
        encode(corpus, folder, resume=True)


def test_killed_at_random_moments_it_resumes(tmp_path):
    """Real kills: the process is stopped at random until it gets through."""
    corpus = tmp_path / "docs.jsonl"
    write_small_corpus(corpus, 400)
    encode_corpus(str(corpus), "splade-tiny", tmp_path / "whole", shard_size=50, batch_size=8)
    arguments = ["--corpus", corpus, "--encoder", "splade-tiny", "--output", tmp_path / "e"]
    arguments += ["--shard-size", 50, "--batch-size", 8, "--resume"]
    chance = random.Random(7)
    for attempt in range(12):
        process = subprocess.Popen(
            [sys.executable, "-m", "l0pyserini.encode", *map(str, arguments)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        folder = tmp_path / "e"
        while not (folder / "encoding-0-of-1.journal").exists() and process.poll() is None:
            time.sleep(0.05)
        try:
            process.wait(timeout=chance.uniform(0.2, 1.5) if attempt < 5 else None)
            break
        except subprocess.TimeoutExpired:
            os.kill(process.pid, signal.SIGKILL)
            process.wait()
    assert process.returncode == 0
    assert contents(tmp_path / "e") == contents(tmp_path / "whole")


def test_two_runs_into_one_folder(corpus, small, tmp_path):
    """The second is refused while the first writes, which it does not disturb."""
    folder = tmp_path / "e"
    arguments = ["--corpus", corpus, "--encoder", "splade-tiny", "--output", folder]
    first = subprocess.Popen(
        [sys.executable, "-m", "l0pyserini.encode", *map(str, arguments), "--shard-size", "60"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    while not (folder / "encoding-0-of-1.journal").exists() and first.poll() is None:
        time.sleep(0.01)
    os.kill(first.pid, signal.SIGSTOP)
    for option in ({}, {"overwrite": True}, {"resume": True}):
        with pytest.raises(OutputExistsError, match="another encode writes into this folder"):
            encode(corpus, folder, **option)
    os.kill(first.pid, signal.SIGCONT)
    assert first.wait() == 0
    assert contents(folder) == contents(small / "encoded")


def test_a_full_disk_leaves_no_half_file(corpus, small, tmp_path):
    folder = unfinished(small, tmp_path / "e", 1)
    # Whatever is written here fails with "No space left on device".
    (folder / "docs-00001.jsonl.part").symlink_to("/dev/full")
    with pytest.raises(DiskError, match=r"the disk is full .*Free some space"):
        encode(corpus, folder, resume=True)
    assert sorted(contents(folder)) == ["docs-00000.jsonl", "encoding-0-of-1.journal"]
    encode(corpus, folder, resume=True)
    assert contents(folder) == contents(small / "encoded")


def spaced_encoder(folder, weight):
    """Save a random encoder whose tokenizer makes a token of two blanks, as ModernBERT's does.

    weight: of that token in every document; what lies below 0 leaves it out.
    """
    from tokenizers import AddedToken, models, pre_tokenizers
    from tokenizers import Tokenizer as Backend
    from transformers import BertConfig, BertForMaskedLM

    words = ["[UNK]", "[PAD]", "sparse", "vector", "lucene", "  "]
    backend = Backend(models.WordLevel({word: at for at, word in enumerate(words)}, "[UNK]"))
    backend.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    backend.add_special_tokens(words[:2])
    backend.add_tokens([AddedToken("  ", normalized=False)])
    folder.mkdir()
    backend.save(str(folder / "tokenizer.json"))
    torch.manual_seed(0)
    sizes = {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2}
    model = BertForMaskedLM(
        BertConfig(vocab_size=len(words), intermediate_size=32, pad_token_id=1, **sizes)
    )
    torch.nn.init.zeros_(model.get_output_embeddings().weight)
    model.get_output_embeddings().bias.data = torch.tensor([-1.0, -1.0, 1.0, 0.5, 0.25, weight])
    model.save_pretrained(folder)
    write(folder / "idf.json", json.dumps({"sparse": 2.0, "vector": 1.0, "  ": 3.0}))
    return folder


def test_a_tokenizer_with_blanks_is_fine_where_no_document_has_them(tmp_path):
    """Index and search agree: a query's blanks find nothing, its words score the dot product."""
    from l0pyserini import ImpactSearcher

    corpus = write(tmp_path / "d.jsonl", '{"id": "D1", "text": "sparse  vector"}\n')
    encode_corpus(str(corpus), str(spaced_encoder(tmp_path / "m", -0.5)), tmp_path / "e")
    (document,) = read_shard(tmp_path / "e/docs-00000.jsonl")
    assert document.vector == {"sparse": 69, "vector": 41, "lucene": 22}
    for builder in ("direct", "anserini"):
        build_index(tmp_path / "e", tmp_path / builder, builder=builder)
        with ImpactSearcher(tmp_path / builder) as searcher:
            assert searcher.query_encoder.encode("sparse  vector")["  "] == 300
            assert searcher.search("sparse  vector") == [("D1", 69 * 200 + 41 * 100)]
            assert searcher.search("  ") == []


def test_a_token_that_anserini_would_split_names_its_document(tmp_path):
    corpus = write(tmp_path / "d.jsonl", '{"id": "D1", "text": "sparse  vector"}\n')
    encoder = spaced_encoder(tmp_path / "m", 0.5)
    with pytest.raises(CheckpointError, match="d.jsonl docid 'D1': token '  ' is empty or has wh"):
        encode_corpus(str(corpus), str(encoder), tmp_path / "e")
    made, _ = encode_corpus(
        str(corpus), str(encoder), tmp_path / "pruned", pruning=Pruning(max_nnz=1)
    )
    assert made.terms == 1
    # What the message advises.
    rules = json.loads((encoder / "tokenizer.json").read_text())
    for token in rules["added_tokens"]:
        token["special"] = True
    write(encoder / "tokenizer.json", json.dumps(rules))
    made, _ = encode_corpus(str(corpus), str(encoder), tmp_path / "special")
    assert made.terms == 3


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
    with pytest.raises(CollectionError, match="was encoded with other settings than part 1"):
        encode(corpus, folder, part=Part(1, 2), scale=50.0)
    with pytest.raises(UsageError, match="--shard-id 2 of --shard-num 2: expected an id from 0"):
        Part(2, 2)


def test_compressed_files_are_indexed_alike(corpus, small, tmp_path):
    made = encode(corpus, tmp_path / "e", compress=True)
    assert made.shards[0].file == "docs-00000.jsonl.gz"
    plain = [d for path in shard_paths(small / "encoded") for d in read_shard(path)]
    assert [d for path in shard_paths(tmp_path / "e") for d in read_shard(path)] == plain
    facts, _ = build_index(tmp_path / "e", tmp_path / "i")
    assert facts["indexed_documents"] == 150
    encode(corpus, tmp_path / "again", compress=True)
    assert contents(tmp_path / "again") == contents(tmp_path / "e")


@pytest.mark.parametrize("change", ["longer", "shorter"])
def test_a_corpus_that_changes_meanwhile(small, tmp_path, monkeypatch, change):
    """Somebody else writes the file after the first shard."""
    from l0pyserini.encode import runner

    corpus = shutil.copy(small / "docs.jsonl", tmp_path / "docs.jsonl")
    plain = runner.write_shard

    def meanwhile(path, documents):
        shard = plain(path, documents)
        lines = corpus.read_text().splitlines(keepends=True)
        lines = lines[:61] if change == "shorter" else [*lines, '{"id": "new", "text": "x"}\n']
        write(corpus, "".join(lines))
        return shard

    monkeypatch.setattr(runner, "write_shard", meanwhile)
    with pytest.raises(CorpusError, match="docs.jsonl: was changed while it was encoded"):
        encode(corpus, tmp_path / "e")
    assert not (tmp_path / "e/manifest.json").exists()


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("d.jsonl", b'{"id": "a", "text": "x"}\n{"id": "b", "text": "\xe9"}\n',
         "d.jsonl:2: byte 21 of the line, 0xe9, is not UTF-8. Convert the file"),
        ("d.jsonl.gz", gzip.compress(b'{"id": "a", "text": "x"}\n' * 99)[:-12],
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
    assert (tmp_path / "e/docs-00001.jsonl").read_bytes() == expected


def test_pruned_vectors_and_the_mass_they_keep(corpus, small, tmp_path):
    made = encode(corpus, tmp_path / "e", pruning=Pruning(max_nnz=40, ratio=0.1))
    assert made.nnz["max"] == 40
    assert 0.3 < made.mass_kept < 1
    whole = {d.docid: d.vector for p in shard_paths(small / "encoded") for d in read_shard(p)}
    for document in read_shard(shard_paths(tmp_path / "e")[0]):
        vector = whole[document.docid]
        assert document.vector.items() <= vector.items()
        assert min(document.vector.values()) >= sorted(vector.values())[-40:][0]


def test_a_line_of_a_hundred_megabytes(tmp_path):
    """Only the beginning goes through the tokenizer, and the result is that of the beginning."""
    words = "sparse retrieval with impacts "
    with open(tmp_path / "d.jsonl", "w") as handle:
        for docid, times in (("long", 100_000_000 // len(words)), ("short", 300)):
            handle.write(json.dumps({"id": docid, "text": words * times}) + "\n")
    encode(tmp_path / "d.jsonl", tmp_path / "e")
    long, short = read_shard(tmp_path / "e/docs-00000.jsonl")
    assert long.vector == short.vector


@pytest.mark.parametrize("backend", ["bfloat16", "int8"])
def test_fast_backends_are_near_the_exact_one(corpus, small, tmp_path, backend):
    made = encode(corpus, tmp_path / "e", backend=backend)
    exact = Manifest.load(small / "encoded")
    assert made.settings["encoder"]["backend"] == backend
    assert made.impacts == pytest.approx(exact.impacts, rel=0.01)
    assert made.postings == pytest.approx(exact.postings, rel=0.02)
