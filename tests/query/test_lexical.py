"""BM25 as impacts: the formula worked out by numpy, exact sums, and what is refused."""

import json
import math

import numpy as np
import pytest

from l0pyserini import IdfQueryEncoder, open_checkpoint
from l0pyserini.data.impacts import MAX_EXACT
from l0pyserini.errors import QueryMismatchError, UsageError
from l0pyserini.query.lexical import BALANCE, Bm25Impacts, StemTable
from l0pyserini.query.stems import Stemmed, stems_of

IMPACTS = Bm25Impacts(0.9, 0.4, 20.0)
DF = {"~time": 3, "~share": 1, "~system": 40}


@pytest.fixture(scope="module")
def checkpoint():
    return open_checkpoint("splade-tiny")


def table(balance=BALANCE, largest=400, df=DF):
    return StemTable(IMPACTS, 100.0, balance, 50, df, largest)


def encoder(checkpoint, balance=BALANCE, largest=400, df=DF):
    return IdfQueryEncoder.from_checkpoint(checkpoint).with_stems(table(balance, largest, df))


@pytest.mark.parametrize("norm", [1, 20, 3000])
def test_impacts_are_the_saturation(norm):
    tf = np.array([1, 2, 7])
    exact = tf / (tf + 0.9 * (1 - 0.4 + 0.4 * norm / 20))
    found = IMPACTS.of(Stemmed(10, norm, dict(zip("abc", tf.tolist(), strict=True))))
    assert list(found.values()) == np.maximum(1, np.rint(255 * exact)).astype(int).tolist()


def test_no_stem_is_lost():
    assert IMPACTS.of(Stemmed(1, 10**6, {"~a": 1})) == {"~a": 1}


def test_a_query_asks_for_both_and_stems_as_often_as_it_repeats_them(checkpoint):
    query = "time sharing time systems unheard"
    found = encoder(checkpoint).encode(query)
    learned = IdfQueryEncoder.from_checkpoint(checkpoint).encode(query)
    assert {t: w for t, w in found.items() if t in learned} == learned
    unit = BALANCE * 100 * 100 / 255
    idf = {stem: math.log(1 + (50 - df + 0.5) / (df + 0.5)) for stem, df in DF.items()}
    assert {t: w for t, w in found.items() if t not in learned} == {
        "~time": round(2 * unit * idf["~time"]),
        "~share": round(unit * idf["~share"]),
        "~system": round(unit * idf["~system"]),
    }


def test_the_balance_turns_either_half_off(checkpoint):
    query = "time sharing systems"
    learned = IdfQueryEncoder.from_checkpoint(checkpoint)
    assert encoder(checkpoint, 0.0).encode(query) == learned.encode(query)
    alone = encoder(checkpoint, math.inf).encode(query)
    assert alone == IdfQueryEncoder(None, None, stems=table()).encode(query)
    assert set(alone) == {"~time", "~share", "~system"}
    halved = encoder(checkpoint, BALANCE / 2).encode(query)
    assert abs(halved["~time"] - alone["~time"] / 2) <= 1
    for balance in (-1.0, math.nan):
        with pytest.raises(UsageError, match=f"--lexical-weight {balance}: expected a number"):
            encoder(checkpoint, balance)


@pytest.mark.parametrize("repeats", [1, 40, 400, 20_000])
def test_no_score_can_pass_what_float32_adds_exactly(checkpoint, repeats):
    query = " ".join(["time sharing systems"] * repeats)
    made = encoder(checkpoint)
    found = made.encode(query)
    bound = sum(w * (255 if t in DF else 400) for t, w in found.items())
    assert bound <= MAX_EXACT
    if repeats == 400:
        once = encoder(checkpoint).encode("time sharing systems")
        stems = sum(w * 400 for t, w in once.items() if t in DF)
        share = found["~time"] / (400 * once["~time"])
        assert share < 1
        assert stems * share * 255 > 0.9 * MAX_EXACT
        assert found["time"] == int(once["time"] * share) or abs(found["time"] - once["time"]) < 2


