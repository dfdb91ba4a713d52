"""Documents that are written from the code agree with it, and what a document names is there."""

import ast
import re

import pytest

from tests.support import glossary, tables
from tests.support.source import ROOT, calls, modules, place
from tests.support.words import sentences_once

DOCUMENTS = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md"))]
PATH = re.compile(r"`((?:tracing|tests|docs|bin|deploy|benchmarks|migrations)/[\w./-]*\w/?)`")
LINK = re.compile(r"\]\(([^)#:]+)(?:#[^)]*)?\)")
HISTORY = {"CHANGELOG.md"}
"""What changed once may name what has moved since."""


@pytest.mark.parametrize(
    ("document", "command"), [(glossary, "make docs"), (tables, "make docs")], ids=["glossary", "tables"]
)
def test_a_document_is_what_its_command_writes(document, command):
    assert document.DOCUMENT.read_text(encoding="utf-8") == document.text(), f"run {command}"


def test_every_french_word_of_the_glossary_is_on_a_screen():
    said = "\n".join(
        form
        for _place, words in sentences_once()
        for form in (words if isinstance(words, tuple) else (words,))
    ).lower()

    assert [term.french for term in glossary.TERMS if term.french.lower() not in said] == []


def test_every_table_of_the_product_is_drawn():
    drawn = set(re.findall(r"^    (\w+) \{$", tables.text(), re.MULTILINE))

    assert drawn == {model.__tablename__ for model in tables.models()}


@pytest.mark.parametrize("document", [path for path in DOCUMENTS if path.name not in HISTORY], ids=place)
def test_what_a_document_names_is_there(document):
    text = document.read_text(encoding="utf-8")

    missing = [name for name in PATH.findall(text) if not (ROOT / name).exists()]
    broken = [link for link in LINK.findall(text) if not (document.parent / link).exists()]

    assert missing + broken == []


def test_the_runbook_has_every_line_that_the_product_logs():
    logs = re.compile(
        r"(log|access|logging\.getLogger\('tracing'\))\.(info|warning|error|exception|critical)"
    )
    written = {
        call.args[0].value
        for path in modules()
        for call, name in calls(path)
        if logs.fullmatch(name) and isinstance(call.args[0], ast.Constant)
    }

    lines = (ROOT / "docs/runbook.md").read_text(encoding="utf-8").partition("## Log lines")[2]

    assert set(re.findall(r"^\| `([^`]+)` \|", lines, re.MULTILINE)) == written
