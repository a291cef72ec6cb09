"""One web page of a reproduction: scores, costs, lengths, topics; figures as PNG and SVG."""

from typing import TYPE_CHECKING

from l0pyserini.base.lazy import lazy_names

if TYPE_CHECKING:
    from l0pyserini.publish.report.api import write_report

__all__ = ["write_report"]

__getattr__ = lazy_names(__name__, {"write_report": "api"})
