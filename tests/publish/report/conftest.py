"""A reproduction of 151 documents with costs, and a report of it."""

from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.publish.reproduce.tiny import write_tiny


@dataclass(frozen=True)
class Reported:
    """The folder of a reproduction and the page of its report."""

    folder: Path
    page: Path
    figures: Path


@pytest.fixture(scope="session")
def reported(small, once) -> Reported:
    def build(folder: Path) -> None:
        from l0pyserini.publish.report import write_report
        from l0pyserini.publish.reproduce import reproduce
        from l0pyserini.publish.reproduce.systems import EncoderOptions, chosen_systems

        tiny = write_tiny(small, folder / "data")
        systems = chosen_systems(["flat", "multifield"], ["splade-tiny"], EncoderOptions())
        reproduce([tiny], systems, folder / "data", folder / "out", cost=True)
        write_report(folder / "out", folder / "report.html")

    made = once("report", build)
    return Reported(made / "out", made / "report.html", made / "report.figures")
