"""What is exported: an encoded collection, whole or without BM25's stems."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from l0pyserini.base.progress import progress_bar
from l0pyserini.data.jsonl import read_objects
from l0pyserini.encode.collection import EncodedDocument
from l0pyserini.encode.vocabulary import TermTotals
from l0pyserini.errors import CollectionError, QueryMismatchError, UsageError
from l0pyserini.index.source import Source, open_source
from l0pyserini.query.encoder import IdfQueryEncoder
from l0pyserini.query.stems import is_stem


@dataclass(frozen=True)
class Exported:
    """An encoded collection that was checked against its manifest, and what of it is exported.

    terms: df and summed impacts of each, in the order of their UTF-8 bytes. digest: of the
    postings, as its manifest says it; None where it says none, or of something else.
    learned_only: without stems.
    """

    source: Source
    terms: dict[str, TermTotals]
    digest: str | None
    learned_only: bool

    @property
    def documents_count(self) -> int:
        """All documents, those without any token too."""
        return int(self.source.counts["documents"])

    @property
    def postings(self) -> int:
        """(document, token) pairs."""
        return sum(totals.df for totals in self.terms.values())

    @property
    def impacts(self) -> int:
        """The sum of all impacts."""
        return sum(totals.impacts for totals in self.terms.values())

    def documents(self) -> Iterator[EncodedDocument]:
        """Stream the documents in their order, with a bar.

        Their lines were checked when the collection was opened, or when it was encoded.
        """
        with progress_bar(self.documents_count, "export", "docs") as bar:
            for shard in self.source.shards:
                for _, record in read_objects(shard, CollectionError):
                    vector = record["vector"]
                    if self.learned_only:
                        vector = {t: one for t, one in vector.items() if not is_stem(t)}
                    yield EncodedDocument(record["id"], record.get("contents") or "", vector)
                    bar.update()

    def query_encoder(self) -> IdfQueryEncoder:
        """Return the query side that the documents were encoded for, without stems if they are.

        Raises:  QueryMismatchError: if another tool made the vectors.
        """
        path = self.source.query_encoder_file
        if path is None:
            raise QueryMismatchError(
                f"{self.source.folder}: another tool made its vectors, so the encoder of its "
                "queries is unknown. Leave --topics out, and encode queries with that tool."
            )
        encoder = IdfQueryEncoder.load(path, self.source.settings["query_scale"])
        learned = encoder.learned
        return learned if self.learned_only and learned is not None else encoder

    def description(self) -> str:
        """Say in a line what it is, without a date, so that files stay the same."""
        settings = self.source.settings
        encoder = (settings.get("encoder") or {}).get("name", "another tool")
        scale = settings.get("document_scale")
        scaled = f", weights times {scale:g}" if scale else ""
        return f"{settings['corpus']['name']} by {encoder}{scaled}: term frequencies are impacts"


def open_exported(folder: str | Path, learned_only: bool = False) -> Exported:
    """Open an encoded collection, of ours or of another tool.

    Args:    learned_only: leave BM25's stems out.
    Raises:  CollectionError: if it is not what its manifest says, or holds no posting.
             UsageError: if there are no stems to leave out.
    """
    source = open_source(folder)
    if learned_only and source.settings.get("lexical") is None:
        raise UsageError(
            f"--learned-only: {folder} has no stems of BM25 to leave out. Leave the flag out."
        )
    names = sorted(source.terms)
    if learned_only:
        names = [name for name in names if not is_stem(name)]
    if not names:
        raise CollectionError(
            f"{folder}: no document holds a {'learned ' if learned_only else ''}token, expected "
            "one at least. There is nothing to export."
        )
    digest = None if learned_only else source.counts["postings_digest"]
    return Exported(source, {name: source.terms[name] for name in names}, digest, learned_only)
