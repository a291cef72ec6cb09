"""The checks: each looks at one part and says what it saw and how to mend it."""

import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from l0pyserini.errors import L0Error
from l0pyserini.lucene.java import MINIMUM_VERSION, find_java
from l0pyserini.lucene.jvm import HEAP_VARIABLE, fatjar, java_class, java_heap, start_jvm
from l0pyserini.model.checkpoint import DEFAULT_ENCODER, open_checkpoint

WANTED_FREE_BYTES = 2 * 1024**3
WIDTHS = (128, 384, 768)
"""Of hidden states: the embedded encoders', a MiniLM's and a BERT base's."""

PYSERINI_VERSION = "2.3.0"


@dataclass(frozen=True)
class Finding:
    """What a check saw. mend is empty where all is well."""

    name: str
    seen: str
    mend: str = ""


def check_python() -> Finding:
    """Tell the versions of the packages everything stands on."""
    names = ("l0pyserini", "pyserini", "transformers", "tokenizers")
    seen = ", ".join(f"{name} {version(name)}" for name in names)
    mend = ""
    if version("pyserini") != PYSERINI_VERSION:
        mend = f"pip install pyserini=={PYSERINI_VERSION} (others need the network when imported)"
    return Finding("packages", seen, mend)


def check_java() -> Finding:
    """Find a Java runtime."""
    runtime = find_java()
    vector = "with" if runtime.has_vector_module else "without"
    seen = f"Java {runtime.version} at {runtime.home} ({runtime.found_by}), {vector} vector module"
    passed_over = os.environ.get("JAVA_HOME")
    if passed_over and runtime.found_by != "JAVA_HOME":
        mend = (
            f"JAVA_HOME={passed_over} is passed over: point it to Java {MINIMUM_VERSION} or newer"
        )
        return Finding("java", seen, f"{mend}, or unset it")
    return Finding("java", seen)


def check_fatjar() -> Finding:
    """Find Anserini's jar."""
    jar = fatjar()
    return Finding("anserini", f"{jar.name}, {jar.stat().st_size:,} bytes")


def check_jvm() -> Finding:
    """Start the JVM and ask it for its heap and for Lucene's version."""
    start_jvm()
    _, heap = java_heap()
    lucene = java_class("org.apache.lucene.util.Version").LATEST.toString()
    seen = f"starts; Lucene {lucene}, largest heap {heap / 1024**3:.1f} GiB"
    if heap < 512 * 1024**2:
        return Finding("jvm", seen, f"too small for large indexes: set {HEAP_VARIABLE}=4g")
    return Finding("jvm", seen)


def check_torch() -> Finding:
    """Tell which devices torch can use."""
    import torch

    if torch.cuda.is_available():
        names = [torch.cuda.get_device_name(i) for i in range(torch.cuda.device_count())]
        return Finding("torch", f"{torch.__version__}, cuda: {', '.join(names)}")
    return Finding("torch", f"{torch.__version__}, cpu with {torch.get_num_threads()} threads")


def check_speed() -> Finding:
    """Tell how fast each precision is here and what `--backend auto` takes."""
    import torch

    from l0pyserini.model.backend import AUTO, choose_backend

    lines: list[str] = []
    for width in WIDTHS:
        chosen = choose_backend(AUTO, width, torch.device("cpu"), lambda _: None)
        lines.append(f"width {width}: auto takes {chosen.name}; {chosen.speeds_line()}")
    return Finding("speed", "\n".join(lines))


def check_encoder() -> Finding:
    """Hold the embedded encoder's tokenizer against its IDF table."""
    checkpoint = open_checkpoint(DEFAULT_ENCODER)
    checkpoint.idf.check_tokenizer(checkpoint.tokenizer)
    known = sum(token in checkpoint.idf.weights for token in checkpoint.tokenizer.tokens if token)
    return Finding(
        "encoder",
        f"{checkpoint.name}: {len(checkpoint.tokenizer.vocabulary):,} tokens, "
        f"{known:,} with an IDF",
    )


def check_disk() -> Finding:
    """Tell the free disk space here."""
    free = shutil.disk_usage(Path.cwd()).free
    mend = "free some space before encoding a large corpus" if free < WANTED_FREE_BYTES else ""
    return Finding("disk", f"{free / 1024**3:.1f} GiB free in {Path.cwd()}", mend)


CHECKS: dict[str, Callable[[], Finding]] = {
    "packages": check_python,
    "java": check_java,
    "anserini": check_fatjar,
    "jvm": check_jvm,
    "torch": check_torch,
    "speed": check_speed,
    "encoder": check_encoder,
    "disk": check_disk,
}


def examine(name: str) -> tuple[Finding, bool]:
    """Run one check; return its finding and whether the part works (with or without advice)."""
    try:
        return CHECKS[name](), True
    except L0Error as fault:
        return Finding(name, "does not work", str(fault)), False
    except Exception as fault:
        # A check must never hide the others; whatever broke is itself the finding.
        return Finding(name, "does not work", f"{type(fault).__name__}: {fault}"), False
