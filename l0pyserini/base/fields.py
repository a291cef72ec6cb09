"""Records that were read from JSON: are their fields there, and of the right kind?"""

from collections.abc import Mapping
from typing import Any

from l0pyserini.errors import L0Error

Kind = Any
"""int, float, str, bool, list, dict; Fields of an object within; [kind] of a list's elements;
(kind,) where the field may be null or missing."""

Fields = Mapping[str, Kind]

_EXPECTED = {
    int: "a whole number",
    float: "a number",
    str: "a text",
    bool: "true or false",
    list: "a list",
    dict: "an object",
}


def check_fields(
    record: Mapping[str, Any], fields: Fields, where: str, error: type[L0Error], mend: str
) -> None:
    """Refuse a record in which a field is missing or of another kind.

    Args:    where: the file, and the field that holds the record. mend: what to do, as the end of
             the message.
    Raises:  error: naming the first such field.
    """
    for name, kind in fields.items():
        optional = isinstance(kind, tuple)
        if optional and record.get(name) is None:
            continue
        if name not in record:
            raise error(f"{where}: lacks {name!r}. {mend}")
        place = f"{where}: {name!r}"
        _check_value(record[name], kind[0] if optional else kind, place, error, mend)


def _check_value(value: Any, kind: Kind, where: str, error: type[L0Error], mend: str) -> None:
    plain = dict if isinstance(kind, Mapping) else list if isinstance(kind, list) else kind
    if not is_kind(value, plain):
        raise error(f"{where} is {value!r:.60}, expected {_EXPECTED[plain]}. {mend}")
    if isinstance(kind, Mapping):
        check_fields(value, kind, where, error, mend)
    elif isinstance(kind, list):
        for place, one in enumerate(value):
            _check_value(one, kind[0], f"{where}[{place}]", error, mend)


def is_kind(value: object, kind: type) -> bool:
    """Tell whether a value of JSON is of a kind: a whole number is a number too, a truth none."""
    kinds = (int, float) if kind is float else (kind,)
    return isinstance(value, kinds) and (kind is bool or not isinstance(value, bool))
