"""SIGKILL at random moments of every command that writes, and what the next run makes of it.

    python benchmarks/kills.py --kills 208 --seed 14

Each command works on a few CACM documents. It runs in a child forked from a process that has
imported everything and computed nothing, so that the kills meet the command's work (reading flags
and models, starting Java, computing, writing, putting in place) and not Python's imports. The
moment is drawn evenly over the time of a whole run. Half of the kills end the command's own process
alone, so that a Java child of it lives on for a while, and half end both.

After each kill what lies under the output's name must be the state before or the state after; then
the command is run again, and its result must be what an undisturbed run gives: the same bytes of
encoded collections, runs and trained encoders; of indexes, whose segments carry random names, the
same documents, tokens and impacts by Lucene's CheckIndex and our totals, and the same bytes beside
them. Nothing may be left over. A child that finished before its kill is not counted as killed.
"""

import argparse
import contextlib
import hashlib
import os
import random
import shutil
import signal
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from itertools import islice
from pathlib import Path

import orjson
import torch
from common import machine

from l0pyserini.data import open_corpus
from l0pyserini.index.facts import read_facts, read_index_vocabulary
from l0pyserini.index.verify import check_index, index_totals
from l0pyserini.model.checkpoint import open_checkpoint
from l0pyserini.model.loading import load_masked_lm

DOCUMENTS = 32
IMPORTED = ("encode.runner", "index.grow", "search.api")
PARTS = {"all": slice(None), "first": slice(0, None, 2), "rest": slice(1, None, 2)}
ENCODER = "splade-tiny"
RECIPE = """
model: splade-tiny
activation: log1p_relu_2
max_length: 16
steps: 4
batch_size: 2
device: cpu
log_every: 1
save_every: 1
loss: {infonce: 1.0, in_batch_negatives: true}
data: {documents: 2}
"""

Content = dict[str, bytes]


@dataclass(frozen=True)
class Job:
    """A command and what it leaves.

    start: folder below the pieces with the state before, copied for each kill; None for nothing.
    again: the words of the next run. state: what the output holds, in a form to compare.
    refused: part of the message of a next run that finds all done, where that is an error.
    """

    name: str
    words: Sequence[str]
    output: str
    state: Callable[[Path], object]
    start: str | None = None
    again: Sequence[str] | None = None
    refused: str = ""


@dataclass
class Counts:
    """What happened to one command."""

    killed: int = 0
    finished: int = 0
    before: int = 0
    after: int = 0
    faults: list[str] = field(default_factory=list)


def bytes_of(path: Path) -> Content | bytes | None:
    """Return a file's bytes, or those of all files of a folder; None where nothing is."""
    if path.is_file():
        return path.read_bytes()
    if not path.is_dir():
        return None
    files = (file for file in path.rglob("*") if file.is_file())
    return {str(file.relative_to(path)): file.read_bytes() for file in files}


def index_of(path: Path) -> object:
    """Return all that an index promises and holds, after Lucene has read every byte of it."""
    if not path.is_dir():
        return None
    check_index(path)
    facts = read_facts(path)
    totals = index_totals(path)
    assert totals == (facts["indexed_documents"], read_index_vocabulary(path))
    return {name: value for name, value in facts.items() if name != "bytes"}, totals


def training_of(path: Path) -> object:
    """Return the bytes of a trained encoder, and the log without its times."""
    log = path / "log.jsonl"
    encoder = bytes_of(path / "encoder")
    if encoder is None or not log.is_file():
        return None
    lines = [orjson.loads(line) for line in log.read_bytes().splitlines()]
    return encoder, [(line["step"], line["loss"]) for line in lines if "loss" in line]


def import_all(chosen: Sequence[Job]) -> None:
    """Import what the commands need, before any child is forked."""
    training = ("train.api", "train.trainer") if any(job.name == "train" for job in chosen) else ()
    for name in (*IMPORTED, *training):
        import_module(f"l0pyserini.{name}")
    # transformers imports a model's module when the model is first asked for.
    load_masked_lm(open_checkpoint(ENCODER))


def needed(folder: Path, chosen: Sequence[Job]) -> set[str]:
    """Return the names of the collections and indexes that commands read or begin from."""
    words = {word for job in chosen for word in job.words}
    kinds = [f"{part}.{kind}" for part in (*PARTS, "old") for kind in ("encoded", "index")]
    starts = {job.start for job in chosen}
    return {kind for kind in kinds if kind in starts or str(folder / kind) in words}


