"""Fields of records: a missing or odd one is named with its place, whatever lies around it."""

import pytest

from l0pyserini.base.fields import check_fields
from l0pyserini.errors import ResultsError

FIELDS = {"n": int, "x": float, "inner": {"s": str}, "many": [{"b": bool}], "maybe": (float,)}
SOUND = {"n": 1, "x": 2, "inner": {"s": "a"}, "many": [{"b": True}], "maybe": None}


@pytest.mark.parametrize("change", [{}, {"maybe": 0.5}, {"x": 0.5}, {"many": []}, {"other": 1}])
def test_sound_records_pass(change):
    check_fields({**SOUND, **change}, FIELDS, "f.json", ResultsError, "Mend it.")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"n": 1.5}, "f.json: 'n' is 1.5, expected a whole number. Mend it."),
        ({"n": True}, "f.json: 'n' is True, expected a whole number. Mend it."),
        ({"x": "2"}, "f.json: 'x' is '2', expected a number. Mend it."),
        ({"inner": {}}, "f.json: 'inner': lacks 's'. Mend it."),
        ({"inner": []}, "f.json: 'inner' is [], expected an object. Mend it."),
        ({"many": [{"b": 1}]}, "f.json: 'many'[0]: 'b' is 1, expected true or false. Mend it."),
        ({"maybe": "x"}, "f.json: 'maybe' is 'x', expected a number. Mend it."),
    ],
)
def test_others_are_named(change, message):
    with pytest.raises(ResultsError) as caught:
        check_fields({**SOUND, **change}, FIELDS, "f.json", ResultsError, "Mend it.")
    assert str(caught.value) == message
