"""The one JVM of this process, with Anserini on its class path. Only this file imports jnius."""

import glob
import os
import re
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import cache
from importlib import resources
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from l0pyserini.errors import JavaError, JvmRunningError, UsageError
from l0pyserini.lucene.archive import archive_options, make_in_background
from l0pyserini.lucene.java import VECTOR_MODULE, JavaRuntime, find_java

HEAP_VARIABLE = "L0PYSERINI_HEAP"
EXTENSION_JAR = "l0pyserini-lucene.jar"
_CHILD = "io.l0pyserini.Child"

LEAST_HEAP_MB, LARGEST_HEAP_MB = 16, 2**26
"""With less no command works; for more there are no addresses, and Java would end the process."""

_HEAP = re.compile(r"([0-9]{1,18})([kmg])", re.IGNORECASE)
_MB = {"k": 2**-10, "m": 1, "g": 2**10}
_EXCEPTION_NAME = re.compile(r"^JVM exception occurred: [\w.$]+(Exception|Error): (?=.)")
_starting = threading.Lock()
_threads = threading.local()


def fatjar() -> Path:
    """Return Anserini's fatjar: from ANSERINI_CLASSPATH as Pyserini does, else Pyserini's own.

    Raises:  JavaError: if there is none.
    """
    folder = os.environ.get("ANSERINI_CLASSPATH")
    if folder is None:
        spec = find_spec("pyserini")
        if spec is None or spec.origin is None:
            raise JavaError(
                "pyserini is not installed, and with it Anserini's jar is missing. "
                "Install it with `pip install pyserini==2.3.0`."
            )
        folder = str(Path(spec.origin).parent / "resources" / "jars")
    jars = glob.glob(os.path.join(folder, "anserini-*-fatjar.jar"))
    if not jars:
        raise JavaError(
            f"{folder}: no anserini-*-fatjar.jar there. Unset ANSERINI_CLASSPATH or point it to "
            "the folder of a fatjar, or install Pyserini again."
        )
    return Path(max(jars, key=os.path.getctime))


def class_path() -> list[str]:
    """Return the jars that every JVM of ours gets: Anserini's and the small one of java/."""
    return [str(fatjar()), str(resources.files("l0pyserini") / "resources" / EXTENSION_JAR)]


def jvm_options(runtime: JavaRuntime, heap: str | None) -> list[str]:
    """Return the options a JVM is started with."""
    logging = resources.files("l0pyserini") / "resources" / "java-logging.properties"
    options = [
        "--enable-native-access=ALL-UNNAMED",
        f"-Djava.util.logging.config.file={logging}",
        "-Dslf4j.internal.verbosity=ERROR",
    ]
    if runtime.has_vector_module:
        options.append(f"--add-modules={VECTOR_MODULE}")
    if heap is not None:
        options.append(f"-Xmx{check_heap(heap)}")
    return options


def check_heap(heap: str) -> str:
    """Return the heap size if Java understands it and can start with it.

    Raises:  UsageError: otherwise.
    """
    match = _HEAP.fullmatch(heap)
    if match is None:
        raise UsageError(f"heap {heap!r} is no size. Expected a number with k, m or g, as in 4g.")
    if not LEAST_HEAP_MB <= int(match[1]) * _MB[match[2].lower()] <= LARGEST_HEAP_MB:
        raise UsageError(
            f"heap {heap!r} is more or less than Java can work with. "
            f"Expected {LEAST_HEAP_MB}m to {LARGEST_HEAP_MB}m, as in 4g."
        )
    return heap


def brief_options(runtime: JavaRuntime, heap: str | None) -> list[str]:
    """Return the options of a JVM that starts fast rather than runs fast.

    Without the vector module: it makes postings faster to read, and Java slower to start.
    """
    bare = replace(runtime, has_vector_module=False)
    return [*jvm_options(bare, heap), "-XX:TieredStopAtLevel=1"]


def _all_options(runtime: JavaRuntime, heap: str | None, brief: bool) -> list[str]:
    if not brief:
        return jvm_options(runtime, heap)
    archived = archive_options(runtime, brief_options(runtime, None), class_path())
    return [*brief_options(runtime, heap), *archived]


def keep_archive() -> None:
    """Have an archive of classes made for the next brief JVM, in the background, if it lacks."""
    runtime = find_java()
    make_in_background(runtime, brief_options(runtime, None), class_path())


def start_jvm(heap: str | None = None, brief: bool = False) -> None:
    """Start this process's JVM, or accept the one that runs if it serves.

    Args:    heap: largest heap as Java writes it ("4g"); default L0PYSERINI_HEAP, else Java's own.
             brief: for a process that searches once, from an archive of classes if there is one.
    Raises:  JvmRunningError: if a JVM without our jar, or with another heap than asked for, runs.
             JavaError: if no Java is found or it does not start.
    """
    wanted = heap or os.environ.get(HEAP_VARIABLE)
    import jnius_config

    with _starting:
        if jnius_config.vm_running:
            _accept_running(wanted)
            return
        runtime = find_java()
        jnius_config.set_classpath(*class_path())
        jnius_config.add_options(*_all_options(runtime, wanted, brief))
        _load(runtime)


def start_first_jvm(heap: str | None) -> None:
    """Start this process's JVM with a heap, unless one runs already.

    For what works in a JVM of any heap, before something that may ask for this one.
    """
    import jnius_config

    if not jnius_config.vm_running:
        start_jvm(heap)


