"""Writing the matrix for people and programs: JSON, CSV, Markdown and a web page."""

import csv
import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from l0pyserini.base.files import atomic_write, write_json
from l0pyserini.publish.reproduce import matrix as matrix_file
from l0pyserini.publish.reproduce.page import matrix_page

COLUMNS = (
    "dataset",
    "system",
    "measure",
    "score",
    "published",
    "difference",
    "verdict",
    "published_as",
    "source",
)


def write_matrix(matrix: Mapping[str, Any], folder: Path) -> None:
    """Write matrix.json, matrix.csv, matrix.md and matrix.html."""
    write_json(folder / matrix_file.FILE_NAME, matrix)
    texts = {
        "matrix.csv": as_csv(matrix),
        "matrix.md": as_markdown(matrix),
        "matrix.html": matrix_page(matrix),
    }
    for name, text in texts.items():
        with atomic_write(folder / name) as handle:
            handle.write(text.encode())


def as_csv(matrix: Mapping[str, Any]) -> str:
    """Return a line a cell."""
    text = io.StringIO()
    table = csv.DictWriter(text, COLUMNS, extrasaction="ignore", lineterminator="\n")
    table.writeheader()
    table.writerows(matrix["cells"])
    return text.getvalue()


def as_markdown(matrix: Mapping[str, Any]) -> str:
    """Return the cells as one table, the averages as another, and the machine."""
    parts = [markdown_table(*matrix_table(matrix))]
    if matrix["averages"]:
        parts.append(
            markdown_table(
                ["mean nDCG@10", "BEIR sets", "here", "published", "difference"],
                [
                    [
                        one["system"],
                        str(one["datasets"]),
                        shown(one["score"]),
                        shown(one["published"]),
                        signed(one["difference"]),
                    ]
                    for one in matrix["averages"]
                ],
            )
        )
    parts.append(f"{matrix_file.made_by(matrix['cells'])}.\n")
    return "\n".join(parts)


def matrix_table(matrix: Mapping[str, Any]) -> tuple[list[str], list[list[str]]]:
    """Return the cells as a header and rows."""
    header = ["dataset", "system", "measure", "here", "published", "difference", "verdict"]
    rows = [
        [
            cell["dataset"],
            cell["system"],
            cell["measure"],
            shown(cell["score"]),
            shown(cell["published"], cell["decimals"]),
            signed(cell["difference"]),
            cell["verdict"] or "",
        ]
        for cell in matrix["cells"]
    ]
    return header, rows


def shown(score: float | None, decimals: int | None = 4) -> str:
    """Return a score to so many decimals; nothing for None."""
    return "" if score is None else f"{score:.{decimals}f}"


def signed(difference: float | None) -> str:
    """Return a difference to four decimals with its sign; nothing for None."""
    return "" if difference is None else f"{difference:+.4f}"


def markdown_table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a Markdown table."""
    lines = [header, ["---"] * len(header), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)
