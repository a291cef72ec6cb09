"""Every row of the catalogue: exit code, message, and nothing else changed."""

import pytest

from tests.faults import collections, documents, exports, flags, models, outputs, queries, records
from tests.faults.catalogue import snapshot

THEMES = {
    "documents": documents.ROWS,
    "queries": queries.ROWS,
    "collections": collections.ROWS,
    "records": records.ROWS,
    "models": models.ROWS,
    "flags": flags.ROWS,
    "outputs": outputs.ROWS,
    "exports": exports.ROWS,
}
COMMANDS = {
    *("encode", "encode.validate", "index", "index.append", "index.delete", "index.merge"),
    *("index.verify", "search", "bm25", "idf", "evaluate", "compare", "fuse", "leaderboard"),
    *("efficiency", "explain", "quantize", "mine", "teach", "train", "reproduce", "report"),
    *("opensearch", "serve", "demo", "doctor", "embed", "masks", "convert", "average", "export"),
    *("table",),
}

ROWS = [(theme, row) for theme, rows in THEMES.items() for row in rows]


@pytest.mark.parametrize(
    "row", [pytest.param(row, id=f"{theme}-{row.command}-{row.name}") for theme, row in ROWS]
)
def test_row(row, stock, tmp_path, capsys):
    row.prepare(stock, tmp_path)
    with row.setting(tmp_path):
        before = snapshot(tmp_path)
        try:
            code = row.main()(row.argv(tmp_path))
        except SystemExit as stop:  # argparse leaves this way
            code = stop.code
        after = snapshot(tmp_path)
    err = capsys.readouterr().err
    assert "Traceback" not in err
    assert "error: unexpected" not in err
    for part in row.says:
        assert part in err
    assert code == row.code
    assert after == before


def test_the_catalogue_is_as_large_as_promised():
    assert len(ROWS) >= 150
    assert {row.command for _, row in ROWS} == COMMANDS
    for _, row in ROWS:
        assert all(row.says), row


def test_rows_are_told_apart():
    assert len({(theme, row.command, row.name) for theme, row in ROWS}) == len(ROWS)