def _accept_running(wanted_heap: str | None) -> None:
    import jnius_config

    options = jnius_config.get_options()
    if not any(Path(entry).name == EXTENSION_JAR for entry in jnius_config.get_classpath()):
        raise JvmRunningError(
            "a JVM without l0pyserini's jar runs in this process (class path "
            f"{jnius_config.get_classpath()}, options {options}), and a process can have only one. "
            "Call l0pyserini.lucene.start_jvm() before the code that starts it (Pyserini works on "
            "that JVM), or run it in a process of its own."
        )
    if wanted_heap is not None and f"-Xmx{wanted_heap}" not in options:
        raise JvmRunningError(
            f"a JVM runs in this process with options {options}, and a heap of {wanted_heap} was "
            "asked for. Ask for it before the first search, or in a process of its own."
        )


def _load(runtime: JavaRuntime) -> None:
    # pyjnius looks for Java through JAVA_HOME when it is imported, and only then; the user's own
    # value comes back so that child processes see what the user set.
    before = os.environ.get("JAVA_HOME")
    os.environ["JAVA_HOME"] = str(runtime.home)
    try:
        with _quiet_start():
            import jnius  # noqa: F401  (importing it starts the JVM)
    except Exception as fault:
        raise JavaError(
            f"Java {runtime.version} at {runtime.home} did not start: {fault}. "
            "Run `python -m l0pyserini.doctor`."
        ) from fault
    finally:
        if before is None:
            del os.environ["JAVA_HOME"]
        else:
            os.environ["JAVA_HOME"] = before


@contextmanager
def _quiet_start() -> Iterator[None]:
    """Hold back what the JVM prints while it starts: a note that the vector module is incubating.

    Where the start fails it is shown after all.
    """
    sys.stderr.flush()
    kept = os.dup(2)
    with tempfile.TemporaryFile() as held:
        os.dup2(held.fileno(), 2)
        try:
            yield
        except BaseException:
            held.seek(0)
            os.write(kept, held.read())
            raise
        finally:
            os.dup2(kept, 2)
            os.close(kept)


def java_class(name: str) -> Any:
    """Return a Java class, starting the JVM if none runs."""
    found = _class(name)
    attach_thread()
    return found


def java_heap() -> tuple[int, int]:
    """Return the bytes of Java's heap in use, garbage among them, and the most that may be."""
    runtime = java_class("java.lang.Runtime").getRuntime()
    return runtime.totalMemory() - runtime.freeMemory(), runtime.maxMemory()


@cache
def _class(name: str) -> Any:
    start_jvm()
    from jnius import autoclass

    return autoclass(name)


def attach_thread() -> None:
    """Have the JVM let go of this thread when it ends; call it before using a Java object.

    A call into Java attaches a thread to the JVM, which otherwise keeps one that has ended.
    """
    if threading.current_thread() is not threading.main_thread() and not hasattr(
        _threads, "attachment"
    ):
        _threads.attachment = _Attachment()


class _Attachment:
    """Lies in a thread's own storage, which Python clears in that thread as its last act."""

    def __init__(self) -> None:
        from jnius import detach

        self._thread, self._detach = threading.get_ident(), detach

    def __del__(self) -> None:
        # When the process ends, the main thread clears what daemons have left.
        if threading.get_ident() == self._thread:
            self._detach()


def java_string(text: str) -> Any:
    """Return a text as Java has to be given it.

    pyjnius cuts characters beyond the first 65,536 (emoji among them) in two; bytes stay whole.
    """
    if text.isascii() or max(text) <= "\uffff":
        return text
    return java_class("java.lang.String")(text.encode(), "UTF-8")


def java_path(path: str | os.PathLike[str]) -> Any:
    """Return a path as Java has to be given it: from the root.

    Java looks for other paths where this process was when the JVM started, not where it is now.
    """
    return java_string(str(Path(path).absolute()))


def is_thrown(fault: BaseException, java_name: str) -> bool:
    """Return whether a fault is a Java exception of a class, named without its package."""
    return str(getattr(fault, "classname", "")).rpartition(".")[2] == java_name


def java_message(fault: BaseException) -> str:
    """Return the first line of what a Java exception says, without the names of classes."""
    lines = str(fault).splitlines() or [type(fault).__name__]
    return _EXCEPTION_NAME.sub("", lines[0])


def run_java(
    main_class: str,
    arguments: Sequence[str],
    heap: str | None = None,
    on_line: Callable[[str], None] | None = None,
    options: Sequence[str] = (),
    brief: bool = False,
) -> tuple[int, str]:
    """Run a Java main class as a child process; return its exit code and all it printed.

    Its memory and its failures stay outside this process, but it ends when this process ends, even
    if that is killed. on_line sees each line as it comes. options are the JVM's, beside those that
    every JVM of ours gets. brief: as start_jvm.

    Raises:  JavaError: if no Java is found.
    """
    runtime = find_java()
    heap = heap or os.environ.get(HEAP_VARIABLE)
    command = [str(runtime.java), *_all_options(runtime, heap, brief), *options]
    command += ["-cp", os.pathsep.join(class_path()), _CHILD, main_class, *arguments]
    lines: list[str] = []
    with subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        errors="replace",
    ) as child:
        try:
            assert child.stdout is not None
            for line in child.stdout:
                lines.append(line)
                if on_line is not None:
                    on_line(line)
        except BaseException:
            child.kill()
            raise
    return child.returncode, "".join(lines)
