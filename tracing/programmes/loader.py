"""Load the rule packs at start-up; an invalid pack stops the start, with a message that says where it is wrong."""

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

import yaml
from pydantic import ValidationError

from tracing.programmes.schema import Pack

FOLDER = Path(__file__).parent / "packs"


class InvalidPack(Exception):
    """A pack is invalid; the message names file, row and field."""


class UnknownProgramme(LookupError):
    """No pack has that code."""

    def __init__(self, code: str) -> None:
        super().__init__(f"no programme is called {code!r}")


@cache
def load_packs(folder: Path = FOLDER) -> Mapping[str, Pack]:
    """Return every pack by its code. Called at start-up, so that an invalid pack stops the start."""
    packs: dict[str, Pack] = {}
    for path in sorted(folder.glob("*.yaml")):
        pack = read_pack(path)
        if pack.code in packs:
            raise InvalidPack(f"{path.name}: another file already has the code {pack.code}")
        packs[pack.code] = pack
    return MappingProxyType(packs)


def get_pack(code: str) -> Pack:
    """Return the pack of a programme."""
    pack = load_packs().get(code)
    if pack is None:
        raise UnknownProgramme(code)
    return pack


def read_pack(path: Path) -> Pack:
    """Read and check one file."""
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except yaml.YAMLError as error:
        raise InvalidPack(f"{path.name}: not readable as YAML: {error}") from error
    try:
        # Through JSON, where lists are accepted for tuples and text for dates, while the rest stays strict.
        return Pack.model_validate_json(json.dumps(content, default=str))
    except ValidationError as error:
        raise InvalidPack("\n".join(_where(path, content, line) for line in error.errors())) from error


def _where(path: Path, content: Any, error: Any) -> str:
    """Return file, row and field of one validation error, in the terms of the file and not of the schema."""
    location = list(error["loc"])
    row = _row_name(content, location)
    field = ".".join(str(part) for part in location)
    place = ", ".join(part for part in (path.name, row and f"row {row}", field and f"field {field}") if part)
    return f"{place}: {error['msg']}"


def _row_name(content: Any, location: list[Any]) -> str | None:
    """Return the id of the row an error is about, and reduce `location` to the path inside that row."""
    if len(location) < 2 or not isinstance(location[1], int):
        return None
    table, position = location[0], location[1]
    del location[:2]
    row = content[table][position]
    name = row.get("id") if isinstance(row, dict) else None
    return str(name) if name else f"{position + 1} of {table}"
