"""Packages that only some sources need, imported when one is named."""

from importlib import import_module
from typing import Any

from l0pyserini.errors import InputError


def needed(module: str, install: str, spec: str, error: type[InputError]) -> Any:
    """Import a module that a source is read with.

    Args:    install: what to give to pip. spec: the source, as the user named it.
    Raises:  error: if it is not installed.
    """
    try:
        return import_module(module)
    except ImportError as fault:
        raise error(
            f"{spec}: is read with the package {module.split('.')[0]}, which is not installed "
            f"({fault}). Install it: pip install '{install}'"
        ) from fault
