"""Stored documents as Pyserini shows them (format_lucene_document, truncate_document_payload)."""

import pytest

from l0pyserini.serve.documents import shown

RAW = '{"id": "d1", "contents": "some text"}'
FIELDS = '{"_id": "d1", "title": "T", "text": "some text", "year": 1969, "ok": true, "of": [1]}'


@pytest.mark.parametrize(
    ("stored", "parse", "longest", "expected"),
    [
        (None, True, None, None),
        ("plain text", True, None, "plain text"),
        ("plain text", True, 5, "plain"),
        (RAW, True, None, "some text"),
        (RAW, False, None, RAW),
        (RAW, True, 4, "some"),
        (
            *(FIELDS, True, 4),
            {"title": "T", "text": "some", "year": "1969", "ok": "True", "of": [1]},
        ),
        ("{no JSON", True, 3, "{no"),
        ('{"id": "d1"}', True, None, {}),
    ],
)
def test_shown(stored, parse, longest, expected):
    assert shown(stored, parse, longest) == expected
