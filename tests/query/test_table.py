"""IDF tables: the formula, reading, and a clear message for every fault."""

import json
import math

import pytest

from l0pyserini.errors import IdfError
from l0pyserini.model.checkpoint import embedded_encoders
from l0pyserini.query import IdfTable, idf_weight
from l0pyserini.query.tokenizer import Tokenizer
from tests.helpers import write

TOKENIZER = Tokenizer.from_folder(embedded_encoders()["splade-tiny"])


def test_the_formula():
    assert idf_weight(10, 3) == pytest.approx(math.log(1 + 7.5 / 3.5))
    assert idf_weight(10, 10) == pytest.approx(math.log(1 + 0.5 / 10.5))


def test_the_published_table_has_the_formula_s_shape(shared):
    table = IdfTable.load(shared / "reference/idf.json")
    table.check_tokenizer(TOKENIZER)
    # ln(1 + (N - df + .5) / (df + .5)) of a token that one of N = 8,841,823 passages holds.
    assert max(table.weights.values()) <= idf_weight(8_841_823, 0)
    assert table.weights["the"] < 0.5 < table.weights["zebra"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "not valid JSON"),
        ("[]", "not an object of tokens"),
        ("{}", "not an object of tokens"),
        ('{"a": -1}', "token 'a' has weight -1, expected a finite number >= 0"),
        ('{"a": "x"}', "token 'a' has weight 'x'"),
        ('{"a": NaN}', "token 'a' has weight nan"),
        ('{"a": true}', "token 'a' has weight True"),
        ('{"a": Infinity}', "token 'a' has weight inf"),
        (f'{{"a": 1{"0" * 400}}}', "token 'a' has weight 1000"),
    ],
)
def test_faults_of_a_table(tmp_path, content, message):
    with pytest.raises(IdfError, match=message):
        IdfTable.load(write(tmp_path / "idf.json", content))


def test_a_missing_table(tmp_path):
    with pytest.raises(IdfError, match="no such IDF table"):
        IdfTable.load(tmp_path / "absent.json")


def test_a_table_of_another_tokenizer_is_refused():
    foreign = IdfTable({f"Ġtoken{i}": 1.0 for i in range(10)}, "other.json")
    with pytest.raises(IdfError, match="10 of its 10 tokens are unknown to the tokenizer"):
        foreign.check_tokenizer(TOKENIZER)


def test_a_part_of_a_table_is_refused():
    tokens = [token for token in TOKENIZER.tokens if token is not None]
    some = IdfTable(dict.fromkeys(tokens[:100], 1.0), "some.json")
    with pytest.raises(IdfError, match=r"some.json: lacks 30,417 of the 30,517 tokens .*such as"):
        some.check_tokenizer(TOKENIZER)
    IdfTable(dict.fromkeys(tokens[:15_259], 1.0), "half.json").check_tokenizer(TOKENIZER)
    with pytest.raises(IdfError, match=r"lacks 15,259 .*Expected a weight for every token"):
        IdfTable(dict.fromkeys(tokens[:15_258], 1.0), "less.json").check_tokenizer(TOKENIZER)


def test_a_table_of_larger_pieces_of_words_is_refused():
    """Another tokenizer's: it knows most common words too, and most of its own are foreign."""
    words = [token for token in TOKENIZER.tokens if token is not None][:20_000]
    foreign = [f"\u0120{word}" for word in words] + words[:12_000]
    with pytest.raises(IdfError, match="20,000 of its 32,000 tokens are unknown to the tokenizer"):
        IdfTable(dict.fromkeys(foreign, 1.0), "bpe.json").check_tokenizer(TOKENIZER)


def test_saving_and_the_digest(tmp_path):
    table = IdfTable({"a": 1.25, "é": 0.5}, "t")
    table.save(tmp_path / "t.json")
    assert json.loads((tmp_path / "t.json").read_text()) == table.weights
    again = IdfTable.load(tmp_path / "t.json")
    assert again.sha256 == table.sha256
    assert IdfTable({"a": 1.5, "é": 0.5}, "t").sha256 != table.sha256


def test_weights_by_id():
    table = IdfTable({"cat": 2.5, "[CLS]": 9.0}, "t")
    weights = table.by_id(TOKENIZER, len(TOKENIZER.tokens) + 3)
    assert weights[TOKENIZER.vocabulary["cat"]] == 2.5
    assert sum(weights) == 2.5
    assert len(weights) == len(TOKENIZER.tokens) + 3
    assert len(table.by_id(TOKENIZER)) == len(TOKENIZER.tokens)
