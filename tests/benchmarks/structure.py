"""Structure: how many modules and lines there are, what imports what, and which files are passed.

python -m tests.benchmarks.structure [--verbose]

Modules are the .py files of the packages, each `__init__` included; lines are all lines. A part of
`retrieval` is a module or a folder directly in it. A part imports another if any of its modules
does, anywhere, for types too. Upward imports are the fewest that have to go so that the parts can
be ordered with each importing only parts below it; there are none if there is no cycle.

A door is an `__init__` with a docstring and an `__all__`. Every folder has one but `retrieval` and
`bot`, which consist of folders with doors. A name in a door's `__all__` is imported from the door,
even if a module behind it has the same name.

The files that a question, an article and an update pass are counted by `walks`. Those after the +
of an article are passed only in the process that reads it.
"""

from __future__ import annotations

import argparse
import ast
import asyncio
import tempfile
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from tests.benchmarks.walks import PACKAGES, ROOT, walks

WITHOUT_DOOR = {"retrieval", "bot"}
LONG = 450

Import = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Module:
    """A module.

    Attributes:
        imports: The modules of the packages that it imports.
        folder: The package that it is or is in.
        is_init: Whether it is the `__init__` of its folder.
        is_door: Whether it is one and does what a door does.
    """

    lines: int
    imports: frozenset[str]
    folder: str
    is_init: bool
    is_door: bool


def modules(root: Path) -> dict[str, Module]:
    """Read the modules of the packages, by their names."""
    paths = [path for package in PACKAGES for path in sorted((root / package).rglob("*.py"))]
    dotted = {path: ".".join(path.relative_to(root).with_suffix("").parts) for path in paths}
    names = {path: name.removesuffix(".__init__") for path, name in dotted.items()}
    texts = {path: path.read_text(encoding="utf-8") for path in paths}
    trees = {path: ast.parse(text) for path, text in texts.items()}
    exports = {names[path]: _exports(tree) for path, tree in trees.items()}
    found = {}
    for path, name in names.items():
        folder, _, stem = dotted[path].rpartition(".")
        is_init = stem == "__init__"
        is_door = is_init and bool(exports[name] and ast.get_docstring(trees[path]))
        imports = frozenset(_imports(trees[path], folder, exports)) - {name}
        lines = len(texts[path].splitlines())
        found[name] = Module(lines, imports, folder, is_init, is_door)
    return found


def _exports(tree: ast.Module) -> list[str]:
    for node in tree.body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__":
            return list(ast.literal_eval(node.value))
    return []


def _imports(tree: ast.Module, folder: str, exports: Mapping[str, list[str]]) -> Iterator[str]:
    """Yield what a module in a folder imports of all modules, which are the keys of `exports`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (one.name for one in node.names if one.name in exports)
        elif isinstance(node, ast.ImportFrom):
            parts = folder.split(".")
            above = parts[: len(parts) + 1 - node.level] if node.level else []
            base = ".".join([*above, *filter(None, [node.module])])
            for one in node.names:
                inner = f"{base}.{one.name}"
                if inner in exports and one.name not in exports.get(base, []):
                    yield inner
                elif base in exports:
                    yield base


def parts(found: Mapping[str, Module], package: str) -> dict[str, str]:
    """Return the part that each module of a package belongs to."""
    return {name: name.split(".")[1] for name in found if name.startswith(f"{package}.")}


def part_imports(found: Mapping[str, Module], package: str) -> frozenset[Import]:
    """Return which part of a package imports which."""
    part = parts(found, package)
    pairs = {(part[one], part[to]) for one in part for to in found[one].imports if to in part}
    return frozenset(pair for pair in pairs if pair[0] != pair[1])


def upward(imports: frozenset[Import]) -> list[Import]:
    """Return the fewest imports that must go to leave no cycle (a minimum feedback arc set).

    It is exact, and takes time exponential in the number of parts on cycles.
    """
    below: dict[str, frozenset[str]] = {part: frozenset() for pair in imports for part in pair}
    for _ in below:
        for one, to in imports:
            below[one] |= below[to] | {to}
    circling = sorted((one, to) for one, to in imports if one in below[to])

    @cache
    def rising(left: frozenset[str]) -> tuple[Import, ...]:
        """Return those among parts that are not placed yet, one of which is placed lowest."""
        up = {one: tuple(a for a in circling if a[0] == one and a[1] in left) for one in left}
        lowest = [one for one in sorted(left) if not up[one]][:1] or sorted(left)
        return min((up[one] + rising(left - {one}) for one in lowest), key=len, default=())

    return sorted(rising(frozenset(one for pair in circling for one in pair)))


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the table, and what `--verbose` lists below it."""

    what: str
    here: str
    aim: str
    listed: list[str]


