"""Local copies of what an object store holds, fetched once.

A copy lies under the URL and what the store tells of the bytes (sizes, checksums, times), so that
what was changed in the store is fetched anew. Nothing is removed: a reader may still need it.
"""

import os
import shutil
from pathlib import Path
from typing import NamedTuple

from l0pyserini.base.cache import cache_folder, key_of
from l0pyserini.base.files import beside, disk_errors
from l0pyserini.base.locks import hold
from l0pyserini.base.objects import Listing, Store
from l0pyserini.base.progress import progress_bar, say
from l0pyserini.errors import L0Error, StoreError


class Copy(NamedTuple):
    """A local file or folder, and the URL that messages name in its place."""

    path: Path
    shown: str


def objects_folder(*names: str) -> Path:
    """Return a folder of the cache for what comes from object stores, which is made."""
    return cache_folder("objects", *names)


def fetched(url: str, missing: type[L0Error], expected: str) -> Copy:
    """Return a local copy of a file, or of the files of a folder, in an object store.

    Args:    missing: raised where there is nothing. expected: for its message.
    Raises:  missing: if there is no such file or folder.
             StoreError: if the store cannot be read, or its files change meanwhile.
             DiskError: if there is no room for the copy.
    """
    store = Store(url)
    found = store.listing()
    if found is None:
        raise missing(f"{store.shown}: no such object or folder in the store. Expected {expected}.")
    target = objects_folder(key_of(store.shown), key_of(repr(found))) / store.name
    if not target.exists():
        with hold(target, wait=True):
            if not target.exists():
                _fetch(store, found, target)
    return Copy(target, store.shown)


def _fetch(store: Store, found: Listing, target: Path) -> None:
    """Make a copy; an interrupted one goes on with the files that are not whole."""
    size = sum(one.size for one in found.files)
    count = f"{len(found.files)} file{'s' if len(found.files) > 1 else ''}"
    say(f"fetch {store.shown} ({count}, {size / 1e6:,.1f} MB) to {target}")
    partial = beside(target, "fetching")
    with disk_errors(target), progress_bar(size, "fetch", "bytes") as bar:
        if found.is_folder:
            partial.mkdir(exist_ok=True)
        for one in found.files:
            place = partial / one.name if found.is_folder else partial
            if not place.exists():
                store.fetch(one, place)
            bar.update(one.size)
        if store.listing() != found:
            if found.is_folder:
                shutil.rmtree(partial)
            else:
                partial.unlink()
            raise StoreError(
                f"{store.shown}: was changed while it was fetched. Try again once it is complete."
            )
        os.replace(partial, target)
