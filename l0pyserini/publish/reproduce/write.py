"""Writing the matrix for people and programs: JSON, CSV, Markdown and a web page."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from l0pyserini.base.files import atomic_write, write_json
from l0pyserini.base.tables import Table, as_csv
from l0pyserini.publish.reproduce import matrix as matrix_file
from l0pyserini.publish.reproduce.page import matrix_page


def write_matrix(matrix: Mapping[str, Any], folder: Path) -> None:
    """Write matrix.json, matrix.csv, matrix.md and matrix.html."""
    write_json(folder / matrix_file.FILE_NAME, matrix)
    texts = {
        "matrix.csv": as_csv(matrix_file.matrix_frame(matrix)),
        "matrix.md": as_markdown(matrix),
        "matrix.html": matrix_page(matrix),
    }
    for name, text in texts.items():
        with atomic_write(folder / name) as handle:
            handle.write(text.encode())


def as_markdown(matrix: Mapping[str, Any]) -> str:
    """Return the cells as one table, the averages as another, and the machine."""
    tables = [matrix_table(matrix)]
    if matrix["averages"]:
        tables.append(averages_table(matrix))
    made = f"{matrix_file.made_by(matrix['cells'])}.\n"
    return "\n\n".join([*(table.as_markdown() for table in tables), made])


def matrix_table(matrix: Mapping[str, Any]) -> Table:
    """Return a row a cell."""
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
    return Table(header, rows)


def averages_table(matrix: Mapping[str, Any]) -> Table:
    """Return a row a system that has a mean over BEIR sets."""
    rows = [
        [
            one["system"],
            str(one["datasets"]),
            shown(one["score"]),
            shown(one["published"]),
            signed(one["difference"]),
        ]
        for one in matrix["averages"]
    ]
    return Table(["mean nDCG@10", "BEIR sets", "here", "published", "difference"], rows)


def shown(score: float | None, decimals: int | None = 4) -> str:
    """Return a score to so many decimals; nothing for None."""
    return "" if score is None else f"{score:.{decimals}f}"


def signed(difference: float | None) -> str:
    """Return a difference to four decimals with its sign; nothing for None."""
    return "" if difference is None else f"{difference:+.4f}"
