"""The stock that rows of the catalogue take from: a sound file or folder of every kind, all small.

docs.jsonl topics.tsv qrels.txt run.txt other.txt encoded/ index/ more.encoded/ bm25.index/
cost.json system.json rows.jsonl vectors/ recipe.yaml reproduced/ encoder/
"""

import json
import shutil
from pathlib import Path

import numpy as np

from l0pyserini import build_index, encode_corpus, run_bm25
from l0pyserini.data import open_corpus
from l0pyserini.model.checkpoint import embedded_encoders
from l0pyserini.publish.leaderboard.description import TEMPLATES
from l0pyserini.search.api import search_topics
from l0pyserini.train.embeddings import write_embeddings
from tests.helpers import write

DOCUMENTS = 12
MORE = 15
TOPICS = "t1\tpreliminary report\nt2\troots of polynomials\nt3\tdigital computers\n"
QRELS = "t1 0 CACM-0001 1\nt2 0 CACM-0002 2\nt3 0 CACM-0003 1\n"
RECIPE = """model: splade-tiny
output: trained
device: cpu
max_length: 16
steps: 1
batch_size: 2
data: {rows: rows.jsonl}
loss: {kl: 1.0}
"""


def write_stock(folder: Path) -> None:
    """Fill a folder."""
    read = [one for _, one in zip(range(MORE), open_corpus("cacm"), strict=False)]
    lines = [json.dumps({"id": one.docid, "text": one.text}) + "\n" for one in read]
    docs = write(folder / "docs.jsonl", "".join(lines[:DOCUMENTS]))
    more = write(folder / "more.jsonl", "".join(lines[DOCUMENTS:]))
    topics = write(folder / "topics.tsv", TOPICS)
    write(folder / "qrels.txt", QRELS)
    for corpus, name, size in ((docs, "encoded", 5), (more, "more.encoded", 50_000)):
        encode_corpus(str(corpus), "splade-tiny", folder / name, shard_size=size)
    build_index(folder / "encoded", folder / "index")
    search_topics(folder / "index", str(topics), folder / "run.txt")
    run_bm25(str(docs), folder / "bm25.index", str(topics), folder / "other.txt")
    write_records(folder)
    shutil.copytree(embedded_encoders()["splade-tiny"], folder / "encoder")


def write_records(folder: Path) -> None:
    """Write the records and recipes, made up where making them would take long."""
    write(folder / "recipe.yaml", RECIPE)
    rows = [
        {"query": f"q{i}", "docs": ["some text", "other text"], "scores": [1.0, 0.0]}
        for i in range(4)
    ]
    write(folder / "rows.jsonl", "".join(json.dumps(row) + "\n" for row in rows))
    texts = ["some text", "other text"]
    keys = {"queries": [*(f"q{i}" for i in range(4)), "other text"], "documents": texts}
    write_embeddings(
        folder / "vectors", {"teacher": "t"}, dict.fromkeys(keys, lambda ids: ids), keys,
        lambda texts, _: np.array([[len(one), 1] for one in texts], np.float16), False, False,
    )  # fmt: skip
    filled = {"team": "t", "description": "d", "track": "x"}
    write(folder / "system.json", json.dumps({**TEMPLATES["trec"], **filled}))
    spread = {"mean": 2.0, "p50": 2.0, "p95": 3.0, "p99": None, "max": 3.0, "histogram": None}
    cost = {
        "format": "l0pyserini-efficiency-1", "system": "s", "kind": "impact", "index": "index",
        "documents": 12, "topics": 3, "flops": 1.0, "postings": spread, "index_bytes": 9,
        "document_length": spread, "query_length": spread,
        "search": {"queries_per_second": 9.0, "latency_ms": spread}, "encode": None,
        "energy": None, "machine": {},
    }  # fmt: skip
    write(folder / "cost.json", json.dumps(cost))
    write_matrix(folder / "reproduced", cost)


def write_matrix(folder: Path, cost: dict[str, object]) -> None:
    """Write what `reproduce` leaves behind of two systems on one dataset."""
    names = ("published", "decimals", "published_as", "source", "difference", "verdict")
    machine = {
        "processor": "p",
        "cores": 2,
        "date": "2026-01-01",
        "l0pyserini": "1",
        "pyserini": "2",
    }
    cells = []
    for system, score in (("bm25-flat", 0.4), ("splade-tiny", 0.5)):
        cells.append(
            {"dataset": "tiny", "system": system, "measure": "nDCG@10", "score": score,
             **dict.fromkeys(names), "measures": {"nDCG@10": score}, "topics": 2,
             "index_bytes": 9, "seconds": {}, "commands": ["a command"],
             "machines": {"search": machine}}
        )  # fmt: skip
        place = folder / "tiny" / system
        place.mkdir(parents=True)
        topics = {"t1": score, "t2": score / 2}
        write(place / "cell.json", json.dumps({"result": {"per_topic": topics}}))
        write(place / "cost.json", json.dumps(cost))
    matrix = {
        "format": "l0pyserini-matrix-2", "averages": [], "cells": cells,
        "systems": ["bm25-flat", "splade-tiny"],
        "datasets": [{"name": "tiny", "documents": 2, "topics": 2, "qrels": 2,
                      "measure": "nDCG@10"}],
    }  # fmt: skip
    write(folder / "matrix.json", json.dumps(matrix))
