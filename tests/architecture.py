"""Rooms of the package: what lies in each, on which floor, and which imports run up.

A room is a folder of l0pyserini or a file beside them. `python -m tests.architecture [CHECKOUT]`
prints the table of docs/architecture.md.
"""

import ast
import sys
from dataclasses import dataclass, field
from graphlib import CycleError, TopologicalSorter
from itertools import pairwise
from pathlib import Path

PACKAGE = "l0pyserini"
ENTRANCE = ("__init__", "__main__")
"""Files that belong to no room: they hand on to all of them."""


@dataclass
class Room:
    """A folder of the package, or a file beside the folders."""

    folder: bool
    purpose: str = ""
    files: int = 0
    lines: int = 0
    imports: dict[str, list[str]] = field(default_factory=dict)
    """{another room: the files here that import it}."""


def rooms(checkout: Path) -> dict[str, Room]:
    """Read the rooms of a checkout from its sources; nothing is imported."""
    package = checkout / PACKAGE
    found: dict[str, Room] = {}
    for path in sorted(package.rglob("*.py")):
        inside = path.relative_to(package)
        name = inside.parts[0].removesuffix(".py")
        if name in ENTRANCE:
            continue
        room = found.setdefault(name, Room(folder=len(inside.parts) > 1))
        text = path.read_text(encoding="utf-8")
        tree = ast.parse(text)
        room.files += 1
        room.lines += text.count("\n")
        if inside.parts[1:] in ((), ("__init__.py",)):
            room.purpose = (ast.get_docstring(tree) or "").partition("\n")[0]
        for other in sorted(_imported(tree) - {name, *ENTRANCE}):
            room.imports.setdefault(other, []).append(str(inside))
    return found


def _imported(tree: ast.Module) -> set[str]:
    """Return the rooms that a file imports, anywhere in it."""
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module == PACKAGE:
            names |= {f"{PACKAGE}.{alias.name}" for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.add(node.module)
    inner = {name.split(".")[1] for name in names if name.startswith(f"{PACKAGE}.")}
    return {name for name in inner if not (name.startswith("_") or name[:1].isupper())}


def floors(found: dict[str, Room]) -> tuple[dict[str, int], list[str]]:
    """Return each room's floor, and the imports that run up.

    A floor is 1, or one above the highest room that is imported. Where rooms import one another
    in a ring, its weakest side runs up: the one that the fewest files import.
    """
    graph = {name: set(room.imports) & set(found) for name, room in found.items()}
    up = []
    while True:
        try:
            order = list(TopologicalSorter(graph).static_order())
            break
        except CycleError as error:
            ring = error.args[1]
            sides = [(above, below) for below, above in pairwise(ring)]
            here, other = min(sides, key=lambda side: len(found[side[0]].imports[side[1]]))
            graph[here].remove(other)
            up += [f"{file} imports {other}" for file in found[here].imports[other]]
    level: dict[str, int] = {}
    for name in order:
        level[name] = 1 + max((level[other] for other in graph[name]), default=0)
    return level, up


def running_up(found: dict[str, Room], order: list[str]) -> list[str]:
    """Return the imports that run up in an order of rooms, lowest first."""
    place = {name: number for number, name in enumerate(order)}
    return [
        f"{file} imports {other}"
        for name, room in found.items()
        for other, files in room.imports.items()
        if place[other] > place[name]
        for file in files
    ]


def table(found: dict[str, Room]) -> str:
    """Return rooms with their files, lines and floors as a Markdown table, and their sums."""
    level, up = floors(found)
    lines = ["| room | floor | files | lines | imported by |", "| --- | --- | --- | --- | --- |"]
    for name in sorted(found, key=lambda name: (level[name], name)):
        room = found[name]
        users = sum(name in other.imports for other in found.values())
        shown = f"{name}/" if room.folder else f"{name}.py"
        lines.append(f"| {shown} | {level[name]} | {room.files} | {room.lines:,} | {users} |")
    folders = sum(room.folder for room in found.values())
    files = sum(room.files for room in found.values())
    written = sum(room.lines for room in found.values())
    return "\n".join(
        [
            *lines,
            "",
            f"{folders} folders and {len(found) - folders} loose files on "
            f"{max(level.values())} floors; {files} files, {written:,} lines; "
            f"imports that run up: {len(up)}.",
        ]
    )


if __name__ == "__main__":
    print(table(rooms(Path(sys.argv[1] if len(sys.argv) > 1 else "."))))
