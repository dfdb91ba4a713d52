"""The product's own files, for the tests that read code instead of running it."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "tracing"


def modules() -> list[Path]:
    """Return every Python file of the product."""
    return sorted(PACKAGE.rglob("*.py"))


def templates() -> list[Path]:
    """Return every template."""
    return sorted(PACKAGE.rglob("templates/**/*.html"))


@cache
def tree(path: Path) -> ast.Module:
    """Return a parsed Python file."""
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


def calls(path: Path) -> Iterator[tuple[ast.Call, str]]:
    """Yield every call in a file with its dotted name, such as `datetime.now`."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Call):
            yield node, ast.unparse(node.func)


def place(path: Path, line: int | None = None) -> str:
    """Return a path and line in the form that terminals make clickable."""
    shown = str(path.relative_to(ROOT))
    return f"{shown}:{line}" if line else shown
