"""Packages that only some formats need, imported when one is asked for."""

from importlib import import_module
from typing import Any

from l0pyserini.errors import ExportError


def needed(module: str, what: str, extra: str) -> Any:
    """Import a module that a format is written with.

    Args:    what: the command, for the message. extra: of setup.cfg, where the package stands.
    Raises:  ExportError: if it is not installed.
    """
    try:
        return import_module(module)
    except ImportError as fault:
        raise ExportError(
            f"{what}: is written with the package {module.split('.')[0]}, which cannot be "
            f"imported ({fault}). Install it: pip install 'l0pyserini[{extra}]'"
        ) from fault
