"""The tables as a document: one diagram for each feature, drawn from the models."""

import sys
from collections.abc import Iterable, Iterator
from importlib import import_module
from typing import Any

from sqlalchemy import Column, Dialect, ForeignKey, Table
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import DeclarativeBase

from tests.support.source import PACKAGE, ROOT, modules
from tracing.kernel.db import Base
from tracing.vault.models import KeyBase

DOCUMENT = ROOT / "docs/tables.md"

FLOW = (
    *("imports", "duplicates", "people", "cases", "contacts", "queue", "calls", "desk", "scripts"),
    *(
        "programmes",
        "escalations",
        "sickleave",
        "help_requests",
        "messages",
        "supervision",
        "onboarding",
        "staff",
    ),
    *("vault", "ui", "kernel"),
)
"""The features in the order of the work. A feature that is not named here comes after them."""

EVERYWHERE = {"members", "sites"}
"""Nearly every table refers to these two. Their lines are drawn only where they are at home."""

DIALECT: Dialect = postgresql.dialect()  # type: ignore[no-untyped-call]

HEAD = """\
# Tables

Written by `make docs` from the models; do not edit. A diagram shows the tables of one feature with their primary keys
and foreign keys, and the tables of other features that they refer to. References to `members` and `sites` are in the
lists only, because nearly every table has one. A column such as `contact_id` without a foreign key refers to a table of
a feature that comes later in the flow (ARCHITECTURE.md). Every column is in `tracing/<feature>/models.py`.
"""


def first_sentence(docstring: str | None) -> str:
    """Return the first sentence of a docstring, on one line."""
    paragraph = " ".join((docstring or "").strip().split("\n\n")[0].split())
    end = paragraph.find(". ")
    return paragraph if end < 0 else paragraph[: end + 1]


def text() -> str:
    """Return the whole document."""
    parts = [HEAD]
    for feature, theirs in _by_feature().items():
        parts.append(f"## {feature}\n\n{first_sentence(import_module(f'tracing.{feature}').__doc__)}\n")
        # the key store is a database of its own, with a diagram of its own
        for base, title in ((Base, ""), (KeyBase, "In the key store, a database of its own:\n")):
            chosen = [model for model in theirs if issubclass(model, base)]
            if chosen:
                parts += [title] * bool(title)
                parts += [_diagram([_table(model) for model in chosen]), _list(chosen)]
    return "\n".join(parts)


def models() -> list[type[Any]]:
    """Return every class with a table of the product, in the order in which they are written."""
    for path in modules():
        if "__tablename__" in path.read_text(encoding="utf-8"):
            import_module(".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts))
    bases: tuple[type[DeclarativeBase], ...] = (Base, KeyBase)
    found = [mapper.class_ for base in bases for mapper in base.registry.mappers]
    return sorted((model for model in found if model.__module__.startswith("tracing.")), key=_first_line)


def _by_feature() -> dict[str, list[type[Any]]]:
    found: dict[str, list[type[Any]]] = {}
    for model in models():
        found.setdefault(model.__module__.split(".")[1], []).append(model)
    return dict(sorted(found.items(), key=lambda item: in_flow(item[0])))


def in_flow(feature: str) -> tuple[int, str]:
    """Return the place of a feature in the order of the work."""
    return (FLOW.index(feature) if feature in FLOW else len(FLOW)), feature


def _first_line(model: type[Any]) -> tuple[str, int]:
    """Return where a model is written: tables of a module stay in the order of its lines."""
    lines = (ROOT / (model.__module__.replace(".", "/") + ".py")).read_text(encoding="utf-8").splitlines()
    return model.__module__, next(
        n for n, line in enumerate(lines) if line.startswith(f"class {model.__name__}(")
    )


def _table(model: type[Any]) -> Table:
    table = model.__table__
    assert isinstance(table, Table)
    return table


def _keys(table: Table) -> Iterator[tuple[Column[Any], ForeignKey]]:
    for column in table.columns:
        for key in sorted(column.foreign_keys, key=lambda key: key.target_fullname):
            yield column, key


def _diagram(tables: Iterable[Table]) -> str:
    lines = ["```mermaid", "erDiagram"]
    links = []
    tables = list(tables)
    left_out = EVERYWHERE - {table.name for table in tables}
    for table in tables:
        lines.append(f"    {table.name} {{")
        for column in table.columns:
            marks = ["PK"] * column.primary_key + ["FK"] * bool(column.foreign_keys)
            if marks and not (marks == ["FK"] and _refers_to(column, left_out)):
                kind = column.type.compile(dialect=DIALECT).lower().split("(")[0].split()[0]
                lines.append(f"        {kind} {column.name} {', '.join(marks)}")
        lines.append("    }")
        links += [
            f"    {table.name} {_many(column)}--{'o|' if column.nullable else '||'} {key.column.table.name} : {column.name}"
            for column, key in _keys(table)
            if not _refers_to(column, left_out)
        ]
    return "\n".join([*lines, *links, "```\n"])


def _refers_to(column: Column[Any], names: set[str]) -> bool:
    return any(key.column.table.name in names for key in column.foreign_keys)


def _many(column: Column[Any]) -> str:
    """Return how many rows may refer to the same one."""
    only_key = column.primary_key and len(column.table.primary_key.columns) == 1
    return "|o" if column.unique or only_key else "}o"


def _list(chosen: Iterable[type[Any]]) -> str:
    lines = ["| table | class | what a row is | primary key | refers to |", "|---|---|---|---|---|"]
    for model in chosen:
        table = _table(model)
        refers = ", ".join(f"`{column.name}` → `{key.target_fullname}`" for column, key in _keys(table))
        primary = ", ".join(f"`{column.name}`" for column in table.primary_key.columns)
        what = first_sentence(model.__doc__).replace("|", "\\|")
        lines.append(f"| `{table.name}` | `{model.__name__}` | {what} | {primary} | {refers or '–'} |")
    return "\n".join(lines) + "\n"


def write() -> None:
    """Write the document."""
    DOCUMENT.write_text(text(), encoding="utf-8")
    sys.stdout.write(f"wrote {DOCUMENT.relative_to(ROOT)}\n")
