"""The output folder of an encoding run: refused, cleared, or taken over from an interrupted one."""

import shutil
from collections.abc import Sequence
from pathlib import Path

from l0pyserini.encode import journal, manifest, vocabulary
from l0pyserini.encode.collection import shard_paths
from l0pyserini.encode.journal import Journal
from l0pyserini.errors import OutputExistsError, UsageError
from l0pyserini.files import TEMPORARY_SUFFIX
from l0pyserini.idf import query


def prepare_folder(folder: Path, part: Journal, overwrite: bool, resume: bool) -> None:
    """Make a folder ready for a part, whose journal then lies in it.

    Raises:  OutputExistsError: if it holds a collection, or an unfinished one and neither overwrite
        nor resume is set, or something that no encode wrote.
             CollectionError: if what is to be resumed was made with other settings.
    """
    if part.path.is_file() and resume:
        part.load()
        return
    several = part.part.count > 1
    if several and overwrite:
        raise UsageError(
            "--overwrite would remove what other parts wrote. Empty the folder before the "
            "parts start, or continue them with --resume."
        )
    held = [path for path in folder.iterdir() if path.suffix != ".lock"]
    if several and not part.path.is_file():
        # What other parts write meanwhile is welcome; a finished collection is not.
        held = [path for path in held if path.name == manifest.FILE_NAME]
    if held and not overwrite:
        hint = (
            "It is an unfinished encoding: continue it with --resume, or begin anew with"
            if part.path.is_file()
            else "It was left as it is. Give"
        )
        raise OutputExistsError(
            f"{folder}: is not empty. {hint} --overwrite, or choose another --output."
        )
    _clear(folder, held)
    part.write()


def _clear(folder: Path, held: Sequence[Path]) -> None:
    """Remove only what encode itself wrote: a mistyped --output must not cost a folder."""
    ours = {manifest.FILE_NAME, vocabulary.FILE_NAME, query.FILE_NAME}
    shards = {*shard_paths(folder), *folder.glob(journal.PATTERN)}
    for path in held:
        temporary = path.name.endswith(TEMPORARY_SUFFIX)
        if path.name not in ours and path not in shards and not temporary:
            raise OutputExistsError(
                f"{folder}: holds {path.name!r}, which no encode wrote, so --overwrite "
                "does not clear it. Choose another --output or empty the folder yourself."
            )
    for path in held:
        shutil.rmtree(path) if path.is_dir() else path.unlink()
