"""JsonVectorCollection files: what is written, what is refused, what validate finds."""

import gzip
import json

import pytest

from l0pyserini.data.impacts import check_scale
from l0pyserini.encode import Manifest, read_shard, read_vocabulary
from l0pyserini.encode import validate as validation
from l0pyserini.encode.collection import CollectionStatistics, EncodedDocument, write_shard
from l0pyserini.encode.rounding import quantize
from l0pyserini.encode.validate import validate
from l0pyserini.errors import CollectionError, UsageError
from tests.helpers import write

GOOD = '{"id": "d1", "contents": "x", "vector": {"a": 3, "##s": 1}}\n'


def test_a_shard_is_read_as_it_was_written(tmp_path):
    documents = [EncodedDocument("1", "text é", {"a": 2}), EncodedDocument("2", "", {})]
    shard = write_shard(tmp_path / "docs-00000.jsonl", iter(documents))
    assert list(read_shard(tmp_path / shard.file)) == documents
    assert (shard.documents, shard.bytes) == (2, (tmp_path / shard.file).stat().st_size)


def test_statistics_are_counted_by_hand():
    statistics = CollectionStatistics()
    for docid, vector in enumerate(({"a": 2, "b": 1}, {"a": 5}, {})):
        statistics.add(str(docid), vector)
    assert statistics.totals() == {
        "documents": 3,
        "empty_documents": 1,
        "terms": 2,
        "postings": 3,
        "impacts": 8,
    }
    assert statistics.nnz() == {"mean": 1.0, "p50": 1.0, "p95": pytest.approx(1.9), "max": 2}


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('{"id": "d", "vector": {"a": 0.93}}', "docs-00000.jsonl:1 docid 'd': impact 0.93 for 'a'"),
        ('{"id": "d", "vector": {"a": 0}}', "impact 0 for 'a' is not an integer above 0"),
        ('{"id": "d", "vector": {"a": -3}}', "impact -3 for 'a' is not an integer above 0"),
        ('{"id": "d", "vector": {"a": true}}', "impact True for 'a' is not an integer"),
        ('{"id": "d", "vector": {"a b": 1}}', "token 'a b' is empty or has white space"),
        ('{"id": "d", "vector": {"a\\u001f": 1}}', "is empty or has white space"),
        ('{"id": "d", "vector": {"": 1}}', "token '' is empty or has white space"),
        (f'{{"id": "d", "vector": {{"{"x" * 256}": 1}}}}', "has 256 characters, and Lucene splits"),
        ('{"id": "d", "vector": [1]}', "the vector is list, expected an object"),
        ('{"id": "d d", "vector": {}}', "the id is 'd d', expected a non-empty string"),
        ('{"id": 3, "vector": {}}', "the id is 3, expected a non-empty string"),
        ('{"id": "d"', "malformed JSON"),
        ("[]", "a JSON list, expected"),
    ],
)
def test_what_anserini_would_misread_is_refused(tmp_path, line, message):
    write(tmp_path / "docs-00000.jsonl", line + "\n")
    with pytest.raises(CollectionError, match=message):
        list(read_shard(tmp_path / "docs-00000.jsonl"))
    _, faults = validate(tmp_path)
    assert len(faults) == 1
    assert message.split(": ")[-1][:30] in faults[0]


def test_validate_reads_foreign_folders_and_stops_at_ten_faults(tmp_path, capsys):
    write(tmp_path / "a.jsonl", GOOD + '{"id": "d1", "vector": {"a": 1}}\n')
    _, faults = validate(tmp_path)
    assert "a.jsonl:2 docid 'd1': this docid was seen before" in faults[0]
    write(tmp_path / "b.jsonl", "broken\n" * 20)
    assert len(validate(tmp_path)[1]) == 10
    assert validation.main([str(tmp_path)]) == 1
    assert "at least 10 fault(s)" in capsys.readouterr().err
    (tmp_path / "b.jsonl").unlink()
    write(tmp_path / "c.jsonl.gz", gzip.compress(GOOD.replace("d1", "d2").encode())[:-9])
    assert any("gzip stream is broken" in fault for fault in validate(tmp_path)[1])


def test_validate_passes_over_sidecars(small, capsys):
    statistics, faults = validate(small / "encoded")
    assert faults == []
    assert statistics.totals()["documents"] == 151
    assert validation.main([str(small / "encoded")]) == 0
    assert "sound. 151 documents (1 without any token)" in capsys.readouterr().out


def test_an_empty_folder_is_no_collection(tmp_path):
    with pytest.raises(CollectionError, match="holds no JsonVectorCollection file"):
        validate(tmp_path)


def test_manifest_and_vocabulary_faults(tmp_path):
    with pytest.raises(CollectionError, match="manifest.json: missing"):
        Manifest.load(tmp_path)
    write(tmp_path / "manifest.json", "{")
    with pytest.raises(CollectionError, match="manifest.json: not valid JSON"):
        Manifest.load(tmp_path)
    write(tmp_path / "manifest.json", '{"format": "other"}')
    with pytest.raises(CollectionError, match="its format is 'other', expected 'l0pyserini-enc"):
        Manifest.load(tmp_path)
    write(tmp_path / "manifest.json", json.dumps({"format": "l0pyserini-encoded-1", "shards": []}))
    with pytest.raises(CollectionError, match="manifest.json: lacks 'documents'"):
        Manifest.load(tmp_path)
    with pytest.raises(CollectionError, match="vocabulary.json: missing. Encode again"):
        read_vocabulary(tmp_path)


@pytest.mark.parametrize(
    "name", ["../docs-00000.jsonl", "/etc/passwd", "a/docs-0.jsonl", "..", "", "docs-0.jsonl\0", 7]
)
def test_shards_outside_the_folder_are_refused(small, tmp_path, name):
    record = json.loads((small / "encoded/manifest.json").read_text())
    record["shards"][1]["file"] = name
    write(tmp_path / "manifest.json", json.dumps(record))
    with pytest.raises(CollectionError, match=r"manifest.json: names a file .*, expected one besi"):
        Manifest.load(tmp_path)


def test_quantising_rounds_and_scales_are_checked():
    import numpy as np

    weights = np.array([0.0, 0.004, 0.006, 1.234], dtype=np.float32)
    assert quantize(weights, 100).tolist() == [0, 0, 1, 123]
    for scale in (0, -1, 1e9):
        with pytest.raises(UsageError, match="--scale .*expected a number above 0"):
            check_scale(scale, "--scale")
