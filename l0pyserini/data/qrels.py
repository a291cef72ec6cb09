"""Relevance judgements: TREC qrels, BEIR qrels (tsv with a header), `cacm`."""

from pathlib import Path

from l0pyserini.base.files import read_lines
from l0pyserini.data import cacm
from l0pyserini.data.records import Qrels
from l0pyserini.errors import QrelsError

BEIR_HEADER = ("query-id", "corpus-id", "score")
MAX_GRADE = 10_000


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
    """Read what --qrels names: a TREC or BEIR file, a BEIR folder, or `cacm`.

    Raises:  QrelsError: if there is none, a line is malformed, or a pair is judged twice
        with different relevance.

    Example:
        >>> from l0pyserini import read_qrels
        >>> read_qrels("qrels.txt")
        {'1': {'d1': 1}, '2': {'d2': 1}}
    """
    path = cacm.qrels_file() if spec == cacm.NAME else Path(spec)
    if path.is_dir():
        path = beir_qrels_file(path, split)
    qrels: Qrels = {}
    for number, line in read_lines(path, QrelsError):
        columns = line.split()
        if not columns or (number == 1 and tuple(columns[:3]) == BEIR_HEADER):
            continue
        qid, docid, grade = _parse(columns, f"{path}:{number}")
        judged = qrels.setdefault(qid, {})
        if judged.get(docid, grade) != grade:
            raise QrelsError(
                f"{path}:{number} qid {qid!r} docid {docid!r}: judged {judged[docid]} before and "
                f"{grade} here. Expected one judgement a pair; remove one."
            )
        judged[docid] = grade
    if not qrels:
        raise QrelsError(f"{path}: holds no judgement. Expected TREC or BEIR qrels.")
    return qrels


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
        relevance = int(grade)
    except ValueError:
        raise QrelsError(
            f"{where} qid {qid!r} docid {docid!r}: relevance {grade!r} is not a whole number."
        ) from None
    if abs(relevance) > MAX_GRADE:
        raise QrelsError(
            f"{where} qid {qid!r} docid {docid!r}: relevance {relevance:,} is not between "
            f"-{MAX_GRADE:,} and {MAX_GRADE:,}: trec_eval counts documents of every grade up to "
            "the greatest. Use smaller grades in the same order."
        )
    return qid, docid, relevance
