"""Load the programmes at start-up; one that is wrong stops the start, with a message that says where: file, line, field."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

import yaml
from pydantic import ValidationError

from tracing.programmes.checks import problems
from tracing.programmes.schema import Pack

FOLDER = Path(__file__).parent / "packs"
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class InvalidPack(Exception):
    """A programme is invalid; the message names file, line, row and field."""


class UnknownProgramme(LookupError):
    """No programme has that code."""

    def __init__(self, code: str) -> None:
        super().__init__(f"no programme is called {code!r}")


@dataclass
class _Files:
    """The files of one folder: what they hold together, and which file holds which key."""

    folder: Path
    content: dict[str, Any] = field(default_factory=dict)
    file_of: dict[str, Path] = field(default_factory=dict)

    def place(self, location: tuple[Any, ...], message: str) -> str:
        """Return file, line, row and field of a mistake, in the terms of the file and not of the schema."""
        path = self.file_of.get(str(location[0])) if location else None
        if path is None:
            # a key that is missing belongs to no file yet
            name = ".".join(map(str, location))
            return f"{self.folder.name}" + (f", field {name}" if name else "") + f": {message}"
        line, row, inside = _find(path, self.content, location)
        parts = [f"{self.folder.name}/{path.name}", f"line {line}", row and f"row {row}"]
        parts.append(f"field {'.'.join(inside)}" if inside else "")
        return ", ".join(part for part in parts if part) + f": {message}"


@cache
def load_packs(folder: Path = FOLDER) -> Mapping[str, Pack]:
    """Return every programme by its code. Called at start-up, so that an invalid one stops the start."""
    packs = {path.name: _read_once(path) for path in sorted(folder.iterdir()) if path.is_dir()}
    return MappingProxyType(packs)


def get_pack(code: str) -> Pack:
    """Return a programme."""
    folder = FOLDER / code
    if not code.replace("-", "").isalnum() or not folder.is_dir():
        raise UnknownProgramme(code)
    return _read_once(folder)


@cache
def _read_once(folder: Path) -> Pack:
    return read_pack(folder)


def read_pack(folder: Path) -> Pack:
    """Read and check the files of one folder, which is named as the programme's code."""
    files = _read_files(folder)
    try:
        # Through JSON, where lists are accepted for tuples and text for dates, while the rest stays strict.
        pack = Pack.model_validate_json(json.dumps(files.content, default=str))
    except ValidationError as error:
        raise InvalidPack(
            "\n".join(
                files.place(line["loc"], line["msg"].removeprefix("Value error, ")) for line in error.errors()
            )
        ) from error
    if pack.code != folder.name:
        raise InvalidPack(
            files.place(("code",), f"the folder is called {folder.name}, the programme {pack.code}")
        )
    if found := [files.place(problem.at, problem.message) for problem in problems(pack)]:
        raise InvalidPack("\n".join(found))
    return pack


def _read_files(folder: Path) -> _Files:
    files = _Files(folder)
    for path in sorted(folder.glob("*.yaml")):
        try:
            content = yaml.load(path.read_text(encoding="utf-8"), Loader=_LOADER)  # noqa: S506 - a safe loader
        except yaml.YAMLError as error:
            raise InvalidPack(f"{folder.name}/{path.name}: not readable as YAML: {error}") from error
        if not isinstance(content, dict):
            raise InvalidPack(f"{folder.name}/{path.name}: a file holds keys and values")
        for key, value in content.items():
            if key in files.content:
                other = files.file_of[key].name
                raise InvalidPack(f"{folder.name}/{path.name}, field {key}: it is in {other} already")
            # a key that begins with a point only holds what others repeat
            if not str(key).startswith("."):
                files.content[key], files.file_of[key] = value, path
    return files


def _find(path: Path, content: Any, location: tuple[Any, ...]) -> tuple[int, str | None, list[str]]:
    """Return the line of a mistake, the id of the row it is in, and the path inside that row."""
    node = yaml.compose(path.read_text(encoding="utf-8"), Loader=yaml.SafeLoader)
    line, row, inside = 1, None, []
    here: Any = content
    for part in location:
        node, here = _step(node, part), _inner(here, part)
        line = line if node is None else node.start_mark.line + 1
        inside.append(str(part))
        if isinstance(here, dict) and isinstance(here.get("id"), str):
            row, inside = here["id"], []
    return line, row, inside


def _step(node: Any, part: Any) -> Any:
    if isinstance(node, yaml.MappingNode):
        return next((value for key, value in node.value if key.value == str(part)), None)
    if isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
        return node.value[part]
    return node if part == 0 else None


def _inner(here: Any, part: Any) -> Any:
    if isinstance(here, dict):
        return here.get(part, here if part == 0 else None)
    if isinstance(here, list) and isinstance(part, int) and part < len(here):
        return here[part]
    return None
