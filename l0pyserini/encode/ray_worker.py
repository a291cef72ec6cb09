"""What an actor of a Ray cluster does for an encoding. This file imports no Ray."""

import secrets
from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from l0pyserini.base.files import TEMPORARY_SUFFIX, disk_errors
from l0pyserini.base.objects import is_url
from l0pyserini.base.ray_cluster import check_version, node_name
from l0pyserini.data import Corpus, open_corpus
from l0pyserini.data.records import ArrayVector, Document
from l0pyserini.data.streams import DocumentsDigest
from l0pyserini.encode import agreement
from l0pyserini.encode.collection import CollectionStatistics, read_shard
from l0pyserini.encode.half import BM25, LearnedHalf, Loading
from l0pyserini.encode.journal import FinishedShard
from l0pyserini.encode.shard import EncodeOptions, ShardEncoder, ShardJob
from l0pyserini.encode.stored_shards import put_shard, staging, stored_shard
from l0pyserini.errors import CheckpointError, ClusterError, CorpusError, StoreError
from l0pyserini.model.checkpoint import Checkpoint, open_checkpoint
from l0pyserini.query.lexical import Bm25Impacts


@dataclass(frozen=True)
class Assignment:
    """What a worker must have before it encodes.

    version: of l0pyserini. corpus: as open_corpus takes it on any node. shown: as messages name it.
    loading: of the encoder, by a name that any node can take. weights_sha256: of the encoder.
    """

    version: str
    corpus: str
    shown: str
    loading: Loading
    weights_sha256: str


class ModelFacts(NamedTuple):
    """What a driver without the model says of it."""

    activation: str
    max_length: int
    backend: str
    measured: dict[str, dict[str, float]]


class MadeShard(NamedTuple):
    """An encoded shard under a temporary name.

    place: its path, or its name in an object store. beginning: vectors for the agreement of floats
    and impacts, of the corpus's first shard only.
    """

    place: Path | str
    finished: FinishedShard
    statistics: CollectionStatistics
    beginning: list[ArrayVector] | None


class ShardWorker:
    """An actor: keeps the model, and encodes one shard after the other."""

    def __init__(self) -> None:
        self._done = 0
        self._folder = f"worker-{secrets.token_hex(8)}{TEMPORARY_SUFFIX}"
        self._half: LearnedHalf
        self._corpus: Corpus
        self._shown = ""

    def start(self, given: Assignment) -> ModelFacts:
        """Load what is needed, and make sure that it is what the driver has.

        Raises:  ClusterError: if this node lacks it or has another.
                 UsageError, CheckpointError: as one process that encodes.
        """
        check_version(given.version)
        try:
            self._corpus = open_corpus(given.corpus)
        except CorpusError as fault:
            raise ClusterError(
                f"{node_name()}: does not have the corpus. {fault} "
                "All nodes must see it at the same path, on a disk that they share, or at a URL."
            ) from fault
        except StoreError as fault:
            raise StoreError(f"{node_name()}: {fault}") from fault
        self._shown = given.shown
        self._half = given.loading.half(_checkpoint(given))
        model = self._half.model
        return ModelFacts(
            model.activation, model.max_length, model.backend, model.computes.measured
        )

    def encode(
        self, output: Path | str, options: EncodeOptions, stems: Bm25Impacts | None, job: ShardJob
    ) -> MadeShard:
        """Encode a shard into a folder below the one where the collection is made, or its URL.

        Raises:  ClusterError: if this node does not see that folder, or reads other documents.
                 StoreError: if an object store does not take the shard.
                 CheckpointError, DiskError: as one process that encodes.
        """
        folder = staging() if is_url(output) else Path(output)
        if not folder.is_dir():
            raise ClusterError(
                f"{node_name()}: does not see {folder}, where the collection is made. "
                "Give an --output on a disk that all nodes share, at the same path, or a URL."
            )
        self._done = 0
        half, path = self._half, folder / self._folder / job.name
        tokens = half.checkpoint.tokenizer.tokens if half.checkpoint else []
        shards = ShardEncoder(half.model, tokens, stems, options, self._shown)
        statistics = CollectionStatistics()
        with disk_errors(path):
            finished = shards.write(path, self._documents(job), statistics, self._tell)
        beginning = None if job.number else (shards.beginning or [])[: agreement.DOCUMENTS]
        place = put_shard(path, str(output)) if is_url(output) else path
        return MadeShard(place, finished, statistics, beginning)

    def _documents(self, job: ShardJob) -> Iterator[Document]:
        """Stream a shard's documents, and make sure that the driver read the same."""
        digest, count = DocumentsDigest(), 0
        try:
            for document in self._corpus.documents([job.span]):
                digest.add(document)
                count += 1
                yield document
        except CorpusError as fault:
            raise ClusterError(f"{self._differs()} ({fault})") from fault
        if (count, digest.hexdigest()) != (job.documents, job.digest):
            raise ClusterError(f"{self._differs()} (the documents of {job.name})")

    def _differs(self) -> str:
        return (
            f"{node_name()}: reads other documents in {self._corpus.place} than the machine that "
            "started the encoding. All nodes must see one and the same corpus"
        )

    def _tell(self, documents: int, _: int) -> None:
        self._done += documents

    def progress(self) -> int:
        """Return how many documents of the shard in work are encoded."""
        return self._done

    def count(self, place: Path | str, digest: str) -> CollectionStatistics:
        """Count the documents of a shard that is there already, at a path or a URL.

        Args:    digest: its sha256.
        Raises:  CollectionError, StoreError: if an object store does not give that shard.
        """
        statistics = CollectionStatistics()
        found = stored_shard(place, digest) if isinstance(place, str) else nullcontext(place)
        with found as path:
            for document in read_shard(path):
                statistics.add(document.docid, document.vector)
        return statistics

    def tokenize(self, texts: Sequence[str]) -> list[list[int]]:
        """Tokenise texts as the model does."""
        return self._half.model.tokenize(texts)

    def encode_tokenized(self, ids: Sequence[list[int]], batch_size: int) -> list[ArrayVector]:
        """Encode texts as the model does."""
        return self._half.model.encode_tokenized(ids, batch_size)


def _checkpoint(given: Assignment) -> Checkpoint | None:
    encoder, activation = given.loading.encoder, given.loading.activation
    if encoder == BM25:
        return None
    try:
        checkpoint = open_checkpoint(
            encoder, activation, allow_remote_code=given.loading.allow_remote_code
        )
    except CheckpointError as fault:
        raise ClusterError(
            f"{node_name()}: does not have the encoder. {fault} "
            "All nodes must see its folder at the same path."
        ) from fault
    if checkpoint.weights_sha256() != given.weights_sha256:
        raise ClusterError(
            f"{node_name()}: {checkpoint.weights_file} holds other weights than on the machine "
            "that started the encoding. All nodes must see one and the same encoder."
        )
    return checkpoint
