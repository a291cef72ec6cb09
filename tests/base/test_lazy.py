import pytest

from l0pyserini.base.lazy import lazy_names


def test_a_name_is_imported_from_its_home():
    load = lazy_names("json", {"JSONDecoder": "decoder"})
    from json.decoder import JSONDecoder

    assert load("JSONDecoder") is JSONDecoder


def test_another_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="module 'json' has no attribute 'absent'"):
        lazy_names("json", {})("absent")
