"""Encoding a corpus into shards: streamed, sorted by length, resumable to the same bytes.

Only `measured` in the manifest, the speeds of a backend other than float32, is each process's own.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from importlib.metadata import version
from itertools import batched, islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from l0pyserini.base.ahead import ahead
from l0pyserini.base.files import Span, disk_errors, sha256
from l0pyserini.base.folders import new_place
from l0pyserini.base.locks import hold
from l0pyserini.base.progress import progress_bar
from l0pyserini.data.corpus import Corpus
from l0pyserini.data.impacts import check_scale
from l0pyserini.data.records import ArrayVector, Document, ImpactVector
from l0pyserini.encode import agreement, vocabulary
from l0pyserini.encode.collection import (
    CollectionStatistics,
    EncodedDocument,
    read_shard,
    shard_name,
    token_fault,
    write_shard,
)
from l0pyserini.encode.journal import FinishedShard, Journal, Part
from l0pyserini.encode.manifest import Manifest
from l0pyserini.encode.output import prepare_folder, publish_collection, work_folder
from l0pyserini.encode.prune import Pruning
from l0pyserini.encode.rounding import quantize
from l0pyserini.encode.sampling import Sample, beginning
from l0pyserini.errors import CheckpointError, CorpusError, NotFiniteError
from l0pyserini.query import encoder as query
from l0pyserini.query.stems import stems_of

if TYPE_CHECKING:
    from l0pyserini.encode.half import NoModel
    from l0pyserini.model.encoder import DocumentEncoder

BATCHES_PER_WINDOW = 32
"""Documents are sorted by length within this many batches, so that little is padding."""

POSTING_CHARACTERS = 12
"""What `"token":123,` takes in a file on average, for the estimate in the progress line."""


class Window(NamedTuple):
    """Documents on their way. stems: their impacts; empty vectors without a lexical half."""

    documents: Sequence[Document]
    ids: list[list[int]]
    stems: list[ImpactVector]


@dataclass(frozen=True)
class EncodeOptions:
    """Everything that changes what an encoding run writes, and which part of it this is."""

    batch_size: int = 32
    document_scale: float = 100.0
    query_scale: float = query.DEFAULT_SCALE
    shard_size: int = 50_000
    pruning: Pruning = field(default_factory=Pruning)
    part: Part = field(default_factory=Part)
    gzip: bool = False


class CorpusEncoder:
    """One encoding run into one folder."""

    def __init__(
        self,
        corpus: Corpus,
        encoder: "DocumentEncoder | NoModel",
        query_encoder: query.IdfQueryEncoder,
        output: Path,
        options: EncodeOptions,
        encoder_facts: dict[str, Any],
    ) -> None:
        check_scale(options.document_scale, "--scale")
        self._corpus = corpus
        self._encoder = encoder
        self._query_encoder = query_encoder
        self._place = new_place(output)
        self._output = work_folder(self._place)
        self._options = options
        self._stems = query_encoder.stems
        learned = query_encoder.learned
        tokens = learned.tokenizer.tokens if learned else []
        self._tokens = np.array(tokens, dtype=object)
        self._statistics: CollectionStatistics | None = CollectionStatistics()
        self._sample: tuple[Sequence[Document], list[ArrayVector]] | None = None
        self._mass = np.zeros(2)
        self.found_finished = False
        self._settings = self._make_settings(encoder_facts)
        self._journal = Journal(self._output, options.part, self._settings)
        self._faults = {
            index: fault
            for index, token in enumerate(tokens)
            if token is not None and (fault := token_fault(token))
        }

    def _make_settings(self, encoder_facts: dict[str, Any]) -> dict[str, Any]:
        encoder, options = self._encoder, self._options
        lexical = {} if self._stems is None else {"lexical": self._stems.impacts.facts()}
        return {
            "corpus": {"name": self._corpus.name, "sha256": self._corpus.fingerprint()},
            "encoder": {
                **encoder_facts,
                "activation": encoder.activation,
                "max_length": encoder.max_length,
                "backend": encoder.backend,
            },
            "query_encoder": self._query_encoder.facts(),
            "document_scale": options.document_scale,
            "query_scale": options.query_scale,
            "pruning": options.pruning.facts(),
            "batch_size": options.batch_size,
            "shard_size": options.shard_size,
            "gzip": options.gzip,
            **lexical,
        }

    def run(self, overwrite: bool = False, resume: bool = False) -> Manifest | None:
        """Encode the corpus, or this part of it.

        The collection is made beside its place and put there whole. found_finished tells afterwards
        whether what was to be resumed was whole already.

        Returns: the manifest, None while other parts are not done.
        Raises:  OutputExistsError: if the folder holds a collection, or an unfinished one and
            neither overwrite nor resume is set.
                 OutputBusyError: if another process writes it.
                 CollectionError: if what is to be resumed was made with other settings.
                 CorpusError: from the corpus, also if it changed meanwhile.
        """
        total, spans = self._corpus.spans(self._options.shard_size)
        own = [number for number in range(len(spans)) if self._options.part.owns(number)]
        self._check_documents([spans[number] for number in own])
        with disk_errors(self._output), self._journal.locked():
            finished = prepare_folder(self._place, self._journal, overwrite, resume)
            if finished is not None:
                self.found_finished = True
                return finished
            todo = [number for number in own if self._name(number) not in self._journal.finished]
            if len(todo) < len(spans):
                # What this process does not encode is counted again when all is there.
                self._statistics = None
            try:
                self._write_shards(todo, spans, total)
            except CorpusError:
                # All lines were sound a while ago.
                self._check_unchanged()
                raise
            self._journal.write(done=True)
            with hold(self._place, wait=True):
                return self._finish()

    def _check_documents(self, spans: Sequence[Span]) -> None:
        """Read this part's documents once before hours go into encoding those before a bad one."""
        with progress_bar(None, "check", "docs") as bar:
            for _ in self._corpus.documents(spans):
                bar.update()

    def _name(self, number: int) -> str:
        return shard_name(number, self._options.gzip)

    def _write_shards(self, numbers: Sequence[int], spans: Sequence[Span], total: int) -> None:
        """Encode some shards; the lines of the others are not read."""
        size = self._options.shard_size
        documents = self._corpus.documents([spans[number] for number in numbers])
        to_do = sum(min(size, total - number * size) for number in numbers)
        with progress_bar(to_do, "encode", "docs") as bar:
            for number in numbers:
                self._write_shard(number, islice(documents, size), bar)

    def _write_shard(self, number: int, documents: Iterator[Document], bar: Any) -> None:
        self._mass = np.zeros(2)
        shard = write_shard(self._output / self._name(number), self._encoded(documents, bar))
        kept, whole = self._mass.tolist()
        self._journal.add(FinishedShard(shard, (kept, whole)))

    def _encoded(self, documents: Iterable[Document], bar: Any) -> Iterator[EncodedDocument]:
        # Reading and tokenising, computing, and writing go on at once, a window apart.
        for window, vectors in ahead(self._computed(ahead(self._windows(documents)))):
            if self._sample is None:
                self._sample = window.documents, vectors
            size = 0
            for document, vector, stems in zip(
                window.documents, vectors, window.stems, strict=True
            ):
                impacts = self._impacts(document, vector) | stems
                if self._statistics is not None:
                    self._statistics.add(document.docid, impacts)
                size += len(document.contents) + POSTING_CHARACTERS * len(impacts)
                yield EncodedDocument(document.docid, document.contents, impacts)
            bar.update(len(vectors))
            to_go = size / len(vectors) * (bar.total - bar.n)
            bar.set_postfix_str(f"about {to_go / 1e6:,.0f} MB to write", refresh=False)

    def _windows(self, documents: Iterable[Document]) -> Iterator[Window]:
        stems = self._stems
        for window in batched(documents, self._window_size):
            texts = [one.contents for one in window]
            found: list[ImpactVector] = [{} for _ in texts]
            if stems is not None:
                found = [stems.impacts.of(one) for one in stems_of(texts)]
            yield Window(window, self._encoder.tokenize(texts), found)

    def _computed(self, windows: Iterable[Window]) -> Iterator[tuple[Window, list[ArrayVector]]]:
        for window in windows:
            yield window, self._vectors(window.documents, window.ids)

    @property
    def _window_size(self) -> int:
        return self._options.batch_size * BATCHES_PER_WINDOW

    def _encode_window(self, documents: Sequence[Document]) -> list[ArrayVector]:
        ids = self._encoder.tokenize([document.contents for document in documents])
        return self._vectors(documents, ids)

    def _vectors(self, documents: Sequence[Document], ids: list[list[int]]) -> list[ArrayVector]:
        try:
            return self._encoder.encode_tokenized(ids, self._options.batch_size)
        except NotFiniteError as fault:
            docid = documents[fault.rows[0]].docid
            raise CheckpointError(f"{self._corpus.place} docid {docid!r}: {fault}") from fault

    def _impacts(self, document: Document, vector: ArrayVector) -> dict[str, int]:
        ids, weights = self._options.pruning.apply(vector)
        self._mass += weights.sum(dtype=np.float64), vector[1].sum(dtype=np.float64)
        impacts = quantize(weights, self._options.document_scale)
        found = impacts > 0
        for index in self._faults.keys() & ids[found].tolist() if self._faults else ():
            raise CheckpointError(
                f"{self._corpus.place} docid {document.docid!r}: {self._faults[index]}"
            )
        return dict(zip(self._tokens[ids[found]].tolist(), impacts[found].tolist(), strict=True))

    def _finish(self) -> Manifest | None:
        """Write the sidecars and publish once every part is done."""
        if not self._output.is_dir():
            # Another part was the last.
            return Manifest.load(self._place)
        finished = self._journal.all_parts()
        if finished is None:
            return None
        self._check_unchanged()
        statistics = self._statistics or self._recount(finished)
        self._counted(statistics).save(self._output / query.FILE_NAME)
        statistics.vocabulary.save(self._output)
        kept, whole = np.array([one.mass for one in finished]).sum(axis=0).tolist()
        made = Manifest(
            settings=self._settings,
            **statistics.totals(),
            nnz=statistics.nnz(),
            mass_kept=round(kept / whole, 6) if whole else 1.0,
            shards=[one.shard for one in finished],
            vocabulary_sha256=sha256(self._output / vocabulary.FILE_NAME),
            postings_digest=str(statistics.digest),
            agreement=self._agreement(),
            versions={name: version(name) for name in ("l0pyserini", "torch", "transformers")},
            measured=self._encoder.computes.measured,
        )
        made.save(self._output)
        publish_collection(self._place, self._journal)
        return made

    def _counted(self, statistics: CollectionStatistics) -> query.IdfQueryEncoder:
        """Return the query encoder with the documents' own statistics."""
        totals, df = statistics.totals(), statistics.vocabulary.df()
        documents = totals["documents"] - totals["empty_documents"]
        return self._query_encoder.counted(documents, df, statistics.largest)

    def _check_unchanged(self) -> None:
        if self._corpus.fingerprint() != self._settings["corpus"]["sha256"]:
            raise CorpusError(
                f"{self._corpus.place}: was changed while it was encoded. "
                "Encode it again with --overwrite once it is complete."
            )

    def _recount(self, finished: Sequence[FinishedShard]) -> CollectionStatistics:
        """Count what other processes, or an interrupted one, wrote.

        Raises:  CorpusError: if two shards hold the same docid, which no part alone can see.
        """
        statistics, seen = CollectionStatistics(), set[str]()
        for one in finished:
            for document in read_shard(self._output / one.shard.file):
                if document.docid in seen:
                    raise CorpusError(
                        f"{self._corpus.place} docid {document.docid!r}: comes twice, the second "
                        f"time among the documents of {one.shard.file}. Docids must be unique; "
                        "remove or rename one of the two and encode again with --overwrite."
                    )
                seen.add(document.docid)
                statistics.add(document.docid, document.vector)
        return statistics

    def _agreement(self) -> dict[str, float]:
        """Compare float and integer scores of the learned half on the corpus's first window."""
        learned = self._query_encoder.learned
        if learned is None:
            return {}
        if self._sample is None or self._statistics is None:
            window = list(islice(self._corpus, min(self._window_size, self._options.shard_size)))
            self._sample = window, self._encode_window(window)
        chosen = slice(agreement.DOCUMENTS)
        documents, vectors = self._sample[0][chosen], self._sample[1][chosen]
        sample = Sample(
            docids=[one.docid for one in documents],
            vectors=[self._options.pruning.apply(one) for one in vectors],
            topics=[beginning(one) for one in documents[: agreement.QUERIES]],
        )
        return agreement.rank_agreement(sample, learned, self._options.document_scale)
