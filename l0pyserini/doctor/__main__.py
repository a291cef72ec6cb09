"""`python -m l0pyserini.doctor`."""

import argparse
import sys
from collections.abc import Sequence

from l0pyserini.base.cli import make_parser, run_command
from l0pyserini.doctor.checks import CHECKS, examine
from l0pyserini.errors import L0Error


def parser() -> argparse.ArgumentParser:
    """Return the command's flags."""
    return make_parser(
        "doctor",
        "Check Java, Anserini, packages, the embedded encoder, disk and speed; say what to mend.",
        ["doctor"],
    )


def run(_: argparse.Namespace) -> None:
    """Examine and print each finding."""
    broken = []
    for name in CHECKS:
        finding, works = examine(name)
        mark = "FAIL" if not works else "note" if finding.mend else "ok"
        seen = finding.seen.replace("\n", f"\n      {'':9} ")
        print(f"{mark:4}  {name:9} {seen}", flush=True)
        if finding.mend:
            print(f"      {'':9} -> {finding.mend}", flush=True)
        if not works:
            broken.append(name)
    if broken:
        raise L0Error(f"{len(broken)} of {len(CHECKS)} parts do not work: {', '.join(broken)}")


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; return its exit code."""
    return run_command(parser(), run, argv)


if __name__ == "__main__":
    sys.exit(main())
