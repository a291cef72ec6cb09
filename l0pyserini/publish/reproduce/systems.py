"""What is run on each dataset: BM25 in one field or two, document encoders, and both fused."""

import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from l0pyserini.errors import UsageError

BM25_KINDS = ("flat", "multifield")

FLAT_NAME, MULTIFIELD_NAME = (f"bm25-{kind}" for kind in BM25_KINDS)

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


@dataclass(frozen=True)
class EncoderOptions:
    """How encoders are used; the flags of the same names of l0pyserini.encode."""

    activation: str | None = None
    idf: str | None = None
    backend: str = "auto"
    device: str = "cpu"
    max_length: int | None = None
    batch_size: int = 32
    trust_remote_code: bool = False
    lexical: str | None = None


@dataclass(frozen=True)
class System:
    """A retrieval system. encoder: as --encoder takes it; None for BM25 and fused runs.

    fused: names of the systems whose runs are fused by `method`; () for a system of its own.
    """

    name: str
    encoder: str | None = None
    options: EncoderOptions = EncoderOptions()
    fused: tuple[str, ...] = ()
    method: str = ""

    @property
    def published_as(self) -> str:
        """The name its published scores go by; those of an encoder are of it without BM25."""
        return self.name if self.options.lexical or not self.encoder else self.encoder

    @property
    def multifield(self) -> bool:
        """Whether it is BM25 over title and text apart."""
        return self.name == MULTIFIELD_NAME

    @property
    def measurable(self) -> bool:
        """Whether its cost can be measured: it has an index, and its searches are on one field."""
        return not self.fused and not self.multifield

    def settings(self) -> dict[str, Any]:
        """Return what makes its results; weights are added when they are known."""
        if self.fused:
            return {"system": self.name, "fused": list(self.fused), "method": self.method}
        if self.encoder is None:
            return {"system": self.name}
        # Where it runs does not change what is asked for.
        options = {k: v for k, v in asdict(self.options).items() if k != "device"}
        # Older versions knew no other half.
        if self.options.lexical is None:
            del options["lexical"]
        return {"system": self.name, "encoder": self.encoder, **options}


def chosen_systems(
    bm25: Sequence[str],
    encoders: Sequence[str],
    options: EncoderOptions,
    fuse: str | None = None,
) -> list[System]:
    """Return the systems that --bm25, --encoder and --fuse name.

    Args:    encoders: a folder, hub name or embedded encoder, each also as NAME=ENCODER.
             fuse: method by which each encoder's run is fused with that of BM25 over one field.
    Raises:  UsageError: if there is none, two share a name, or there is nothing to fuse with.
    """
    systems = [System(f"bm25-{kind}") for kind in dict.fromkeys(bm25)]
    for given in encoders:
        name, equals, spec = given.partition("=")
        if not equals:
            name, spec = Path(given).name, given
        if not _NAME.fullmatch(name) or not spec:
            raise UsageError(
                f"--encoder {given!r}: {name!r} cannot name a folder. Expected NAME=ENCODER with "
                "letters, digits, dots, dashes and underscores in the name."
            )
        if options.lexical and not equals:
            name = f"{name}+{options.lexical}"
        systems.append(System(name, spec, options))
        if fuse is not None:
            parts = (FLAT_NAME, name)
            systems.append(System(f"{name}+{FLAT_NAME}", fused=parts, method=fuse))
    if fuse is not None and (BM25_KINDS[0] not in bm25 or not encoders):
        raise UsageError("--fuse needs --bm25 flat and an --encoder, whose runs it fuses.")
    names = [one.name for one in systems]
    if twice := {name for name in names if names.count(name) > 1}:
        raise UsageError(
            f"--encoder: two systems are called {min(twice)!r}. Name them apart, as in "
            f"--encoder a={min(twice)} b=..."
        )
    if not systems:
        raise UsageError("nothing to run: give --encoder, or --bm25 flat.")
    return systems
