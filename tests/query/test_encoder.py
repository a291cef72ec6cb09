"""The query encoder: weights, scales, saving, and what it refuses."""

import pytest

from l0pyserini import open_checkpoint
from l0pyserini.errors import IdfError, QueryMismatchError, UsageError
from l0pyserini.query import IdfQueryEncoder, IdfTable
from tests.helpers import fresh_process, write


@pytest.fixture(scope="module")
def encoder():
    return IdfQueryEncoder.from_checkpoint(open_checkpoint("splade-tiny"))


def test_each_distinct_token_once_with_its_idf(encoder):
    impacts = encoder.encode("Sparse sparse vectors [SEP]")
    assert list(impacts) == ["sparse", "vectors"]
    for token, impact in impacts.items():
        assert impact == round(encoder.idf.weights[token] * 100)
        assert type(impact) is int
    assert encoder.weights("sparse") == {"sparse": encoder.idf.weights["sparse"]}
    assert encoder.encode("") == encoder.encode(" [CLS] ") == {}


def test_other_scales_and_weights_that_vanish(encoder):
    coarse = IdfQueryEncoder(encoder.tokenizer, encoder.idf, scale=0.1)
    assert coarse.encode("the sparse") == {"sparse": 1}
    with pytest.raises(UsageError, match="--query-scale 0: expected a number above 0"):
        IdfQueryEncoder(encoder.tokenizer, encoder.idf, scale=0)
    heavy = IdfTable({**encoder.idf.weights, "sparse": 1e300}, "heavy.json")
    with pytest.raises(UsageError, match=r"--query-scale 100.0: gives .* heavy.json, 1e\+300"):
        IdfQueryEncoder(encoder.tokenizer, heavy)


def test_unknown_tokens_are_told(encoder):
    assert encoder.unknown_tokens("sparse vectors", {"sparse": 1}) == ["vectors"]
    assert encoder.unknown_tokens("sparse vectors", ["vectors", "sparse"]) == []


def test_saving_and_loading(encoder, tmp_path):
    encoder.save(tmp_path / "q.json")
    again = IdfQueryEncoder.load(tmp_path / "q.json")
    assert again.encode("how do sparse vectors work") == encoder.encode(
        "how do sparse vectors work"
    )
    assert again.facts() == encoder.facts()
    write(tmp_path / "q.json", "{}")
    with pytest.raises(QueryMismatchError, match="its format is None"):
        IdfQueryEncoder.load(tmp_path / "q.json")
    with pytest.raises(QueryMismatchError, match="absent.json: missing"):
        IdfQueryEncoder.load(tmp_path / "absent.json")


def test_a_table_of_another_tokenizer(encoder):
    with pytest.raises(IdfError, match="belongs to another tokenizer"):
        IdfQueryEncoder(encoder.tokenizer, IdfTable({"Ġa": 1.0, "Ġb": 1.0}, "other"))


def test_it_loads_neither_torch_nor_java():
    program = (
        "import sys; from l0pyserini import open_checkpoint, IdfQueryEncoder;"
        "IdfQueryEncoder.from_checkpoint(open_checkpoint('splade-tiny')).encode('x');"
        "print({'torch', 'transformers', 'jnius', 'pandas', 'scipy'} & set(sys.modules))"
    )
    assert fresh_process("-c", program).stdout.strip() == "set()"
