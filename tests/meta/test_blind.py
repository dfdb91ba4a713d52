"""Whatever may hold an identity or a secret tells nothing of it when it is printed."""

import dataclasses
import importlib
import inspect
import pkgutil
from typing import Any

import pytest
from pydantic import BaseModel

import tracing

MARK = "LE GOFF"

IDENTIFYING = {
    *("first_names", "last_name", "birth_name", "usual_name", "born", "birth", "birth_date", "nir"),
    *("name", "names", "login", "e164", "number", "numbers", "phone", "phones", "mobile", "landline"),
    *(
        "email",
        "address",
        "postcode",
        "city",
        "insee_code",
        "national_number",
        "housing_name",
        "lab_name",
        "prescriber_name",
    ),
    *(
        "prescriber_rpps",
        "result_id",
        "source_result_id",
        "spellings",
        "note",
        "statement",
        "tracer",
        "caller",
    ),
    *("asker", "taker", "ours", "theirs", "before", "after", "differing", "examples", "samples", "distinct"),
    *("fingerprint_content", "verification_code", "file_name"),
}
"""Names of fields of people: of who is called, and of who calls."""
SAID = {
    *(
        "words",
        "text",
        "question",
        "answer",
        "answers",
        "given",
        "value",
        "values",
        "fields",
        "typed",
        "taken",
    ),
    *("changed", "usable", "renamed", "form", "facts", "statements", "points", "lines", "rows", "content"),
    *("body", "head", "earlier", "quarantined", "people", "keys", "cases", "results", "hashes", "_keys"),
    *("segments", "observations", "calls", "_sizes", "refused", "detail"),
}
"""Names of fields of what was said, typed or read from a file."""
SECRET = {
    *("password", "passwords", "secret", "secrets", "token", "private_keys", "openpgp", "age", "master"),
    *("wrapped", "verifier", "_kept", "database_url", "owner_database_url", "keys_url", "owner_keys_url"),
    *("owner_url", "app_url", "keys_owner_url", "keys_app_url"),
}
"""Names of fields of keys, passwords and addresses that hold one."""
TELLING = IDENTIFYING | SAID | SECRET

HARMLESS = {
    "tracing.programmes": "rules, which are published",
    "tracing.scripts": "scripts and counts, without an answer",
    "tracing.ui": "words and addresses of pages",
    "tracing.demo": "invented people",
    "tracing.kernel.postgres.migrate": "names of databases",
    "tracing.kernel.paging": "rows are named by their own repr",
}
"""Modules, or the beginnings of their names, whose classes hold nothing of anybody."""


def fields_of(cls: type) -> dict[str, Any] | None:
    """Return the fields of a class that holds values, with their types; None for any other class."""
    if dataclasses.is_dataclass(cls):
        return {one.name: one.type for one in dataclasses.fields(cls)}
    if issubclass(cls, tuple) and hasattr(cls, "_fields"):
        return dict(inspect.get_annotations(cls))
    if issubclass(cls, BaseModel):
        return {name: one.annotation for name, one in cls.model_fields.items()}
    return None


def tells(name: str, kind: Any) -> bool:
    """Return whether a field may hold something that must not be printed."""
    if "bytes" in str(kind) or kind is bytes:
        return True
    return name in TELLING and kind not in {int, bool} and str(kind) not in {"int", "bool", "int | None"}


def holders():
    """Yield each class with a telling field, and those fields."""
    for module in pkgutil.walk_packages(tracing.__path__, "tracing."):
        if any(module.name == one or module.name.startswith(f"{one}.") for one in HARMLESS):
            continue
        for cls in vars(importlib.import_module(module.name)).values():
            if not inspect.isclass(cls) or cls.__module__ != module.name:
                continue
            telling = [name for name, kind in (fields_of(cls) or {}).items() if tells(name, kind)]
            if telling:
                yield cls, telling


HOLDERS = {f"{cls.__module__}.{cls.__qualname__}": (cls, telling) for cls, telling in holders()}


def filled(cls: type, telling: list[str]) -> Any:
    """Return a value of a class with the mark in each telling field, whatever its type."""
    names = list(fields_of(cls) or {})
    values = {name: MARK if name in telling else None for name in names}
    if issubclass(cls, tuple):
        return cls._make(values.values())  # type: ignore[attr-defined]
    if issubclass(cls, BaseModel):
        return cls.model_construct(**values)
    one = object.__new__(cls)
    for name, value in values.items():
        object.__setattr__(one, name, value)
    return one


@pytest.mark.parametrize("name", sorted(HOLDERS))
def test_what_holds_an_identity_or_a_secret_is_printed_without_it(name):
    one = filled(*HOLDERS[name])

    assert MARK not in f"{one!r} {one} {[one]}", "say repr=False, or @blind (tracing.kernel.redaction)"


def test_the_values_that_come_out_of_a_file_are_among_them():
    """A search that finds nothing would prove nothing."""
    for name in (
        "imports.format.line.ParsedLine",
        "imports.format.columns.RawLine",
        "people.rules.Identity",
        "kernel.config.Settings",
    ):
        assert f"tracing.{name}" in HOLDERS
