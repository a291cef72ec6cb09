"""The command that counts an IDF table."""

import pytest

from l0pyserini.data import open_corpus
from l0pyserini.model.checkpoint import embedded_encoders
from l0pyserini.query import IdfTable, idf_weight
from l0pyserini.query.tokenizer import Tokenizer
from tests.helpers import command

TOKENIZER = Tokenizer.from_folder(embedded_encoders()["splade-tiny"])


def test_the_command_writes_a_table_once(tmp_path, capsys):
    output = tmp_path / "idf.json"
    arguments = ("idf", "--corpus", "cacm", "--tokenizer", "splade-tiny", "--output", output)
    code, out, _ = command(capsys, *arguments)
    assert code == 0
    assert "in 3,204 documents" in out
    df = sum("algorithm" in TOKENIZER.distinct_tokens(one.contents) for one in open_corpus("cacm"))
    assert IdfTable.load(output).weights["algorithm"] == pytest.approx(idf_weight(3204, df))
    code, _, err = command(capsys, *arguments)
    assert code == 1
    assert "exists already" in err
    assert command(capsys, *arguments, "--overwrite")[0] == 0


def test_a_tokenizer_that_is_not_there(tmp_path, capsys):
    output = tmp_path / "idf.json"
    arguments = ("idf", "--corpus", "cacm", "--output", output, "--tokenizer")
    code, _, err = command(capsys, *arguments, tmp_path)
    assert code == 1
    assert "no tokenizer.json" in err
    code, _, err = command(capsys, *arguments, "absent")
    assert code == 2
    assert "--tokenizer absent: no such folder" in err
    assert not output.exists()
