"""Encoding a corpus into shards: streamed, sorted by length, resumable to the same bytes."""

import fcntl
import json
import shutil
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from itertools import batched, islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from l0pyserini.corpora.corpus import Corpus
from l0pyserini.encode import agreement, manifest, vocabulary
from l0pyserini.encode.collection import (
    CollectionStatistics,
    EncodedDocument,
    read_shard,
    shard_name,
    shard_paths,
    token_fault,
    write_shard,
)
from l0pyserini.encode.manifest import Manifest, Shard
from l0pyserini.encode.quantize import check_scale, quantize
from l0pyserini.errors import CheckpointError, CollectionError, OutputExistsError
from l0pyserini.files import disk_errors, sha256, write_json
from l0pyserini.progress import progress_bar
from l0pyserini.records import Document, SparseVector
from l0pyserini.search import query

if TYPE_CHECKING:
    from l0pyserini.model.encoder import DocumentEncoder

JOURNAL = "encoding.journal"
LOCK = "encoding.lock"
BATCHES_PER_WINDOW = 32
"""Documents are sorted by length within this many batches, so that little is padding."""


@dataclass(frozen=True)
class EncodeOptions:
    """Everything that changes what an encoding run writes."""

    batch_size: int = 32
    document_scale: float = 100.0
    query_scale: float = query.DEFAULT_SCALE
    shard_size: int = 50_000