def test_queries_of_many_are_those_of_one(checkpoint):
    made = encoder(checkpoint)
    queries = ["time sharing", "", "the of", "systems time"]
    assert made.encode_batch(queries) == [made.encode(query) for query in queries]
    assert made.encode("") == {}


def test_unknown_tokens_tell_of_both_halves(checkpoint):
    query = "time unheard"
    known = {"time", "~time"}
    assert encoder(checkpoint).unknown_tokens(query, known) == ["un", "##heard", "~unheard"]
    assert encoder(checkpoint, 0.0).unknown_tokens(query, known) == ["un", "##heard"]
    assert encoder(checkpoint, math.inf).unknown_tokens(query, known) == ["~unheard"]


def test_saved_and_loaded(checkpoint, tmp_path):
    made = encoder(checkpoint)
    made.save(tmp_path / "q.json")
    again = IdfQueryEncoder.load(tmp_path / "q.json")
    assert again.stems == made.stems
    assert again.encode("time sharing") == made.encode("time sharing")
    other = IdfQueryEncoder.load(tmp_path / "q.json", lexical_weight=0.0)
    assert other.encode("time") == IdfQueryEncoder.from_checkpoint(checkpoint).encode("time")
    alone = IdfQueryEncoder(None, None, stems=table())
    alone.save(tmp_path / "alone.json")
    assert IdfQueryEncoder.load(tmp_path / "alone.json").encode("time") == alone.encode("time")
    assert alone.learned is None
    assert alone.facts() == {"tokenizer_sha256": "none", "idf_sha256": "none"}
    for name in ("tokenizer", "idf"):
        with pytest.raises(QueryMismatchError, match="BM25's stems alone, without a tokenizer"):
            getattr(alone, name)


def test_a_weight_where_there_is_nothing_to_weigh(checkpoint, tmp_path):
    IdfQueryEncoder.from_checkpoint(checkpoint).save(tmp_path / "q.json")
    with pytest.raises(QueryMismatchError, match="--lexical-weight 3, but the documents were enc"):
        IdfQueryEncoder.load(tmp_path / "q.json", lexical_weight=3.0)


def test_half_an_encoder_is_refused(checkpoint):
    for half in ((checkpoint.tokenizer, None), (None, checkpoint.idf), (None, None)):
        with pytest.raises(UsageError, match="one of tokenizer and IDF table, or nothing at all"):
            IdfQueryEncoder(*half)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"k1": -1.0}, "'lexical': k1 -1.0: expected a number from 0"),
        ({"b": 2.0}, "'lexical': b 2.0: expected a number from 0 to 1"),
        ({"average_length": 0.0}, "average_length is 0.0, expected a number above 0"),
        ({"balance": -2.0}, "balance is -2.0, expected a number above 0"),
        ({"df": {"~a": 0}}, "stem '~a' has df 0, expected one from 1"),
        ({"df": {"~a": "1"}}, "stem '~a' has df '1', expected one from 1"),
        ({"documents": "x"}, "'documents' is 'x', expected a whole number"),
    ],
)
def test_a_damaged_record(tmp_path, change, told):
    path = tmp_path / "q.json"
    IdfQueryEncoder(None, None, stems=table()).save(path)
    record = json.loads(path.read_text())
    record["lexical"] |= change
    path.write_text(json.dumps(record))
    with pytest.raises(QueryMismatchError, match="q.json.*Encode and index the corpus") as caught:
        IdfQueryEncoder.load(path)
    assert told in str(caught.value)


def test_a_record_that_is_none(tmp_path):
    path = tmp_path / "q.json"
    IdfQueryEncoder(None, None, stems=table()).save(path)
    path.write_text(json.dumps({**json.loads(path.read_text()), "lexical": [1]}))
    with pytest.raises(QueryMismatchError, match="its 'lexical' is list, expected an object"):
        IdfQueryEncoder.load(path)


def test_stems_of_a_query_need_no_tokenizer():
    alone = IdfQueryEncoder(None, None, stems=table())
    assert alone.unknown_tokens("time gone", {"~time": 1}) == ["~gone"]
    assert stems_of(["gone"])[0].counts == {"~gone": 1}
