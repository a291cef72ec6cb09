"""measure_efficiency: what `python -m l0pyserini.evaluate.efficiency` does, as a function."""

import datetime
import json
import os
import platform
import statistics
import tempfile
import time
from collections.abc import Sequence
from importlib.metadata import version
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from l0pyserini.base.progress import progress_bar
from l0pyserini.data import open_corpus, read_topics
from l0pyserini.data.records import Topic
from l0pyserini.evaluate.efficiency.energy import EnergyMeter, energy_facts
from l0pyserini.evaluate.efficiency.indexes import MeasuredIndex, open_measured, open_measured_there
from l0pyserini.evaluate.efficiency.record import (
    EfficiencyRecord,
    EncodeSpeed,
    SearchSpeed,
    expected_cost,
    postings_read,
    spread,
)

if TYPE_CHECKING:
    from l0pyserini.opensearch import Cluster


def measure_efficiency(
    index: str | Path,
    topics: str,
    split: str = "test",
    hits: int = 1000,
    threads: int = 1,
    repeats: int = 3,
    lengths: str | None = None,
    corpus: str | None = None,
    encoder: str | None = None,
    encode_documents: int = 256,
    system: str | None = None,
    heap: str | None = None,
    cluster: "Cluster | None" = None,
) -> EfficiencyRecord:
    """Count and time retrieval on an index.

    Args:    index: an impact or BM25 index of ours. repeats: timed passes over the topics after
             one that is not timed; 0 to count only. lengths: where documents' lengths are counted:
             the encoded collection of an impact index, the corpus of a BM25 index.
             corpus, encoder: where given, encoding of the first documents is timed.
             system: name of the record; default the index folder's. cluster: an OpenSearch
             cluster, whose index is meant.
    Raises:  ImpactIndexError, TopicsError, CollectionError, CorpusError, CheckpointError,
             OpenSearchError.

    Example:
        >>> from l0pyserini import measure_efficiency
        >>> record = measure_efficiency("index", "topics.tsv", lengths="encoded", repeats=0)
        >>> record.documents, record.topics, record.search
        (3, 2, None)
    """
    asked = read_topics(topics, split)
    if cluster is None:
        opened = open_measured(Path(index), heap)
    else:
        opened = open_measured_there(cluster, str(index))
    try:
        queries = opened.query_tokens([topic.text for topic in asked])
        cost = expected_cost(queries, opened.df, opened.documents)
        search, search_joules = None, None
        if repeats:
            search, search_joules = _search(opened, asked, hits, threads, repeats)
        document_length = opened.document_length(lengths)
    finally:
        opened.close()
    encode, encode_joules = None, None
    if corpus is not None and encoder is not None:
        encode, encode_joules = _encode(corpus, encoder, encode_documents)
    return EfficiencyRecord(
        system=system or Path(index).name,
        kind=opened.kind,
        index=str(index),
        documents=opened.documents,
        topics=len(asked),
        flops=cost.flops,
        postings=spread(postings_read(queries, opened.df)),
        document_length=document_length,
        query_length=spread([len(query) for query in queries], histogram=True),
        index_bytes=opened.index_bytes,
        search=search,
        encode=encode,
        energy=energy_facts(
            search_joules,
            repeats * len(asked),
            encode_joules,
            encode.documents if encode else 0,
        ),
        machine=machine_facts(),
    )


def _search(
    opened: MeasuredIndex, topics: Sequence[Topic], hits: int, threads: int, repeats: int
) -> tuple[SearchSpeed, float | None]:
    """Time one query after the other, then all at once; return joules of the latter too."""
    texts, qids = [topic.text for topic in topics], [topic.qid for topic in topics]
    latencies, rates = [], []
    with progress_bar(len(topics) * (2 * repeats + 1), "time", "queries") as bar:
        for turn in range(repeats + 1):
            for text, qid in zip(texts, qids, strict=True):
                start = time.perf_counter()
                opened.search([text], [qid], hits, 1)
                if turn:  # the first pass warms the JVM and the file cache
                    latencies.append((time.perf_counter() - start) * 1000)
                bar.update()
        meter = EnergyMeter()
        for _ in range(repeats):
            start = time.perf_counter()
            opened.search(texts, qids, hits, threads)
            rates.append(len(topics) / (time.perf_counter() - start))
            bar.update(len(topics))
        joules = meter.joules()
    speed = SearchSpeed(hits, threads, statistics.median(rates), spread(latencies))
    return speed, joules


def _encode(corpus: str, encoder: str, documents: int) -> tuple[EncodeSpeed, float | None]:
    """Time encoding the first documents of a corpus; the model's loading is left out."""
    from l0pyserini.encode.api import encode_corpus

    with tempfile.TemporaryDirectory(prefix="l0pyserini-") as folder:
        sample = Path(folder) / "docs.jsonl"
        records = [
            {"id": document.docid, "title": document.title, "text": document.text}
            for document in islice(open_corpus(corpus), documents)
        ]
        sample.write_text("".join(json.dumps(record) + "\n" for record in records))
        meter = EnergyMeter()
        _, seconds = encode_corpus(str(sample), encoder, Path(folder) / "encoded")
        return EncodeSpeed(len(records), seconds), meter.joules()


def machine_facts() -> dict[str, Any]:
    """Return what figures of speed depend on, and the day."""
    return {
        "processor": _processor(),
        "cores": os.cpu_count(),
        "system": platform.platform(),
        "python": platform.python_version(),
        **{name: version(name) for name in ("l0pyserini", "pyserini")},
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
    }


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor()
