"""One web page of a reproduction: scores, costs, lengths, topics; figures as PNG and SVG."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from l0pyserini.report.api import write_report

__all__ = ["write_report"]


def __getattr__(name: str) -> Any:
    if name == "write_report":
        from l0pyserini.report.api import write_report

        return write_report
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
