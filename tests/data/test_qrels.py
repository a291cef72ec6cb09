"""Qrels: TREC and BEIR forms, and a clear message for every fault."""

import pytest

from l0pyserini.data import read_qrels
from l0pyserini.errors import QrelsError
from tests.helpers import write


def test_trec_and_beir_forms_agree(tmp_path):
    trec = write(tmp_path / "q.txt", "1 0 d1 2\n1 0 d2 0\n2 0 d1 -1\n")
    beir = write(tmp_path / "q.tsv", "query-id\tcorpus-id\tscore\n1\td1\t2\n1\td2\t0\n2\td1\t-1\n")
    assert (
        read_qrels(str(trec))
        == read_qrels(str(beir))
        == {
            "1": {"d1": 2, "d2": 0},
            "2": {"d1": -1},
        }
    )


def test_cacm_qrels():
    qrels = read_qrels("cacm")
    assert len(qrels) == 52
    assert sum(map(len, qrels.values())) == 796


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "holds no judgement"),
        ("1 0 d1\t2 x\n", "q.txt:1: 5 columns, expected 4"),
        ("1 0 d1 yes\n", "q.txt:1 qid '1' docid 'd1': relevance 'yes' is not a whole number"),
        ("1 0 d 1\n1 0 d 2\n", "q.txt:2 qid '1' docid 'd': judged 1 before and 2 here"),
    ],
)
def test_faults_say_where_and_what(tmp_path, content, message):
    with pytest.raises(QrelsError, match=message):
        read_qrels(str(write(tmp_path / "q.txt", content)))


def test_missing_qrels(tmp_path):
    with pytest.raises(QrelsError, match="no such file"):
        read_qrels(str(tmp_path / "absent"))
