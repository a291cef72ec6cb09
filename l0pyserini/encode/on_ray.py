"""Encoding on a Ray cluster: the driver's side. Importing this loads no Ray."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

from l0pyserini.base.ray_cluster import hired, joined
from l0pyserini.base.ray_pool import Call, Room, WorkerPool
from l0pyserini.base.torchrun import launched_count
from l0pyserini.data import stdin
from l0pyserini.data.opening import NAMES
from l0pyserini.data.records import ArrayVector
from l0pyserini.encode.collection import CollectionStatistics
from l0pyserini.encode.half import LearnedHalf, Loading, NoModel
from l0pyserini.encode.journal import Part
from l0pyserini.encode.ray_worker import Assignment, MadeShard, ModelFacts, ShardWorker
from l0pyserini.encode.shard import EncodeOptions, ShardJob, Tell
from l0pyserini.errors import UsageError
from l0pyserini.model.checkpoint import Checkpoint, embedded_encoders
from l0pyserini.query.lexical import Bm25Impacts
from l0pyserini.version import __version__


def refuse_beside_ray(corpus: str, part: Part, device: str) -> None:
    """Refuse what does not go together with --ray.

    Raises:  UsageError: naming it.
    """
    if launched_count() > 1:
        raise UsageError(
            "--ray under torchrun: each of its processes would start the whole encoding. "
            "Start the command once, without torchrun; Ray starts the workers."
        )
    if part.count > 1:
        raise UsageError(
            f"--ray with --shard-num {part.count}: Ray hands out the shards itself. "
            "Leave --shard-id and --shard-num out."
        )
    if corpus == stdin.NAME:
        raise UsageError(
            "--ray with --corpus -: other nodes cannot read this machine's standard input. "
            "Write it to a file on a disk that all nodes share."
        )
    if device not in ("cpu", "cuda"):
        raise UsageError(
            f"--ray with --device {device}: Ray gives each worker a GPU of its own. "
            "Expected cpu or cuda."
        )


class Crew:
    """The workers of an encoding, each of which keeps the model."""

    def __init__(self, pool: WorkerPool) -> None:
        self._pool = pool

    def half(self, checkpoint: Checkpoint | None) -> LearnedHalf:
        """Return a learned half whose model the workers keep, once one of them has loaded it."""
        if checkpoint is None:
            return LearnedHalf(NoModel(), None)
        # Its answer says nothing; that it comes says that there is a worker.
        self._pool.ask("progress")
        return LearnedHalf(RayModel(self._pool, self._pool.facts), checkpoint)

    def encode(
        self,
        output: Path | str,
        options: EncodeOptions,
        stems: Bm25Impacts | None,
        jobs: Sequence[ShardJob],
        tell: Tell,
    ) -> Iterator[MadeShard]:
        """Encode shards, in any order, each under a temporary name below a folder or URL.

        Raises:  ClusterError: from a node that does not see what it needs, or if workers are lost
            again and again.
                 CheckpointError, DiskError: as one process that encodes.
        """
        calls = [
            Call(job.number, "encode", (output, options, stems, job), job.documents) for job in jobs
        ]
        for _, made in self._pool.work(calls, lambda documents: tell(documents, 0)):
            yield made

    def count(self, shards: Sequence[tuple[Path | str, str]]) -> Iterator[CollectionStatistics]:
        """Count shards that are there already, each given by its path or URL and its sha256."""
        calls = [Call(number, "count", shard) for number, shard in enumerate(shards)]
        for _, counted in self._pool.work(calls):
            yield counted


class RayModel:
    """The model that the workers keep: what of a DocumentEncoder an encoding asks for."""

    def __init__(self, pool: WorkerPool, facts: ModelFacts) -> None:
        self._pool = pool
        self.activation, self.max_length, self.backend, measured = facts
        self.computes = SimpleNamespace(measured=measured)

    def tokenize(self, texts: Sequence[str]) -> list[list[int]]:
        """Tokenise texts on a worker."""
        ids: list[list[int]] = self._pool.ask("tokenize", texts)
        return ids

    def encode_tokenized(self, ids: Sequence[list[int]], batch_size: int) -> list[ArrayVector]:
        """Encode texts on a worker."""
        vectors: list[ArrayVector] = self._pool.ask("encode_tokenized", ids, batch_size)
        return vectors

    def encode_arrays(self, texts: Sequence[str], batch_size: int = 32) -> list[ArrayVector]:
        """Encode texts on a worker, as DocumentEncoder does."""
        return self.encode_tokenized(self.tokenize(texts), batch_size)


def assignment(
    corpus: str, shown: str, loading: Loading, checkpoint: Checkpoint | None
) -> Assignment:
    """Return what workers on any node are given.

    Args:    corpus: as open_corpus takes it here. shown: as messages name it.
    """
    weights = checkpoint.weights_sha256() if checkpoint else ""
    anywhere = replace(loading, encoder=_whole(loading.encoder))
    return Assignment(__version__, _whole(corpus), shown, anywhere, weights)


def _whole(spec: str) -> str:
    """Return a path as other working folders need it; names stay what they are."""
    embedded = spec in embedded_encoders() or spec in NAMES
    return spec if embedded or not Path(spec).exists() else str(Path(spec).absolute())


@contextmanager
def hired_crew(address: str, cpus: int, given: Assignment) -> Iterator[Crew]:
    """Join a cluster and start as many workers as it has room for; they end with the block.

    Args:    cpus: cores of a worker.
    Raises:  ClusterError: if the cluster cannot be joined, or a node lacks what a worker needs.
             UsageError: if no node has room for a worker.
    """
    room = Room(cpus, gpus=int(given.loading.device == "cuda"))
    begin = Call(-1, "start", (given,))
    with joined(address) as ray, hired(ray, ShardWorker, begin, room, "encode") as pool:
        yield Crew(pool)