class CorpusEncoder:
    """One encoding run into one folder."""

    def __init__(
        self,
        corpus: Corpus,
        encoder: "DocumentEncoder",
        query_encoder: query.IdfQueryEncoder,
        output: Path,
        options: EncodeOptions,
        encoder_facts: dict[str, Any],
    ) -> None:
        check_scale(options.document_scale, "--scale")
        self._corpus = corpus
        self._encoder = encoder
        self._query_encoder = query_encoder
        self._output = output
        self._options = options
        self._statistics = CollectionStatistics()
        self._sample: list[Document] = []
        self._sample_vectors: list[SparseVector] = []
        self._settings = {
            "corpus": {"name": corpus.name, "sha256": corpus.fingerprint()},
            "encoder": {
                **encoder_facts,
                "activation": encoder.activation,
                "max_length": encoder.max_length,
            },
            "query_encoder": query_encoder.facts(),
            "document_scale": options.document_scale,
            "query_scale": options.query_scale,
            "batch_size": options.batch_size,
            "shard_size": options.shard_size,
        }
        self._check_vocabulary()

    def _check_vocabulary(self) -> None:
        for token in self._encoder.tokenizer.tokens:
            if token is not None and (fault := token_fault(token)):
                raise CheckpointError(f"{self._encoder.tokenizer.name}: {fault}")

    def run(self, overwrite: bool = False, resume: bool = False) -> Manifest:
        """Encode the corpus; return the manifest, which is the last file written.

        Raises:  OutputExistsError: if the folder holds a collection, or an unfinished one and
            neither overwrite nor resume is set.
                 CollectionError: if what is to be resumed was made with other settings.
        """
        total = self._corpus.document_count()
        with disk_errors(self._output), self._locked():
            finished = self._prepare(overwrite, resume)
            documents = iter(self._corpus)
            shards: list[Shard] = []
            with progress_bar(total, "encode", "docs") as bar:
                for name in finished:
                    shards.append(self._take_finished(name, documents))
                    bar.update(shards[-1].documents)
                while window := list(islice(documents, self._options.shard_size)):
                    shards.append(self._encode_shard(shard_name(len(shards)), window, bar))
                    self._write_journal(shards)
            return self._finish(shards)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        self._output.mkdir(parents=True, exist_ok=True)
        with open(self._output / LOCK, "w") as handle:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise OutputExistsError(
                    f"{self._output}: another encode writes into this folder right now. "
                    "Wait for it, or choose another --output."
                ) from None
            try:
                yield
            finally:
                (self._output / LOCK).unlink(missing_ok=True)

    def _prepare(self, overwrite: bool, resume: bool) -> list[str]:
        """Clear or check the folder; return the shards that are finished already."""
        journal = self._output / JOURNAL
        held = [path for path in self._output.iterdir() if path.name != LOCK]
        if journal.is_file() and resume:
            return self._resumable(journal)
        if held and not overwrite:
            hint = (
                "It is an unfinished encoding: continue it with --resume, or begin anew with"
                if journal.is_file()
                else "It was left as it is. Give"
            )
            raise OutputExistsError(
                f"{self._output}: is not empty. {hint} --overwrite, or choose another --output."
            )
        self._refuse_foreign(held)
        for path in held:
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        self._write_journal([])
        return []

    def _refuse_foreign(self, held: Sequence[Path]) -> None:
        """Overwrite only what encode itself wrote: a mistyped --output must not cost a folder."""
        ours = {JOURNAL, manifest.FILE_NAME, vocabulary.FILE_NAME, query.FILE_NAME}
        shards = set(shard_paths(self._output))
        for path in held:
            if path.name not in ours and path not in shards and path.suffix != ".part":
                raise OutputExistsError(
                    f"{self._output}: holds {path.name!r}, which no encode wrote, so --overwrite "
                    "does not clear it. Choose another --output or empty the folder yourself."
                )

    def _resumable(self, journal: Path) -> list[str]:
        record = json.loads(journal.read_text(encoding="utf-8"))
        for name, value in self._settings.items():
            if record["settings"].get(name) != value:
                raise CollectionError(
                    f"{self._output}: cannot be resumed: its {name} was "
                    f"{record['settings'].get(name)!r} and is now {value!r}. "
                    "Resume with the same settings, or begin anew with --overwrite."
                )
        for shard in record["shards"]:
            path = self._output / shard["file"]
            if not path.is_file() or sha256(path) != shard["sha256"]:
                raise CollectionError(
                    f"{path}: is not what the unfinished run wrote (missing or changed). "
                    "Begin anew with --overwrite."
                )
        return [shard["file"] for shard in record["shards"]]

    def _take_finished(self, name: str, documents: Iterator[Document]) -> Shard:
        """Count a finished shard again, and pass over its documents in the corpus."""
        path = self._output / name
        count = 0
        for encoded in read_shard(path):
            self._statistics.add(encoded.vector)
            document = next(documents)
            if len(self._sample) < self._window_size and count == len(self._sample):
                self._sample.append(document)
            count += 1
        return Shard(name, count, path.stat().st_size, sha256(path))

    def _write_journal(self, shards: Sequence[Shard]) -> None:
        record = {
            "settings": self._settings,
            "shards": [{"file": shard.file, "sha256": shard.sha256} for shard in shards],
        }
        write_json(self._output / JOURNAL, record)

    def _encode_shard(self, name: str, documents: Sequence[Document], bar: Any) -> Shard:
        return write_shard(self._output / name, self._encoded(documents, bar))

    def _encoded(self, documents: Iterable[Document], bar: Any) -> Iterator[EncodedDocument]:
        for window in batched(documents, self._window_size):
            vectors = self._encode_window(window)
            if not self._sample:
                self._sample, self._sample_vectors = list(window), vectors
            for document, vector in zip(window, vectors, strict=True):
                impacts = self._quantize(vector)
                self._statistics.add(impacts)
                yield EncodedDocument(document.docid, document.contents, impacts)
            bar.update(len(window))

    @property
    def _window_size(self) -> int:
        return self._options.batch_size * BATCHES_PER_WINDOW

    def _encode_window(self, documents: Sequence[Document]) -> list[SparseVector]:
        texts = [document.contents for document in documents]
        return self._encoder.encode(texts, self._options.batch_size)

    def _agreement(self) -> dict[str, float]:
        """Compare float and integer scores on the first window, the same after a resumed run."""
        if not self._sample_vectors:
            self._sample_vectors = self._encode_window(self._sample)
        chosen = slice(agreement.SAMPLE_DOCUMENTS)
        return agreement.rank_agreement(
            self._sample[chosen],
            self._sample_vectors[chosen],
            self._query_encoder,
            self._options.document_scale,
        )

    def _quantize(self, vector: SparseVector) -> dict[str, int]:
        weights = np.fromiter(vector.values(), dtype=np.float32, count=len(vector))
        impacts = quantize(weights, self._options.document_scale).tolist()
        return {token: impact for token, impact in zip(vector, impacts, strict=True) if impact}

    def _finish(self, shards: list[Shard]) -> Manifest:
        self._query_encoder.save(self._output / query.FILE_NAME)
        self._statistics.vocabulary.save(self._output)
        made = Manifest(
            settings=self._settings,
            **self._statistics.totals(),
            nnz=self._statistics.nnz(),
            shards=shards,
            vocabulary_sha256=sha256(self._output / vocabulary.FILE_NAME),
            agreement=self._agreement(),
            versions={name: version(name) for name in ("l0pyserini", "torch", "transformers")},
        )
        made.save(self._output)
        (self._output / JOURNAL).unlink()
        return made