def make_pieces(folder: Path, wanted: set[str]) -> None:
    """Make what the commands read and begin from."""
    documents = list(islice(open_corpus("cacm"), DOCUMENTS))
    for name, chosen in PARTS.items():
        lines = [orjson.dumps({"id": one.docid, "text": one.text}) for one in documents[chosen]]
        (folder / f"{name}.jsonl").write_bytes(b"\n".join(lines) + b"\n")
        encoded, index = folder / f"{name}.encoded", folder / f"{name}.index"
        if wanted & {encoded.name, index.name}:
            corpus = ["--corpus", str(folder / f"{name}.jsonl"), "--encoder", ENCODER]
            whole(["encode", *corpus, "--output", str(encoded), "--shard-size", "8"])
        if index.name in wanted:
            whole(["index", "--input", str(encoded), "--index", str(index)])
    if "old.encoded" in wanted:
        old = ["--output", str(folder / "old.encoded"), "--scale", "50"]
        whole(["encode", "--corpus", str(folder / "all.jsonl"), "--encoder", ENCODER, *old])
    topics = [f"{number}\t{one.text[:60]}" for number, one in enumerate(documents)]
    (folder / "topics.tsv").write_text("\n".join(topics).replace("\r", " ") + "\n")
    (folder / "old.run").write_text("old Q0 run 1 1 old\n")
    rows = [
        {"query": one.text[:40], "docs": [one.text[:200], other.text[:200]]}
        for one, other in zip(documents, reversed(documents), strict=True)
    ]
    (folder / "rows.jsonl").write_bytes(b"\n".join(map(orjson.dumps, rows)) + b"\n")
    (folder / "recipe.yaml").write_text(RECIPE)


def jobs(pieces: Path) -> list[Job]:
    """Return the commands; {} in their words stands for the folder of one kill."""
    encode = ["encode", "--corpus", str(pieces / "all.jsonl"), "--encoder", ENCODER]
    encode += ["--shard-size", "8", "--batch-size", "4", "--output", "{}/encoded"]
    first, rest = str(pieces / "first.encoded"), str(pieces / "rest.encoded")
    indexes = [str(pieces / "first.index"), str(pieces / "rest.index")]
    docids = [one.docid for one in islice(open_corpus("cacm"), 0, 12, 2)]
    train = ["train", "--config", str(pieces / "recipe.yaml"), "output={}/trained"]
    train.append(f"data.rows={pieces / 'rows.jsonl'}")
    search = ["search", "--index", str(pieces / "all.index"), "--hits", "20"]
    search += ["--topics", str(pieces / "topics.tsv"), "--output", "{}/run.txt", "--overwrite"]
    index = ["index", "--input", first, "--index", "{}/index", "--overwrite"]
    append = ["index.append", "--input", rest, "--index", "{}/index"]
    delete = ["index.delete", "--index", "{}/index", "--docids", *docids]
    merge = ["index.merge", "--input", *indexes, "--index", "{}/index", "--overwrite"]
    return [
        Job("encode", encode, "encoded", bytes_of, again=[*encode, "--resume"]),
        Job(
            "encode --overwrite",
            [*encode, "--overwrite"],
            "encoded",
            bytes_of,
            "old.encoded",
            [*encode, "--overwrite", "--resume"],
        ),
        Job("index", index, "index", index_of, "rest.index"),
        Job("append", append, "index", index_of, "first.index", refused="in the index already"),
        Job("delete", delete, "index", index_of, "first.index"),
        Job("merge", merge, "index", index_of, "all.index"),
        Job("search", search, "run.txt", bytes_of, "old.run"),
        Job("train", train, "trained", training_of, again=[*train, "--resume"]),
    ]


def run_verb(words: Sequence[str]) -> int:
    """Run a command in this process; return its exit code."""
    verb = import_module(f"l0pyserini.{words[0]}")
    if not hasattr(verb, "main"):
        verb = import_module(f"l0pyserini.{words[0]}.__main__")
    return int(verb.main(list(words[1:])))


def forked(action: Callable[[], int], log: Path) -> int:
    """Run an action in a child of its own group, whose printing goes to a file; return its pid."""
    pid = os.fork()
    if pid:
        return pid
    code = 1
    try:
        os.setsid()
        sink = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(sink, 1)
        os.dup2(sink, 2)
        torch.set_num_threads(1)
        code = action()
    except BaseException as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def ended(pid: int) -> int:
    """Wait for a child; return its exit code, or minus the signal that ended it."""
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def whole(words: Sequence[str]) -> float:
    """Run a command undisturbed in a child; return its seconds."""
    log = Path(tempfile.gettempdir()) / f"kills-{os.getpid()}.log"
    start = time.perf_counter()
    code = ended(forked(lambda: run_verb(list(words)), log))
    told = log.read_text()
    log.unlink()
    if code != 0:
        raise RuntimeError(f"{' '.join(words)}: exit code {code}\n{told}")
    return time.perf_counter() - start


