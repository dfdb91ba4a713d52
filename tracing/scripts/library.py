"""Load the script files: parse, check, report problems with their place, and fingerprint."""

import hashlib
import json
import re
from collections.abc import Hashable, Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import yaml
from pydantic import ValidationError

from tracing.scripts import checks
from tracing.scripts.definitions import Script
from tracing.scripts.errors import FileProblem, ScriptInvalid
from tracing.scripts.vocabulary import ScriptKind

LIBRARY = Path(__file__).with_name("library")

DEEPEST = 40
"""How deep lists and conditions may be nested in a file."""
LISTS = {"steps": ", step", "questions": ", question", "options": ", option"}

Library = Mapping[tuple[ScriptKind, str], Script]


# the same loader over libyaml, where PyYAML has it: a script is read at each start, six times as fast
_SafeLoader = yaml.CSafeLoader if yaml.__with_libyaml__ else yaml.SafeLoader


class _WrittenTwice(yaml.constructor.ConstructorError):
    """A mapping has one key twice."""

    def __init__(self, key: yaml.ScalarNode) -> None:
        mark = key.start_mark
        self.line, self.key = 0 if mark is None else mark.line + 1, str(key.value)
        super().__init__(None, None, f"line {self.line}: {key.value!r} is written twice")


class _PlainLoader(_SafeLoader):  # type: ignore[misc, valid-type]
    """YAML in which ``yes`` and ``2026-01-08`` are strings, and a repeated key is an error."""

    yaml_implicit_resolvers = {  # noqa: RUF012 - PyYAML's own class attribute
        first: [(tag, pattern) for tag, pattern in resolvers if not tag.endswith((":bool", ":timestamp"))]
        for first, resolvers in _SafeLoader.yaml_implicit_resolvers.items()
    }

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:  # noqa: FBT001, FBT002
        seen: set[str] = set()
        for key, _ in node.value:
            if key.value in seen:
                raise _WrittenTwice(key)
            seen.add(key.value)
        written: dict[Hashable, Any] = super().construct_mapping(node, deep=deep)
        return written


_PlainLoader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile(r"true|false"), list("tf"))


def load_library(folder: Path = LIBRARY) -> Library:
    """Return every script of a folder by kind and version, or raise with all problems of the files."""
    found: dict[tuple[ScriptKind, str], Script] = {}
    wrong: list[str] = []
    for path in sorted(folder.glob("*.yaml")):
        try:
            script = load_script(path)
        except ScriptInvalid as invalid:
            wrong.extend(invalid.problems)
        else:
            found[script.kind, script.version] = script
    wrong.extend(
        f"{folder}: there is no {kind} script"
        for kind in ScriptKind
        if not wrong and all(kind is not known for known, _ in found)
    )
    if wrong:
        raise ScriptInvalid(wrong)
    return MappingProxyType(found)


def newest(library: Library, kind: ScriptKind) -> Script:
    """Return the script of a kind with the highest version; 2026.10 comes after 2026.9."""
    return max(
        (script for (known, _), script in library.items() if known == kind),
        key=lambda script: version_key(script.version),
    )


def version_key(version: str) -> tuple[int, ...]:
    """Return a version as it is ordered: 2026.10 comes after 2026.9."""
    return tuple(int(part) for part in version.split("."))


def load_script(path: Path) -> Script:
    """Return one checked script, with the fingerprint of its file."""
    script = read_script(path.name, path.read_bytes())
    wrong = [f"{path.name}, {problem}" for problem in checks.problems(script)]
    name = f"{script.kind}-{script.version}.yaml"
    if path.name != name:
        wrong.append(f"{path.name}, version: a {script.kind} script {script.version} must be in {name}")
    if wrong:
        raise ScriptInvalid(wrong)
    return script


def read_script(name: str, content: bytes) -> Script:
    """Return the script that a file holds, with its fingerprint; its steps are not compared with one another.

    Raises:
        ScriptInvalid: a field is missing or wrong; each problem names the file and the place.
    """
    written = _read(name, content)
    if "content_hash" in written:
        raise ScriptInvalid(
            [f"{name}, content_hash: it is computed, take it out of the file"], [FileProblem("computed")]
        )
    written["content_hash"] = hashlib.sha256(content).hexdigest()
    try:
        # through JSON: only there does strict pydantic accept a list as a tuple and a string as an enum
        return Script.model_validate_json(json.dumps(written))
    except ValidationError as error:
        places = _places_of(content, written, error)
        raise ScriptInvalid(_shape_problems(name, written, error), places) from None


