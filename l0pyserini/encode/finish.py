"""Finishing a collection whose shards are all there: query encoder, vocabulary and manifest."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from l0pyserini.base.files import sha256
from l0pyserini.data.corpus import Corpus
from l0pyserini.data.docids import SeenDocids
from l0pyserini.data.records import ImpactVector
from l0pyserini.encode import agreement, vocabulary
from l0pyserini.encode.collection import CollectionStatistics, read_shard
from l0pyserini.encode.journal import FinishedShard
from l0pyserini.encode.manifest import Manifest
from l0pyserini.encode.sampling import Sample, beginning
from l0pyserini.encode.shard import EncodeOptions, ShardEncoder
from l0pyserini.errors import CorpusError
from l0pyserini.query import encoder as query


@dataclass(frozen=True)
class Finish:
    """What a manifest is made of, beside the shards. settings: what made them."""

    corpus: Corpus
    query_encoder: query.IdfQueryEncoder
    options: EncodeOptions
    settings: dict[str, Any]

    def write(
        self,
        folder: Path,
        finished: Sequence[FinishedShard],
        statistics: CollectionStatistics,
        shards: ShardEncoder,
    ) -> Manifest:
        """Write the files beside the shards; the manifest is the last.

        Args:    statistics: of all documents. shards: what encoded them, or can.
        """
        self._counted(statistics).save(folder / query.FILE_NAME)
        statistics.vocabulary.save(folder)
        kept, whole = np.array([one.mass for one in finished]).sum(axis=0).tolist()
        made = Manifest(
            settings=self.settings,
            **statistics.totals(),
            nnz=statistics.nnz(),
            mass_kept=round(kept / whole, 6) if whole else 1.0,
            shards=[one.shard for one in finished],
            vocabulary_sha256=sha256(folder / vocabulary.FILE_NAME),
            postings_digest=str(statistics.digest),
            agreement=self._agreement(shards),
            versions={name: version(name) for name in ("l0pyserini", "torch", "transformers")},
            measured=shards.measured,
        )
        made.save(folder)
        return made

    def _counted(self, statistics: CollectionStatistics) -> query.IdfQueryEncoder:
        """Return the query encoder with the documents' own statistics."""
        totals, df = statistics.totals(), statistics.vocabulary.df()
        documents = totals["documents"] - totals["empty_documents"]
        return self.query_encoder.counted(documents, df, statistics.largest)

    def _agreement(self, shards: ShardEncoder) -> dict[str, float]:
        """Compare float and integer scores of the learned half on the corpus's first window."""
        learned = self.query_encoder.learned
        if learned is None:
            return {}
        size = min(self.options.window_size, self.options.shard_size)
        window = list(islice(self.corpus, size))
        vectors = shards.beginning or shards.encode_window(window)
        chosen = slice(agreement.DOCUMENTS)
        documents = window[chosen]
        sample = Sample(
            docids=[one.docid for one in documents],
            vectors=[self.options.pruning.apply(one) for one in vectors[chosen]],
            topics=[beginning(one) for one in documents[: agreement.QUERIES]],
        )
        return agreement.rank_agreement(sample, learned, self.options.document_scale)


def recounted(folder: Path, finished: Sequence[FinishedShard], corpus: str) -> CollectionStatistics:
    """Count what other processes, or an interrupted one, wrote.

    Args:    corpus: for the message.
    Raises:  CorpusError: if two shards hold the same docid, which no part alone can see.
    """
    statistics, seen = CollectionStatistics(), SeenDocids()
    for count, (file, docid, vector) in enumerate(_written(folder, finished)):
        if seen.add(docid) and any(
            other == docid for _, other, _ in islice(_written(folder, finished), count)
        ):
            raise CorpusError(
                f"{corpus} docid {docid!r}: comes twice, the second "
                f"time among the documents of {file}. Docids must be unique; "
                "remove or rename one of the two and encode again with --overwrite."
            )
        statistics.add(docid, vector)
    return statistics


def _written(
    folder: Path, finished: Sequence[FinishedShard]
) -> Iterator[tuple[str, str, ImpactVector]]:
    """Stream (file, docid, vector) of shards."""
    for one in finished:
        for document in read_shard(folder / one.shard.file):
            yield one.shard.file, document.docid, document.vector