class Campaign:
    """Kills of one command after another."""

    def __init__(self, pieces: Path, scratch: Path, chance: random.Random) -> None:
        self._pieces = pieces
        self._scratch = scratch
        self._chance = chance
        self._child = 0

    def run(self, job: Job, kills: int) -> Counts:
        """Kill a command so many times."""
        counts, place = Counts(), self._begin(job)
        before = self._state(job, place)
        seconds = whole(_words(job.words, place))
        after = self._state(job, place)
        while counts.killed < kills:
            place = self._begin(job)
            alone = self._chance.random() < 0.5
            if not self._kill(job, place, seconds * self._chance.random(), alone):
                counts.finished += 1
                continue
            counts.killed += 1
            self._judge(job, place, before, after, counts)
        return counts

    def _begin(self, job: Job) -> Path:
        shutil.rmtree(self._scratch, ignore_errors=True)
        place = self._scratch / "place"
        place.mkdir(parents=True)
        if job.start is not None:
            source = self._pieces / job.start
            copy = shutil.copytree if source.is_dir() else shutil.copyfile
            copy(source, place / job.output)
        return place

    def _kill(self, job: Job, place: Path, after: float, alone: bool) -> bool:
        """Return whether the command was killed before it was done."""
        words = _words(job.words, place)
        pid = self._child = forked(lambda: run_verb(words), self._scratch / "killed.log")
        time.sleep(after)
        os.kill(pid, signal.SIGKILL)
        if not alone:
            _kill_group(pid)
        return ended(pid) == -signal.SIGKILL

    def _judge(self, job: Job, place: Path, before: str, after: str, counts: Counts) -> None:
        """See what a kill left, run the command again, and compare."""
        words, log = _words(job.again or job.words, place), self._scratch / "again.log"

        def again() -> int:
            _note(place, "left", _digest(job, place))
            code = run_verb(words)
            _note(place, "found", _digest(job, place))
            return code

        code = ended(forked(again, log))
        _kill_group(self._child)
        told, left, found = (_read(path) for path in (log, _at(place, "left"), _at(place, "found")))
        counts.before += left == before
        counts.after += left == after
        # A training's log and checkpoints grow while it runs.
        if left not in (before, after) and job.name != "train":
            counts.faults.append(f"{job.name}: neither before nor after: {left} {told}")
        if code != 0 and not (left == after and job.refused and job.refused in told):
            counts.faults.append(f"{job.name}: the next run failed ({code}): {told}")
        if found != after:
            counts.faults.append(f"{job.name}: ended with {found}, expected {after} {told}")
        if names := [path.name for path in place.iterdir() if path.name != job.output]:
            counts.faults.append(f"{job.name}: left over: {', '.join(names)}")

    def _state(self, job: Job, place: Path) -> str:
        """Return a digest of the output, read in a child: it may need a JVM."""
        log = self._scratch / "state.log"

        def look() -> int:
            _note(place, "state", _digest(job, place))
            return 0

        if ended(forked(look, log)) != 0:
            raise RuntimeError(f"{job.name}: cannot be read: {_read(log)}")
        return _read(_at(place, "state"))


def _digest(job: Job, place: Path) -> str:
    return hashlib.sha256(repr(job.state(place / job.output)).encode()).hexdigest()


def _at(place: Path, name: str) -> Path:
    return place.with_name(f"{name}.digest")


def _note(place: Path, name: str, digest: str) -> None:
    _at(place, name).write_text(digest)


def _read(path: Path) -> str:
    return path.read_text() if path.is_file() else "nothing"


def _words(words: Sequence[str], place: Path) -> list[str]:
    return [word.replace("{}", str(place)) for word in words]


def _kill_group(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(pid, signal.SIGKILL)


def main() -> int:
    """Run the campaign; return 1 if anything was lost, doubled or left over."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=208, help="in all (default 208)")
    parser.add_argument("--seed", type=int, default=14)
    parser.add_argument("--only", nargs="+", help="names of commands (default all)")
    args = parser.parse_args()
    # A hundred short lives of Java: its optimising compiler would take longer than the work.
    os.environ["JAVA_TOOL_OPTIONS"] = "-XX:TieredStopAtLevel=1"
    # Of the threads that importing starts none works for the children.
    warnings.filterwarnings("ignore", message=".*use of fork", category=DeprecationWarning)
    print(machine(), f"seed {args.seed}", sep="\n", flush=True)
    faults: list[str] = []
    with tempfile.TemporaryDirectory() as folder:
        pieces = Path(folder) / "pieces"
        pieces.mkdir()
        chosen = [job for job in jobs(pieces) if not args.only or job.name in args.only]
        import_all(chosen)
        make_pieces(pieces, needed(pieces, chosen))
        total = 0
        for number, job in enumerate(chosen):
            share = args.kills * (number + 1) // len(chosen) - args.kills * number // len(chosen)
            chance = random.Random(f"{args.seed} {job.name}")
            start = time.perf_counter()
            counts = Campaign(pieces, Path(folder) / "scratch", chance).run(job, share)
            total += counts.killed
            faults += counts.faults
            print(
                f"{job.name:<20}{counts.killed:4} killed ({counts.before} before, {counts.after} "
                f"after, {counts.finished} more were done sooner), {len(counts.faults)} faults, "
                f"{time.perf_counter() - start:.0f} s",
                flush=True,
            )
    print(f"{total} kills, {len(faults)} faults")
    print("\n".join(faults), end="")
    return bool(faults)


if __name__ == "__main__":
    sys.exit(main())
