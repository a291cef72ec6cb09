"""The real trec_eval: the binary in Anserini's jar, or the library built from its source."""

import platform
import subprocess
import tempfile
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from l0pyserini.errors import EvaluationError, JavaError
from l0pyserini.evaluate.measures import Measure
from l0pyserini.lucene.jvm import fatjar
from l0pyserini.records import Qrels, Run

PerTopic = dict[str, dict[str, float]]
"""{measure name: {qid: value}}."""

ALL = "all"
"""What trec_eval calls the mean over all judged topics."""

_SYSTEMS = {"Linux": "linux", "Darwin": "macosx"}
_MACHINES = {"x86_64": ("amd64", "x86_64"), "aarch64": ("aarch64",), "arm64": ("aarch64",)}


def binary_in_jar() -> str | None:
    """Return the name of this platform's trec_eval in Anserini's jar; None where there is none."""
    system = _SYSTEMS.get(platform.system())
    try:
        with zipfile.ZipFile(fatjar()) as jar:
            names = set(jar.namelist())
    except (JavaError, OSError, zipfile.BadZipFile):
        return None
    for machine in _MACHINES.get(platform.machine(), ()):
        if (name := f"trec_eval/trec_eval-{system}-{machine}") in names:
            return name
    return None


def trec_eval(qrels: Qrels, run: Run, measures: Sequence[Measure]) -> PerTopic:
    """Return four-decimal values of each topic of the run, and under "all" the mean.

    Means are over all topics of the qrels (trec_eval -c); a topic that the run lacks counts 0.
    The binary is used where there is one for this platform, else the library pytrec_eval, which
    is compiled from the same source.

    Raises:  EvaluationError: if trec_eval fails.
    """
    name = binary_in_jar()
    values: PerTopic = {measure.name: {} for measure in measures}
    for depth in dict.fromkeys(measure.depth for measure in measures):
        together = [measure for measure in measures if measure.depth == depth]
        if name is not None:
            values.update(by_binary(name, qrels, run, together, depth))
        else:
            values.update(by_library(qrels, run, together, depth))
    return values


def by_binary(
    name: str, qrels: Qrels, run: Run, measures: Sequence[Measure], depth: int | None = None
) -> PerTopic:
    """Return the values through the binary of that name in the jar."""
    with _unpacked(name) as folder:
        _write_qrels(folder / "qrels", qrels)
        _write_run(folder / "run", run)
        command = [str(folder / "trec_eval"), "-c", "-q"]
        command += ["-M", str(depth)] if depth else []
        for measure in measures:
            command += ["-m", measure.trec_eval]
        done = subprocess.run(
            [*command, str(folder / "qrels"), str(folder / "run")],
            capture_output=True,
            text=True,
            check=False,
        )
    if done.returncode != 0:
        raise EvaluationError(
            f"trec_eval failed (exit code {done.returncode}): {done.stderr.strip()[:300]}. "
            "Check the run and the qrels with `python -m l0pyserini.evaluate --debug`."
        )
    printed = {measure.printed: measure.name for measure in measures}
    values: PerTopic = {measure.name: {} for measure in measures}
    for line in done.stdout.splitlines():
        measure_name, qid, value = line.split()
        values[printed[measure_name]][qid] = float(value)
    return values


@contextmanager
def _unpacked(name: str) -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="l0pyserini-trec-eval-") as folder:
        binary = Path(folder) / "trec_eval"
        with zipfile.ZipFile(fatjar()) as jar:
            binary.write_bytes(jar.read(name))
        binary.chmod(0o755)
        yield Path(folder)


def _write_qrels(path: Path, qrels: Qrels) -> None:
    with open(path, "w", encoding="utf-8") as handle:
        for qid, judged in qrels.items():
            handle.writelines(f"{qid} 0 {docid} {grade}\n" for docid, grade in judged.items())


def _write_run(path: Path, run: Run) -> None:
    # repr gives the shortest digits that read back as the same number.
    with open(path, "w", encoding="utf-8") as handle:
        for qid, hits in run.items():
            handle.writelines(f"{qid} Q0 {hit.docid} 0 {float(hit.score)!r} run\n" for hit in hits)


def by_library(
    qrels: Qrels, run: Run, measures: Sequence[Measure], depth: int | None = None
) -> PerTopic:
    """Return the same values through pytrec_eval, without the binary.

    Args:    depth: documents a topic that are looked at; None = all.
    """
    import pytrec_eval

    evaluator = pytrec_eval.RelevanceEvaluator(qrels, {measure.trec_eval for measure in measures})
    # trec_eval keeps scores as float32; the library would tell apart what trec_eval calls a tie.
    cut = {
        qid: {hit.docid: float(np.float32(hit.score)) for hit in hits[:depth]}
        for qid, hits in run.items()
    }
    found = evaluator.evaluate(cut)
    values: PerTopic = {}
    for measure in measures:
        exact = {qid: found[qid][measure.printed] for qid in found}
        values[measure.name] = {qid: round(value, 4) for qid, value in exact.items()}
        total = sum(exact.values())
        values[measure.name][ALL] = round(total / (1 if measure.is_count else len(qrels)), 4)
    return values
