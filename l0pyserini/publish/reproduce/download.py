"""Fetching a dataset with BEIR's own downloader, kept only if its checksum is BEIR's."""

import hashlib
import shutil
from pathlib import Path

from l0pyserini.base.files import disk_errors
from l0pyserini.base.progress import say
from l0pyserini.errors import CorpusError
from l0pyserini.publish.reproduce.datasets import ARCHIVE, Dataset


def download(dataset: Dataset, data_dir: str | Path, archive: str = ARCHIVE) -> Path:
    """Download and unpack a dataset's folder.

    Args:    archive: address with {name} in it.
    Returns: the folder.
    Raises:  CorpusError: if it cannot be fetched, its md5 differs or it holds no such folder.
    """
    from beir import util

    folder, url = Path(data_dir) / dataset.name, archive.format(name=dataset.name)
    place = folder.with_name(f"{dataset.name}.part")
    with disk_errors(folder):
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir(parents=True)
        try:
            packed = place / f"{dataset.name}.zip"
            say(f"download {url}")
            _fetch(util, url, packed)
            _check(packed, dataset, url)
            util.unzip(str(packed), str(place))
            if not (place / dataset.name).is_dir():
                raise CorpusError(f"{url}: holds no folder {dataset.name}. Unpack it by hand.")
            (place / dataset.name).replace(folder)
        finally:
            shutil.rmtree(place, ignore_errors=True)
    return folder


def _fetch(util: object, url: str, packed: Path) -> None:
    try:
        util.download_url(url, str(packed))  # type: ignore[attr-defined]
    except OSError as fault:  # requests' errors are all of this kind
        raise CorpusError(
            f"{url}: cannot be fetched ({fault}). Check the network, or put the unpacked folder "
            "under --data-dir yourself."
        ) from fault


def _check(packed: Path, dataset: Dataset, url: str) -> None:
    with open(packed, "rb") as handle:
        seen = hashlib.file_digest(handle, "md5").hexdigest()
    if seen != dataset.md5:
        raise CorpusError(
            f"{url}: what came has md5 {seen}, and BEIR's archive {dataset.md5}. It was cut short "
            "or is another version, and was thrown away. Try again."
        )