def standing(root: Path) -> Iterator[Row]:
    """Measure what stands in the files."""
    found = modules(root)
    inits = sum(one.is_init for one in found.values())
    size = f"{len(found)} / {sum(one.lines for one in found.values()):,}"
    yield Row("source modules / lines", f"{size} ({inits} an __init__)", "135 / 21,000", [])
    long = [f"{name} {one.lines}" for name, one in found.items() if one.lines > LONG]
    yield Row(f"modules over {LONG} lines", str(len(long)), "none", long)
    folders = {one.folder for one in found.values()} - WITHOUT_DOOR
    closed = sorted(one for one in folders if one not in found or not found[one].is_door)
    yield Row("folders without a door", f"{len(closed)} of {len(folders)}", "none", closed)

    imports = part_imports(found, "retrieval")
    rising = [f"{one} -> {to}" for one, to in upward(imports)]
    count = len(set(parts(found, "retrieval").values()))
    yield Row("parts of retrieval", str(count), "at most 12", [])
    here = f"{len(imports)} / {len(rising)}"
    yield Row("imports between them / upward", here, "- / none", rising)
    of_bot = {
        to for name, one in found.items() if name.split(".")[0] == "bot" for to in one.imports
    }
    used = sorted(name for name in of_bot if name.split(".")[0] == "retrieval")
    inner = [name for name in used if name.count(".") > 1]
    doors = sum(found[name].is_door for name in used) - sum(found[name].is_door for name in inner)
    here = (
        f"{len(used)}: {doors} doors, {len(used) - doors - len(inner)} beside, {len(inner)} inner"
    )
    yield Row("modules of retrieval in bot", here, "no inner ones", inner)

    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = [f"{name}: {len(all_)}" for name, all_ in project["optional-dependencies"].items()]
    here = f"{len(project['dependencies'])} (extras {', '.join(extras)})"
    yield Row("direct dependencies", here, "28", project["dependencies"])
    yield Row("lines of the README", f"{_lines(root / 'README.md'):,}", "220 to 300", [])
    tests = sum(map(_lines, (root / "tests").rglob("*.py")))
    yield Row("lines of tests", f"{tests:,}", "27,000", [])


def _lines(path: Path) -> int:
    return len(path.read_text(encoding="utf-8").splitlines())


def passing(walked: Mapping[str, list[str]]) -> Iterator[Row]:
    """Count what the walks pass."""
    for walk, aim in {"question": "25", "article": "30", "update": "38"}.items():
        files, elsewhere = walked[walk], walked["reader"] if walk == "article" else []
        here = f"{len(files)} + {len(elsewhere)}" if elsewhere else str(len(files))
        yield Row(f"files: {walk}", here, aim, [*files, *(f"+ {one}" for one in elsewhere)])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--verbose", action="store_true", help="List what is counted.")
    verbose = parser.parse_args().verbose
    rows = [*standing(ROOT)]
    with tempfile.TemporaryDirectory() as folder:
        rows += passing(asyncio.run(walks(Path(folder))))
    print(f"{'':30}{'here':38}aim")
    for row in rows:
        print(f"{row.what:30}{row.here:38}{row.aim}")
        for line in row.listed if verbose else ():
            print(f"    {line}")


if __name__ == "__main__":
    main()
