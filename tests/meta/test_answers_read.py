"""What is asked in a call is read by something: by a rule, by another step of the script, or it is listed here with why."""

import ast
import re
from collections.abc import Iterator
from dataclasses import fields
from typing import Any

import pytest

from tests.support.source import PACKAGE
from tracing.contacts.rules import Described
from tracing.scripts.library import load_library, newest
from tracing.scripts.publishing.paths import READ_BY_THE_PRODUCT
from tracing.scripts.vocabulary import ScriptKind

ONLY_KEPT = {
    "profession": "The medical adviser reads it with the other answers, in the file of a question.",
    "collectivity_name": "The agency reads which place it is in the record whose number it was given.",
    "origin_organiser": "The agency asks the organiser, whom it reads in the record whose number it was given.",
}
"""Answers that nothing reads, each with the reason for which it is asked."""


FIELDS_OF_A_CONTACT = {
    "first_names": "desk/conversation/facts.py",
    "birth_name": "supervision/templates/supervision/number.html",
    "birth_date": "desk/conversation/facts.py",
    "phones": "desk/templates/desk/person.html",
    "is_child": "contacts/queries.py",
    "email": "supervision/templates/supervision/number.html",
    "link": "contacts/words.py",
    "place": "clusters/queries.py",
    "is_warned": "contacts/words.py",
    "language": "contacts/services.py",
    "household": "contacts/calling.py",
}
"""What a case says of a contact, each with a module or page that reads it."""


NAMES_THEM = {PACKAGE / "scripts/vocabulary.py", PACKAGE / "scripts/publishing/paths.py"}
"""Modules that name the questions, and read none."""


def literals() -> set[str]:
    """Return every string of the product's own code, without its docstrings."""
    found: set[str] = set()
    for path in PACKAGE.rglob("*.py"):
        if path in NAMES_THEM:
            continue
        tree = ast.parse(path.read_text())
        said = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
        found |= {
            node.value
            for node in ast.walk(tree)
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in said
        }
    return found


def read_by_steps(written: Any) -> Iterator[str]:
    """Return the questions that conditions of a script ask for."""
    if isinstance(written, dict):
        for key in ("answer", "answered"):
            if isinstance(written.get(key), str):
                yield written[key]
        written = list(written.values())
    if isinstance(written, list):
        for one in written:
            yield from read_by_steps(one)


@pytest.mark.parametrize("kind", ScriptKind)
def test_every_answer_of_the_newest_scripts_is_read_by_something(kind):
    script = newest(load_library(), kind)
    read = literals() | set(read_by_steps(script.model_dump(mode="json", by_alias=True)))

    unread = {question for question in script.questions if question not in read}

    assert unread <= set(ONLY_KEPT), "asked and read by nothing"


def test_everything_that_is_asked_about_a_contact_is_read_by_something():
    asked = {one.name for one in fields(Described)}

    assert asked == set(FIELDS_OF_A_CONTACT)
    for name, where in FIELDS_OF_A_CONTACT.items():
        assert re.search(rf"\.{name}\b", (PACKAGE / where).read_text()), f"{where} does not read {name}"


def test_what_the_studio_takes_for_read_is_read():
    assert READ_BY_THE_PRODUCT - ONLY_KEPT.keys() <= literals()
