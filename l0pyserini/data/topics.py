"""What --topics names: files of topics, BEIR folders, `cacm`, `irds:ID`, standard input."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

from l0pyserini.base.files import read_lines
from l0pyserini.data import cacm, irds, stdin
from l0pyserini.data.cacm import cut_short
from l0pyserini.data.jsonl import read_objects, take
from l0pyserini.data.qrels import beir_qrels_file, read_qrels
from l0pyserini.data.records import Topic
from l0pyserini.errors import TopicsError

QID_KEYS = ("_id", "id", "qid", "query_id")
QUERY_KEYS = ("text", "query", "title")

Located = tuple[str, Topic]
"""(where it stands, as file:line, and the topic)."""

_FORMATS = (
    "tsv, tsv.gz, jsonl, TREC topics, a BEIR folder, irds:NAME, - (standard input) "
    "or the name 'cacm'"
)
_NUMBER = re.compile(r"<num>\s*(?:Number:)?\s*([^\s<]+)", re.IGNORECASE)
_DIGITS = re.compile(r"[0-9]{1,18}")
_TITLE = re.compile(r"<title>\s*(?:Topic:)?\s*(.*)", re.IGNORECASE)


def read_topics(spec: str, split: str = "test") -> list[Topic]:
    """Read all topics that --topics names; of a BEIR folder only those judged in the split.

    Raises:  TopicsError: if there are none, or a line is malformed, or a qid comes twice.

    Example:
        >>> from l0pyserini import read_topics
        >>> read_topics("topics.tsv")[0]
        Topic(qid='1', text='time sharing')
    """
    judged: dict[str, dict[str, int]] | None = None
    if Path(spec).is_dir() and not _is_name(spec):
        judged = read_qrels(str(beir_qrels_file(Path(spec), split)))
    place, found = _open(spec)
    topics: dict[str, Topic] = {}
    for where, topic in found:
        if not topic.qid or any(one.isspace() or one == "\0" for one in topic.qid):
            raise TopicsError(
                f"{where} qid {topic.qid!r}: empty, or with white space or a NUL, which a TREC run "
                "cannot carry. Give each topic an id without blanks."
            )
        if topic.qid in topics:
            raise TopicsError(
                f"{where} qid {topic.qid!r}: seen before. Topic ids must be unique; remove one."
            )
        topics[topic.qid] = topic
    chosen = [topic for topic in topics.values() if judged is None or topic.qid in judged]
    if not chosen:
        raise TopicsError(f"{place}: holds no topic. Expected {_FORMATS}.")
    return chosen


def stream_topics(spec: str) -> Iterator[Topic]:
    """Stream the topics of what --topics names, of a BEIR folder judged or not.

    Raises:  TopicsError: if there is no such file or a line is malformed.
    """
    _, found = _open(spec)
    for _, topic in found:
        yield topic


def _is_name(spec: str) -> bool:
    return spec in _NAMES or spec.startswith(irds.PREFIX)


def _open(spec: str) -> tuple[str, Iterator[Located]]:
    """Return the place of topics, for messages, and a stream of them."""
    if spec in _NAMES:
        return _NAMES[spec]()
    if spec.startswith(irds.PREFIX):
        return spec, irds.irds_topics(spec)
    path = Path(spec)
    if path.is_dir():
        path = _beir_queries(path)
    return str(path), _stream(path)


def _embedded() -> tuple[str, Iterator[Located]]:
    path = cacm.topics_file()
    return str(path), cacm.read_topics_file(path)


def _standard_input() -> tuple[str, Iterator[Located]]:
    kept = stdin.Kept()
    return stdin.SHOWN, kept.located(_stream(kept.path))


def _beir_queries(folder: Path) -> Path:
    for name in ("queries.jsonl", "queries.jsonl.gz"):
        if (folder / name).is_file():
            return folder / name
    raise TopicsError(f"{folder}: a folder without queries.jsonl. Expected {_FORMATS}.")


def _stream(path: Path) -> Iterator[Located]:
    if not path.is_file():
        raise TopicsError(f"{path}: no such topics. Expected {_FORMATS}.")
    name = path.name.removesuffix(".gz")
    for suffix, read in _SUFFIXES.items():
        if name.endswith(suffix):
            yield from read(path)
            return
    first = next((line.strip() for _, line in read_lines(path, TopicsError) if line.strip()), "")
    for beginning, read in _BEGINNINGS.items():
        if first.startswith(beginning):
            yield from read(path)
            return
    if "\t" in first:
        yield from _read_tsv(path)
    elif first:
        raise TopicsError(f"{path}:1: begins {first[:40]!r}. Expected {_FORMATS}.")


def _read_jsonl(path: Path) -> Iterator[Located]:
    for where, record in read_objects(path, TopicsError):
        qid = take(record, QID_KEYS, where, "id", TopicsError)
        yield where, Topic(qid, take(record, QUERY_KEYS, where, "query text", TopicsError))


def _read_tsv(path: Path) -> Iterator[Located]:
    for number, line in read_lines(path, TopicsError):
        if not line.strip():
            continue
        qid, tab, text = line.partition("\t")
        if not tab:
            raise TopicsError(f"{path}:{number}: no tab in {line[:40]!r}. Expected `qid TAB text`.")
        yield f"{path}:{number}", Topic(qid.strip(), text.strip())


def _read_trec(path: Path) -> Iterator[Located]:
    """Read <top> blocks; the query is the title, which may run on to the next tag."""
    qid, title, in_title, number = "", "", False, 0
    for number, line in read_lines(path, TopicsError):
        if match := _NUMBER.search(line):
            # Anserini takes numbered topics as numbers: 051 is topic 51 in its runs and qrels.
            qid = str(int(match[1])) if _DIGITS.fullmatch(match[1]) else match[1]
            in_title = False
        elif match := _TITLE.search(line):
            title, in_title = match[1].split("<", 1)[0], True
        elif line.strip().startswith("</top>"):
            if not qid or not title.strip():
                raise TopicsError(
                    f"{path}:{number}: the topic that ends here has no <num> or no <title>. "
                    "Expected both."
                )
            yield f"{path}:{number}", Topic(qid, " ".join(title.split()))
            qid, title, in_title = "", "", False
        elif line.strip().startswith("<"):
            in_title = False
        elif in_title:
            title += f" {line}"
    if qid or title:
        raise cut_short(path, number, qid, "</top>")


_NAMES: dict[str, Callable[[], tuple[str, Iterator[Located]]]] = {
    cacm.NAME: _embedded,
    stdin.NAME: _standard_input,
}
_SUFFIXES = {".jsonl": _read_jsonl, ".json": _read_jsonl, ".tsv": _read_tsv}
_BEGINNINGS = {"<top>": _read_trec, "<DOC>": cacm.read_topics_file, "{": _read_jsonl}
"""Of other files, by how their first line begins."""
