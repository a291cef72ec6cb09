"""An archive of the classes that a search loads: Java maps it where it would read and check jars.

It is made in the background after the first search that lacked it, by a process of its own
(`main`), and lies in the cache under a name that holds all it depends on. Java itself refuses an
archive of another build or of jars that have changed, and then starts without it. So nothing here
is ever an error.
"""

import contextlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from l0pyserini.base.cache import cache_path, key_of
from l0pyserini.base.files import sha256
from l0pyserini.errors import DiskError, L0Error
from l0pyserini.lucene.java import JavaRuntime

REHEARSAL = "io.l0pyserini.Rehearsal"
_LONGEST_SECONDS = 600


def archive_path(runtime: JavaRuntime, options: Sequence[str], jars: Sequence[str]) -> Path:
    """Return where the archive of a Java with these options and jars lies, or would lie.

    The name's first part stands for their places, the second for what lies there now.

    Raises:  DiskError: if there is no place for a cache.
    """
    places = json.dumps([str(runtime.home), *options, *jars])
    # Of the large jar Java looks at the same; ours may change without its size or time.
    stats = [Path(jar).stat() for jar in jars]
    state = [[one.st_size, one.st_mtime_ns] for one in stats]
    now = json.dumps([runtime.release, state, sha256(jars[-1])])
    return cache_path("java", f"{key_of(places)}-{key_of(now)}.jsa")


def archive_options(runtime: JavaRuntime, options: Sequence[str], jars: Sequence[str]) -> list[str]:
    """Return the options by which Java uses its archive; none where there is none."""
    with contextlib.suppress(OSError, DiskError):
        archive = archive_path(runtime, options, jars)
        if archive.stat().st_size > 0:
            # Of an archive that does not fit Java would tell on standard output.
            return ["-Xshare:auto", f"-XX:SharedArchiveFile={archive}", "-Xlog:disable"]
    return []


def make_in_background(runtime: JavaRuntime, options: Sequence[str], jars: Sequence[str]) -> None:
    """Start a process that makes an archive, unless it is there or was tried; do not wait."""
    quiet = subprocess.DEVNULL
    with contextlib.suppress(OSError, DiskError):
        archive = archive_path(runtime, options, jars)
        if archive.exists():
            return
        command = [sys.executable, "-m", "l0pyserini.lucene.archive", str(archive)]
        command += [str(runtime.java), os.pathsep.join(jars), *options]
        subprocess.Popen(command, stdin=quiet, stdout=quiet, stderr=quiet, start_new_session=True)


def main(argv: Sequence[str]) -> None:
    """Make an archive: argv is its path, the java program, the class path and Java's options.

    One that cannot be made leaves an empty file in its place, so that it is tried once.
    """
    # Here, as a search that only looks for an archive needs no locks.
    from l0pyserini.base.locks import hold

    archive, java, jars, *options = argv
    target = Path(archive)
    with contextlib.suppress(OSError, L0Error):
        os.nice(10)
        target.parent.mkdir(parents=True, exist_ok=True)
        with hold(target):
            if not target.exists():
                _make(target, [java, *options, "-cp", jars])


def _make(target: Path, java: Sequence[str]) -> None:
    work = target.with_suffix(".making")
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir()
    made, classes = work / "archive", work / "classes"
    use = (f"-XX:SharedClassListFile={classes}", f"-XX:SharedArchiveFile={made}")
    try:
        _run([*java, REHEARSAL, str(work)], f"-XX:DumpLoadedClassList={classes}")
        _run(java, "-Xshare:dump", *use)
    except (OSError, subprocess.SubprocessError):
        made = work / "nothing"
    made.touch()
    os.replace(made, target)
    shutil.rmtree(work, ignore_errors=True)
    _remove_older(target)


def _run(java: Sequence[str], *options: str) -> None:
    command = [java[0], *options, *java[1:]]
    quiet = subprocess.DEVNULL
    subprocess.run(
        command, stdin=quiet, stdout=quiet, stderr=quiet, check=True, timeout=_LONGEST_SECONDS
    )


def _remove_older(target: Path) -> None:
    """Remove archives of the same places, of what lay there before."""
    places = target.name.partition("-")[0]
    for path in target.parent.glob(f"{places}-*.jsa"):
        if path != target:
            path.unlink(missing_ok=True)


if __name__ == "__main__":
    main(sys.argv[1:])