def read_sent_script(name: str, content: bytes) -> Script:
    """Return the script of a file that somebody sent.

    Raises:
        ScriptInvalid: as of any file; or it refers to its own parts, which a few lines make into gigabytes, or is nested
            without end.
    """
    depth = 0
    try:
        for event in yaml.parse(content, Loader=_SafeLoader):
            opens = isinstance(event, yaml.CollectionStartEvent)
            depth += opens - isinstance(event, yaml.CollectionEndEvent)
            if isinstance(event, yaml.AliasEvent) or depth > DEEPEST:
                raise ScriptInvalid(
                    [f"{name}: written by reference, or nested too deep"],
                    [FileProblem("reference", event.start_mark.line + 1 if event.start_mark else None)],
                )
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise _unreadable(name, error) from None
    return read_script(name, content)


def write_script(script: Script) -> str:
    """Return a script as a file: reading it again gives the same."""
    written = script.model_dump(mode="json", by_alias=True, exclude_defaults=True, exclude={"content_hash"})
    content: str = yaml.safe_dump(written, allow_unicode=True, sort_keys=False, width=120)
    return content


def _read(name: str, content: bytes) -> dict[str, Any]:
    try:
        written = yaml.load(content, Loader=_PlainLoader)  # noqa: S506 - a safe loader, only plainer
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise _unreadable(name, error) from None
    if not isinstance(written, dict):
        raise ScriptInvalid([f"{name}: a script is a list of named fields"], [FileProblem("list")])
    return written


def _unreadable(name: str, error: Exception) -> ScriptInvalid:
    mark = getattr(error, "problem_mark", None)
    line = None if mark is None else mark.line + 1
    if isinstance(error, _WrittenTwice):
        found = FileProblem("twice", error.line, message=error.key)
    else:
        found = FileProblem("yaml", line)
    return ScriptInvalid([f"{name}: this is not readable YAML: {error}"], [found])


def _shape_problems(name: str, written: dict[str, Any], error: ValidationError) -> list[str]:
    return [
        f"{name}, {_place(written, problem['loc'])}: {problem['msg'].removeprefix('Value error, ')}"
        for problem in error.errors(include_url=False, include_input=False)
    ]


def _place(written: object, location: tuple[int | str, ...]) -> str:
    """Return a place in the file by ids instead of positions: step 'symptoms', question 'onset_on'."""
    words: list[str] = []
    here: Any = written
    for part in location:
        if isinstance(part, int):
            here = here[part] if isinstance(here, list) and part < len(here) else None
            name = (here.get("id") or here.get("value")) if isinstance(here, dict) else None
            words.append(repr(name) if name else f"number {part + 1}")
        elif part not in (*words[-1:], "answer_is", "answer_in"):  # how a condition is written, said already
            here = here.get(part) if isinstance(here, dict) else here
            words.append(LISTS.get(part, f", {part}"))
    return " ".join(words).replace(" ,", ",").removeprefix(", ") or "the file"


def _places_of(content: bytes, written: object, error: ValidationError) -> list[FileProblem]:
    """Return each problem that the reading of a file found, with its line and its place."""
    root = yaml.compose(content, Loader=yaml.SafeLoader)
    return [
        FileProblem(
            one["type"],
            _line(root, one["loc"]),
            tuple(_parts(written, one["loc"])),
            one["msg"].removeprefix("Value error, "),
            {name: limit for name, limit in one.get("ctx", {}).items() if isinstance(limit, int | str)},
        )
        for one in error.errors(include_url=False, include_input=False)
    ]


def _line(root: yaml.Node | None, location: tuple[int | str, ...]) -> int | None:
    """Return the line of a place, or of what it is in where the place itself is missing."""
    if root is None:
        return None
    here, line = root, root.start_mark.line
    for part in location:
        found = None
        if isinstance(here, yaml.SequenceNode) and isinstance(part, int) and part < len(here.value):
            found = here.value[part]
            line = found.start_mark.line
        elif isinstance(here, yaml.MappingNode):
            for key, value in here.value:
                if key.value == part:
                    found, line = value, key.start_mark.line
        here = found or here  # how a condition is written is no place in the file
    return line + 1


def _parts(written: object, location: tuple[int | str, ...]) -> Iterator[tuple[str, str | None]]:
    here: Any = written
    field: str | None = None
    for part in location:
        if isinstance(part, int):
            here = here[part] if isinstance(here, list) and part < len(here) else None
            name = (here.get("id") or here.get("value")) if isinstance(here, dict) else None
            yield field or "", str(name) if name else str(part + 1)
            field = None
            continue
        if field:
            yield field, None
        here = here.get(part) if isinstance(here, dict) else here
        field = part
    if field:
        yield field, None
