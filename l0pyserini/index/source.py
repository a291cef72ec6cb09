"""What an index is built from: a collection of our encode, or vectors of another tool."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from hashlib import sha256 as new_hash
from pathlib import Path
from threading import Thread
from typing import Any

from l0pyserini.base.files import readable, sha256
from l0pyserini.base.object_cache import fetched
from l0pyserini.base.objects import is_url, shown_as
from l0pyserini.encode import journal, manifest, vocabulary
from l0pyserini.encode.collection import shard_paths
from l0pyserini.encode.manifest import Manifest
from l0pyserini.encode.validate import validated, vector_files
from l0pyserini.encode.vocabulary import TermTotals, read_vocabulary
from l0pyserini.errors import CollectionError, QueryMismatchError, UsageError
from l0pyserini.query import encoder as query
from l0pyserini.query.encoder import IdfQueryEncoder

_OURS = (manifest.FILE_NAME, vocabulary.FILE_NAME, query.FILE_NAME, journal.PATTERN)


@dataclass(frozen=True)
class Source:
    """Encoded files, and what they hold.

    folder: where they lie. shown: how messages name it, which is a URL where they were fetched.
    counts: documents, empty_documents, terms, postings, impacts, nnz, postings_digest.
    settings: what made them; all but the corpus is None where another tool did.
    terms: df and summed impacts of every token. digests: the sha256 that each shard is promised to
    have; none where another tool wrote them.
    """

    folder: Path
    shown: str
    shards: list[Path]
    counts: dict[str, Any]
    settings: dict[str, Any]
    terms: dict[str, TermTotals]
    digests: dict[Path, str] = field(default_factory=dict)

    @property
    def indexed_documents(self) -> int:
        """Documents with at least one token."""
        return int(self.counts["documents"] - self.counts["empty_documents"])

    @property
    def vocabulary_file(self) -> Path | None:
        """The file of terms that came with the vectors."""
        path = self.folder / vocabulary.FILE_NAME
        return path if self.digests else None

    @property
    def query_encoder_file(self) -> Path | None:
        """The query side that came with the vectors."""
        path = self.folder / query.FILE_NAME
        return path if self.settings["query_encoder"] else None

    def with_query_encoder(self, encoder: IdfQueryEncoder) -> "Source":
        """Return vectors of another tool with a query side that was chosen for them.

        Raises:  UsageError: if they were encoded for one, or the query side asks for stems.
        """
        if encoder.stems is not None:
            raise UsageError(
                f"--query-encoder: asks for BM25's stems too, which {self.shown} does not have: "
                "another tool made its vectors. Name the checkpoint instead."
            )
        if self.settings["query_encoder"]:
            raise UsageError(
                f"--query-encoder: {self.shown} was encoded for a query encoder of its own. "
                "Leave the flag out; it is for vectors of other tools."
            )
        chosen = {"query_encoder": encoder.facts(), "query_scale": encoder.scale}
        return replace(self, settings={**self.settings, **chosen})


def open_source(collection: str | Path, check: bool = True) -> Source:
    """Open a collection; one of another tool is read whole and checked.

    Args:    collection: a folder, or the URL of one in an object store, which is fetched.
             check: compare the shards with the manifest; else checked_meanwhile has to.
    Raises:  CollectionError: if it is not what its manifest says, or has a fault.
             StoreError: if the object store cannot be read.
    """
    if not is_url(collection):
        return _opened(Path(collection), str(collection), check)
    expected = "a folder that `python -m l0pyserini.encode` finished"
    path, shown = fetched(str(collection), CollectionError, expected)
    with shown_as(path, shown):
        return _opened(path, shown, check)


def _opened(folder: Path, shown: str, check: bool) -> Source:
    if _is_foreign(folder):
        return _foreign(folder, shown)
    made = Manifest.load(folder)
    check_files(folder, made)
    check_query_file(folder, made.settings)
    names = ("documents", "empty_documents", "terms", "postings", "impacts", "nnz")
    counts = {name: getattr(made, name) for name in (*names, "postings_digest")}
    digests = {folder / shard.file: shard.sha256 for shard in made.shards}
    if check:
        check_digests(digests)
    settings = {**dict.fromkeys(manifest.SETTINGS), **made.settings}
    terms = read_vocabulary(folder)
    return Source(folder, shown, list(digests), counts, settings, terms, digests)


def _is_foreign(folder: Path) -> bool:
    """Tell whether another tool wrote a folder; one of ours without its manifest is unfinished."""
    return (
        folder.is_dir()
        and not any(any(folder.glob(name)) for name in _OURS)
        and bool(vector_files(folder))
    )


def _foreign(folder: Path, shown: str) -> Source:
    statistics = validated(folder)
    files = vector_files(folder)
    together = new_hash("".join(map(sha256, files)).encode()).hexdigest()
    counts = {
        **statistics.totals(),
        "nnz": statistics.nnz(),
        "postings_digest": str(statistics.digest),
    }
    unknown = dict.fromkeys(name for name in manifest.SETTINGS if name != "corpus")
    settings = {"corpus": {"name": folder.name, "sha256": together}, **unknown}
    return Source(folder, shown, files, counts, settings, statistics.vocabulary.terms)


def largest_impact(*folders: Path) -> int:
    """Return the largest impact in collections or indexes with a lexical half; 0 without one."""
    paths = [folder / query.FILE_NAME for folder in folders]
    tables = [IdfQueryEncoder.load(path).stems for path in paths if path.is_file()]
    return max((table.largest for table in tables if table), default=0)


def check_query_file(folder: Path, settings: dict[str, Any]) -> None:
    """Refuse a query encoder beside vectors or segments that is not the one they were made for.

    Raises:  QueryMismatchError: if it is missing, damaged or another's.
    """
    path = folder / query.FILE_NAME
    encoder = IdfQueryEncoder.load(path, settings["query_scale"])
    held = {**encoder.facts(), "lexical": encoder.stems and encoder.stems.impacts.facts()}
    recorded = {**settings["query_encoder"], "lexical": settings.get("lexical")}
    for name, value in recorded.items():
        if held.get(name) != value:
            raise QueryMismatchError(
                f"{path}: its {name} is {held.get(name)}, and {value} is recorded beside it. It "
                "was changed or belongs elsewhere; encode and index the corpus again."
            )


def check_files(folder: Path, manifest: Manifest) -> None:
    """Refuse a collection that has not the files of its manifest, or another vocabulary.

    Raises:  CollectionError: if a file is missing or was added, or the vocabulary was changed.
    """
    expected = [vocabulary.FILE_NAME, *(shard.file for shard in manifest.shards)]
    for name in expected:
        if not (folder / name).is_file():
            raise CollectionError(
                f"{folder / name}: missing, and the manifest lists it. Encode again."
            )
    check_digests({folder / vocabulary.FILE_NAME: manifest.vocabulary_sha256})
    if added := [path.name for path in shard_paths(folder) if path.name not in expected]:
        raise CollectionError(
            f"{folder}: holds {', '.join(added)}, which the manifest does not list. Move it away."
        )


def check_digests(digests: Mapping[Path, str]) -> None:
    """Refuse files that are not those of the manifest.

    Args:    digests: the sha256 that each is promised to have.
    Raises:  CollectionError: at the first that has another, or cannot be read.
    """
    for path, promised in digests.items():
        with readable(path, CollectionError):
            seen = sha256(path)
        if seen != promised:
            raise CollectionError(
                f"{path}: was changed since it was encoded (its sha256 differs from the "
                "manifest's). Encode again."
            )


@contextmanager
def checked_meanwhile(source: Source) -> Iterator[None]:
    """Compare shards with the manifest in another thread, while they are worked on.

    Raises:  CollectionError: as check_digests, whatever else became of the work.
    """
    faults: list[CollectionError] = []

    def check() -> None:
        try:
            check_digests(source.digests)
        except CollectionError as fault:
            faults.append(fault)

    with shown_as(source.folder, source.shown):
        thread = Thread(target=check, daemon=True)
        thread.start()
        try:
            yield
        except Exception as fault:
            thread.join()
            if faults:
                raise faults[0] from fault
            raise
        thread.join()
        if faults:
            raise faults[0]
