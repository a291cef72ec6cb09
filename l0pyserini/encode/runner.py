"""Encoding a corpus into shards: streamed, sorted by length, resumable to the same bytes.

Only `measured` in the manifest, the speeds of a backend other than float32, is each process's own.
"""

from collections.abc import Sequence
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Any

from l0pyserini.base.files import disk_errors
from l0pyserini.base.locks import hold
from l0pyserini.base.progress import progress_bar
from l0pyserini.data.corpus import Corpus
from l0pyserini.data.impacts import check_scale
from l0pyserini.data.streams import DocumentsDigest
from l0pyserini.encode.collection import CollectionStatistics, shard_name
from l0pyserini.encode.finish import Finish, recounted
from l0pyserini.encode.half import Model
from l0pyserini.encode.journal import Journal
from l0pyserini.encode.manifest import Manifest
from l0pyserini.encode.output import Output
from l0pyserini.encode.shard import EncodeOptions, ShardEncoder, ShardJob, Tell
from l0pyserini.errors import ClusterError, CorpusError
from l0pyserini.query import encoder as query

if TYPE_CHECKING:
    from l0pyserini.encode.on_ray import Crew


class CorpusEncoder:
    """One encoding run into one output.

    Args:    crew: encodes the shards on a Ray cluster; None = here. checked: the whole corpus was
             read already, and each document was sound.
    """

    def __init__(
        self,
        corpus: Corpus,
        encoder: Model,
        query_encoder: query.IdfQueryEncoder,
        output: Output,
        options: EncodeOptions,
        encoder_facts: dict[str, Any],
        crew: "Crew | None" = None,
        checked: bool = False,
    ) -> None:
        check_scale(options.document_scale, "--scale")
        self._corpus = corpus
        self._encoder = encoder
        self._query_encoder = query_encoder
        output.make_room()
        self._output = output
        self._options = options
        self._crew = crew
        # Checking also counts the digests that a crew's nodes are told.
        self._sound = checked and crew is None
        self._stems = query_encoder.stems.impacts if query_encoder.stems else None
        learned = query_encoder.learned
        tokens = learned.tokenizer.tokens if learned else []
        self._shards = ShardEncoder(encoder, tokens, self._stems, options, corpus.place)
        self._statistics: CollectionStatistics | None = CollectionStatistics()
        self.found_finished = False
        self._settings = self._make_settings(encoder_facts)
        self._journal = Journal(output.work, options.part, self._settings, output.holds)

    def _make_settings(self, encoder_facts: dict[str, Any]) -> dict[str, Any]:
        encoder, options = self._encoder, self._options
        lexical = {} if self._stems is None else {"lexical": self._stems.facts()}
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
                 ClusterError: from the cluster, where there is one.
        """
        total, spans = self._corpus.spans(self._options.shard_size)
        size = self._options.shard_size
        jobs = [
            ShardJob(number, self._name(number), span, min(size, total - number * size))
            for number, span in enumerate(spans)
            if self._options.part.owns(number)
        ]
        if not self._sound:
            jobs = self._checked(jobs)
        with self._output.named(), disk_errors(self._output.work), self._journal.locked():
            finished = self._output.prepare(self._journal, overwrite, resume)
            if finished is not None:
                self.found_finished = True
                return finished
            todo = [job for job in jobs if job.name not in self._journal.finished]
            if len(todo) < len(spans) and self._crew is None:
                # What this process does not encode is counted again when all is there.
                self._statistics = None
            try:
                self._write_shards(todo)
            except (CorpusError, ClusterError):
                # All lines were sound a while ago.
                self._check_unchanged()
                raise
            self._journal.write(done=True)
            with hold(self._output.place, wait=True):
                return self._finish()

    def _checked(self, jobs: Sequence[ShardJob]) -> list[ShardJob]:
        """Read this part's documents once before hours go into encoding those before a bad one.

        Returns: the jobs, with digests of their documents, by which another machine knows that it
            reads the same.
        """
        documents = self._corpus.documents([job.span for job in jobs])
        checked = []
        with progress_bar(None, "check", "docs") as bar:
            for job in jobs:
                digest = DocumentsDigest()
                for document in islice(documents, job.documents):
                    if self._crew is not None:
                        digest.add(document)
                    bar.update()
                checked.append(job._replace(digest=digest.hexdigest()))
        return checked

    def _name(self, number: int) -> str:
        return shard_name(number, self._options.gzip)

    def _write_shards(self, jobs: Sequence[ShardJob]) -> None:
        if self._crew is not None:
            self._count_there(self._crew)
        to_do = sum(job.documents for job in jobs)
        with progress_bar(to_do, "encode", "docs") as bar:
            if self._crew is None:
                self._write_here(jobs, partial(_tell, bar))
            else:
                self._write_there(self._crew, jobs, partial(_tell, bar))

    def _write_here(self, jobs: Sequence[ShardJob], tell: Tell) -> None:
        """Encode some shards in this process; the lines of the others are not read."""
        documents = self._corpus.documents([job.span for job in jobs])
        for job in jobs:
            own = islice(documents, job.documents)
            path = self._output.work / job.name
            self._journal.add(self._shards.write(path, own, self._statistics, tell))
            self._output.keep(self._journal)

    def _count_there(self, crew: "Crew") -> None:
        """Let a cluster count the shards that an interrupted run finished."""
        self._statistics = CollectionStatistics()
        finished = [one.shard for one in self._journal.finished.values()]
        shards = [(self._output.path_for_workers(one.file), one.sha256) for one in finished]
        with progress_bar(len(shards), "count", "files") as bar:
            for counted in crew.count(shards):
                self._statistics.merge(counted)
                bar.update()

    def _write_there(self, crew: "Crew", jobs: Sequence[ShardJob], tell: Tell) -> None:
        """Let a cluster encode some shards."""
        statistics, output = self._statistics, self._output.folder_of_workers()
        assert statistics is not None
        for made in crew.encode(output, self._options, self._stems, jobs, tell):
            # A worker that lost its driver names nothing, so only this process can.
            self._output.take(made.place, made.finished.shard)
            self._journal.add(made.finished)
            self._output.keep(self._journal)
            statistics.merge(made.statistics)
            if made.beginning is not None:
                self._shards.beginning = made.beginning

    def _finish(self) -> Manifest | None:
        """Write the sidecars and publish once every part is done."""
        work = self._output.work
        if not work.is_dir():
            # Another part was the last.
            return Manifest.load(self._output.place)
        finished = self._journal.all_parts()
        if finished is None:
            return None
        self._check_unchanged()
        if self._statistics is None:
            self._shards.beginning = None
            self._statistics = recounted(work, finished, self._corpus.place)
        finish = Finish(self._corpus, self._query_encoder, self._options, self._settings)
        made = finish.write(work, finished, self._statistics, self._shards)
        self._output.publish(self._journal)
        return made

    def _check_unchanged(self) -> None:
        if self._corpus.fingerprint() != self._settings["corpus"]["sha256"]:
            raise CorpusError(
                f"{self._corpus.place}: was changed while it was encoded. "
                "Encode it again with --overwrite once it is complete."
            )


def _tell(bar: Any, documents: int, size: int) -> None:
    """Move the bar. size: bytes that these documents take in a file, about; 0 where unknown."""
    bar.update(documents)
    if size > 0:
        to_go = size / documents * (bar.total - bar.n)
        bar.set_postfix_str(f"about {to_go / 1e6:,.0f} MB to write", refresh=False)
