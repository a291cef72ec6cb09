"""What a worker of a cluster does with shards in an object store: puts them there, and reads them.

A worker uses the disk of its own node, and a temporary name in the store: one that lost its driver
must not name a shard of an encoding that began anew.
"""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from l0pyserini.base.files import TEMPORARY_SUFFIX, disk_errors, sha256
from l0pyserini.base.object_cache import objects_folder
from l0pyserini.base.objects import Store
from l0pyserini.base.ray_cluster import node_name
from l0pyserini.errors import CollectionError, StoreError


def staging() -> Path:
    """Return the folder on this node's disk where shards lie until they are in the store."""
    return objects_folder("shards")


def put_shard(path: Path, url: str) -> str:
    """Move a shard from a worker's own folder below a URL.

    Returns: the name that it has there.
    Raises:  StoreError: with the node's name, if the store does not take it.
    """
    name = f"{path.parent.name.removesuffix(TEMPORARY_SUFFIX)}-{path.name}{TEMPORARY_SUFFIX}"
    with _told_by_node():
        Store(url).put(path, name)
    shutil.rmtree(path.parent)
    return name


@contextmanager
def stored_shard(url: str, digest: str) -> Iterator[Path]:
    """Give a copy of a shard on this node's disk.

    Args:    digest: its sha256.
    Raises:  CollectionError: if it is missing in the store, or another.
             StoreError: with the node's name, if the store cannot be read.
    """
    folder = staging()
    with disk_errors(folder), TemporaryDirectory(dir=folder) as place:
        with _told_by_node():
            store = Store(url)
            found = store.listing()
            path = Path(place, store.name)
            if found is not None:
                store.fetch(found.files[0], path)
        if found is None or sha256(path) != digest:
            raise CollectionError(
                f"{store.shown}: is not what the unfinished run wrote (missing or changed). Begin "
                "anew with --overwrite."
            )
        yield path


@contextmanager
def _told_by_node() -> Iterator[None]:
    try:
        yield
    except StoreError as fault:
        raise StoreError(f"{node_name()}: {fault}") from fault
