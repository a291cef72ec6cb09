"""Every reader given generated input: a value, or an L0Error, and never another exception."""

import contextlib
import gzip
import json
import shutil

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from l0pyserini.data import cacm, open_corpus, read_qrels, read_topics
from l0pyserini.data.runs import read_run
from l0pyserini.data.topics import stream_topics
from l0pyserini.encode.collection import read_shard
from l0pyserini.encode.manifest import Manifest
from l0pyserini.encode.validate import validate
from l0pyserini.encode.vocabulary import read_vocabulary
from l0pyserini.errors import L0Error
from l0pyserini.evaluate.efficiency.record import read_efficiency, shown_rows
from l0pyserini.index.facts import read_facts
from l0pyserini.publish.leaderboard.description import read_description
from l0pyserini.publish.report.page import report_page
from l0pyserini.publish.report.results import read_results
from l0pyserini.query.encoder import IdfQueryEncoder
from l0pyserini.query.table import IdfTable
from l0pyserini.train.recipes import load_config
from l0pyserini.train.rows import open_rows

EXAMPLES = 100


def page_of(folder):
    """Make the page of a reproduction."""
    return report_page(read_results(folder), [], {}, "title")


def rows(path):
    """Read all training rows."""
    read = open_rows(str(path))
    return [read[number] for number in range(len(read))]


LINES = {
    "docs.jsonl": ("docs.jsonl", lambda path: list(open_corpus(str(path)))),
    "docs.tsv": (None, lambda path: list(open_corpus(str(path)))),
    "docs.jsonl.gz": (None, lambda path: list(open_corpus(str(path)))),
    "topics.tsv": ("topics.tsv", lambda path: read_topics(str(path))),
    "topics.jsonl": ("docs.jsonl", lambda path: read_topics(str(path))),
    "topics.txt": (None, lambda path: list(stream_topics(str(path)))),
    "cacm.topics": (None, lambda path: list(cacm.read_topics_file(path))),
    "qrels.txt": ("qrels.txt", lambda path: read_qrels(str(path))),
    "run.txt": ("run.txt", read_run),
    "docs-00000.jsonl": ("encoded/docs-00000.jsonl", lambda path: list(read_shard(path))),
    "shards/docs.jsonl": ("encoded/docs-00000.jsonl", lambda path: validate(path.parent)),
    "rows.jsonl": ("rows.jsonl", rows),
    "recipe.yaml": ("recipe.yaml", load_config),
}
"""{file: (the stock's sound one, its reader)}, of texts."""

OTHERS = {
    "docs.tsv": b"a\tone\nb\ttitle\ttwo\n",
    "docs.jsonl.gz": gzip.compress(b'{"id": "a", "text": "x"}\n' * 2, mtime=0),
    "topics.txt": b"<top>\n<num> Number: 051\n<title> Topic: one\n two\n</top>\n",
    "cacm.topics": b"<DOC>\n<DOCNO> 1 </DOCNO>\n one\n two\n</DOC>\n",
}
"""What is sound where the stock has none."""

RECORDS = {
    "manifest.json": ("encoded/manifest.json", lambda path: Manifest.load(path.parent)),
    "vocabulary.json": ("index/vocabulary.json", lambda path: read_vocabulary(path.parent)),
    "cost.json": ("cost.json", lambda path: shown_rows([read_efficiency(path)])),
    "system.json": ("system.json", lambda path: read_description("trec", path)),
    "l0pyserini.json": ("index/l0pyserini.json", lambda path: read_facts(path.parent)),
    "reproduced/matrix.json": ("reproduced/matrix.json", lambda path: page_of(path.parent)),
    "idf.json": (None, IdfTable.load),
    "query_encoder.json": (None, IdfQueryEncoder.load),
}
"""The same of JSON records, whose values are changed one by one as well."""

SMALL = {
    "idf.json": {"report": 1.0, "of": 0.5},
    "query_encoder.json": {
        "format": "l0pyserini-query-encoder-1",
        "tokenizer": '{"model": {"type": "WordLevel", "vocab": {"report": 0}, "unk_token": "x"}}',
        "idf": {"report": 1.0},
    },
}
SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(-(10**25), 10**25), st.floats(), st.text(max_size=8)
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=5,
)
PIECES = st.one_of(
    st.binary(max_size=12),
    st.sampled_from(
        [b"\n", b"\t", b" ", b"\0", b"\r", b'"', b"{", b"[", b"}", b"\xef\xbb\xbf", b"\xc2\x85",
         b"nan", b"-1", b"1e999", b"null", b"\xc2\xb2", b"<top>", b"</top>", b"<num> ", b"</DOC>",
         b"9" * 30, b"\\ud800", b"<script>"]
    ),
)  # fmt: skip


@st.composite
def damaged(draw, sound):
    """Bytes of a sound file with pieces put in, taken out or moved; or bytes of no file."""
    content = sound if draw(st.integers(0, 9)) else draw(st.binary(max_size=60))
    for _ in range(draw(st.integers(1, 3))):
        start = draw(st.integers(0, len(content)))
        end = min(len(content), start + draw(st.integers(0, 20)))
        piece = draw(PIECES | st.just(content[:start][-30:]))
        content = content[:start] + piece + content[end:]
    return content[: draw(st.integers(0, len(content)))] if draw(st.booleans()) else content


@st.composite
def altered(draw, sound):
    """A record with one value, however deep, replaced or left out."""
    record = json.loads(json.dumps(sound))
    place = record
    while True:
        keys = list(place) if isinstance(place, dict) else list(range(len(place)))
        key = draw(st.sampled_from(keys))
        inner = place[key]
        if isinstance(inner, dict | list) and inner and draw(st.integers(0, 3)):
            place = inner
            continue
        if draw(st.booleans()):
            place[key] = draw(VALUES)
        else:
            del place[key]
        return json.dumps(record).encode()


def sound_of(stock, file, known):
    """Return the bytes of a sound file."""
    if file in SMALL:
        return json.dumps(SMALL[file]).encode()
    return OTHERS[file] if known is None else (stock / known).read_bytes()


def check(strategy, place, read):
    """Give a reader what a strategy draws."""
    place.parent.mkdir(parents=True, exist_ok=True)

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
    )
    @given(strategy)
    def give(content):
        place.write_bytes(content)
        with contextlib.suppress(L0Error):
            read(place)

    give()


@pytest.mark.parametrize("file", LINES)
def test_texts(file, stock, tmp_path):
    known, read = LINES[file]
    sound = sound_of(stock, file, known)
    strategy = damaged(sound)
    if file.endswith((".jsonl", ".yaml")):
        # The first line's record, or the recipe, which may be JSON too.
        first = sound if file.endswith(".yaml") else sound.split(b"\n")[0]
        record = yaml.safe_load(first)
        strategy |= altered(record)
    check(strategy, tmp_path / file, read)


@pytest.mark.parametrize("file", RECORDS)
def test_records(file, stock, tmp_path):
    known, read = RECORDS[file]
    sound = sound_of(stock, file, known)
    if file.startswith("reproduced/"):
        shutil.copytree(stock / "reproduced", tmp_path / "reproduced")
    if file == "l0pyserini.json":
        (tmp_path / "segments_1").touch()
    check(damaged(sound) | altered(json.loads(sound)), tmp_path / file, read)
