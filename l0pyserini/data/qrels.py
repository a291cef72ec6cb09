"""Relevance judgements: TREC qrels, BEIR qrels (tsv with a header), `cacm`, `irds:ID`."""

from collections.abc import Iterator
from pathlib import Path

from l0pyserini.base.files import read_lines
from l0pyserini.data import cacm, irds
from l0pyserini.data.records import Qrels
from l0pyserini.errors import QrelsError

BEIR_HEADER = ("query-id", "corpus-id", "score")
MAX_GRADE = 10_000

Judgement = tuple[str, str, str, int]
"""(where it stands, qid, docid, relevance)."""


def beir_qrels_file(folder: Path, split: str) -> Path:
    """Return the qrels of a BEIR folder's split.

    Raises:  QrelsError: if the folder has no such split.
    """
    path = folder / "qrels" / f"{split}.tsv"
    if not path.is_file():
        splits = sorted(file.stem for file in (folder / "qrels").glob("*.tsv"))
        raise QrelsError(
            f"{path}: no such split. The folder's splits are {splits or 'none'}; "
            "choose one with --split."
        )
    return path


def read_qrels(spec: str, split: str = "test") -> Qrels:
    """Read what --qrels names: a TREC or BEIR file, a BEIR folder, `cacm`, or `irds:ID`.

    Raises:  QrelsError: if there is none, a line is malformed, or a pair is judged twice
        with different relevance.

    Example:
        >>> from l0pyserini import read_qrels
        >>> read_qrels("qrels.txt")
        {'1': {'d1': 1}, '2': {'d2': 1}}
    """
    place, judgements = _open(spec, split)
    qrels: Qrels = {}
    for where, qid, docid, grade in judgements:
        if abs(grade) > MAX_GRADE:
            raise QrelsError(
                f"{where} qid {qid!r} docid {docid!r}: relevance {grade:,} is not between "
                f"-{MAX_GRADE:,} and {MAX_GRADE:,}: trec_eval counts documents of every grade up "
                "to the greatest. Use smaller grades in the same order."
            )
        judged = qrels.setdefault(qid, {})
        if judged.get(docid, grade) != grade:
            raise QrelsError(
                f"{where} qid {qid!r} docid {docid!r}: judged {judged[docid]} before and "
                f"{grade} here. Expected one judgement a pair; remove one."
            )
        judged[docid] = grade
    if not qrels:
        raise QrelsError(f"{place}: holds no judgement. Expected TREC or BEIR qrels.")
    return qrels


def _open(spec: str, split: str) -> tuple[str, Iterator[Judgement]]:
    """Return the place of judgements, for messages, and a stream of them."""
    if spec.startswith(irds.PREFIX):
        return spec, irds.irds_judgements(spec)
    path = cacm.qrels_file() if spec == cacm.NAME else Path(spec)
    if path.is_dir():
        path = beir_qrels_file(path, split)
    return str(path), _read_file(path)


def _read_file(path: Path) -> Iterator[Judgement]:
    for number, line in read_lines(path, QrelsError):
        columns = line.split()
        if columns and not (number == 1 and tuple(columns[:3]) == BEIR_HEADER):
            where = f"{path}:{number}"
            yield where, *_parse(columns, where)


def _parse(columns: list[str], where: str) -> tuple[str, str, int]:
    if len(columns) == 4:
        qid, _, docid, grade = columns
    elif len(columns) == 3:
        qid, docid, grade = columns
    else:
        raise QrelsError(
            f"{where}: {len(columns)} columns, expected 4 (TREC: qid 0 docid relevance) "
            "or 3 (BEIR: query-id corpus-id score)."
        )
    try:
        return qid, docid, int(grade)
    except ValueError:
        raise QrelsError(
            f"{where} qid {qid!r} docid {docid!r}: relevance {grade!r} is not a whole number."
        ) from None
