"""build_index: what `python -m l0pyserini.index` does, as a function."""

import shutil
from pathlib import Path
from typing import Any

from l0pyserini.base.files import readable, sha256
from l0pyserini.base.folders import atomic_folder
from l0pyserini.base.progress import Stopwatch, say
from l0pyserini.encode import vocabulary
from l0pyserini.encode.collection import shard_paths
from l0pyserini.encode.manifest import Manifest
from l0pyserini.encode.vocabulary import read_vocabulary
from l0pyserini.errors import CollectionError, UsageError
from l0pyserini.index.anserini import index_collection
from l0pyserini.index.direct import index_directly
from l0pyserini.index.facts import index_facts, read_facts, write_facts
from l0pyserini.index.reorder import reorder_index
from l0pyserini.index.settle import LUCENE_MARKER
from l0pyserini.index.verify import verify_index
from l0pyserini.query import encoder as query

IMPACT_OPTIONS = ("-impact", "-pretokenized")
BUILDERS = ("direct", "anserini")
DEFAULT_BUILDER = "direct"


def build_index(
    input_folder: str | Path,
    index_folder: str | Path,
    threads: int = 2,
    heap: str | None = None,
    overwrite: bool = False,
    builder: str = DEFAULT_BUILDER,
    store_text: bool = False,
    optimize: bool = True,
    reorder: bool = False,
) -> tuple[dict[str, Any], float]:
    """Build a Lucene impact index from an encoded collection and check what it holds.

    The index takes its place only when it was found to hold exactly the promised documents,
    terms and summed impacts.

    Args:    builder: "direct" writes impacts as term frequencies, "anserini" runs IndexCollection;
             the indexes hold the same. store_text: keep the documents' texts.
             optimize: merge into one segment. reorder: put documents that share tokens beside one
             another (reorder_index); needs the direct builder and one segment.
    Returns: the facts written to l0pyserini.json, and the seconds that building took.
    Raises:  CollectionError: if the collection is not what its manifest says.
             ImpactIndexError: if Anserini fails or the index differs from the promise.
             OutputExistsError: if the index folder holds something and overwrite is False.

    Example:
        >>> from l0pyserini import build_index
        >>> facts, seconds = build_index("encoded", "index", overwrite=True)
        >>> facts["documents"]
        3
    """
    if builder not in BUILDERS:
        raise UsageError(f"--builder {builder!r}: expected one of {', '.join(BUILDERS)}.")
    if store_text and builder != "direct":
        raise UsageError("--store-text: only --builder direct keeps texts; leave one of them out.")
    if reorder and (builder != "direct" or not optimize):
        other = "--no-optimize" if builder == "direct" else f"--builder {builder}"
        raise UsageError(
            f"--reorder with {other}: only the direct builder's index of one segment is reordered; "
            "leave one of them out."
        )
    source, target = Path(input_folder), Path(index_folder)
    manifest = Manifest.load(source)
    check_files(source, manifest)
    watch = Stopwatch()
    with atomic_folder(target, overwrite, LUCENE_MARKER) as place:
        say(f"index {source} ({manifest.documents:,} documents, {manifest.postings:,} postings)")
        if builder == "direct":
            shards = [source / shard.file for shard in manifest.shards]
            index_directly(shards, place, threads, manifest.documents, heap, store_text, optimize)
            if reorder:
                _reorder(place, threads, manifest, heap)
        else:
            options = [*IMPACT_OPTIONS, *(["-optimize"] if optimize else [])]
            index_collection("JsonVectorCollection", source, place, threads, options, heap)
        verify_index(place, manifest.documents - manifest.empty_documents, read_vocabulary(source))
        for name in (query.FILE_NAME, vocabulary.FILE_NAME):
            shutil.copyfile(source / name, place / name)
        write_facts(place, index_facts(manifest, builder, store_text, reorder))
    return read_facts(target), watch.seconds


def _reorder(place: Path, threads: int, manifest: Manifest, heap: str | None) -> None:
    watch = Stopwatch()
    gaps = reorder_index(place, threads, manifest.documents - manifest.empty_documents, heap)
    say(
        f"reordered in {watch.seconds:.1f} s: the mean log2 of the gaps between a token's "
        f"documents went from {gaps.before:.2f} to {gaps.after:.2f}"
    )


def check_files(folder: Path, manifest: Manifest) -> None:
    """Refuse a collection whose files are not those of its manifest.

    Raises:  CollectionError: if a file is missing, changed or was added.
    """
    expected = {shard.file: shard.sha256 for shard in manifest.shards}
    expected[vocabulary.FILE_NAME] = manifest.vocabulary_sha256
    for name, digest in expected.items():
        if not (folder / name).is_file():
            raise CollectionError(
                f"{folder / name}: missing, and the manifest lists it. Encode again."
            )
        with readable(folder / name, CollectionError):
            seen = sha256(folder / name)
        if seen != digest:
            raise CollectionError(
                f"{folder / name}: was changed since it was encoded (its sha256 differs from the "
                "manifest's). Encode again."
            )
    if added := [path.name for path in shard_paths(folder) if path.name not in expected]:
        raise CollectionError(
            f"{folder}: holds {', '.join(added)}, which the manifest does not list. Move it away."
        )
