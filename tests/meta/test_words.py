"""Every text that a person reads goes through gettext, and is set as French is set."""

import re

import pytest
from babel.messages.pofile import read_po
from jinja2 import Environment, nodes

from tests.support.source import PACKAGE, place, templates
from tests.support.words import plurals, sentences_once

JINJA = Environment(extensions=["jinja2.ext.i18n"], autoescape=True)
TRANSLATES = {"_", "gettext", "ngettext", "pgettext"}

HOLE = "\N{OBJECT REPLACEMENT CHARACTER}"
"""Stands where a template has an expression."""

LETTER = re.compile(r"[^\W\d_]")
READ_ALOUD = re.compile(
    r'\s(?:placeholder|title|alt|aria-label|aria-description|data-confirm|label)="([^"]*)"'
)
COMMENT_OR_CODE = re.compile(
    r"<!--.*?-->|<!doctype[^>]*>|<(script|style)\b.*?</\1>", re.IGNORECASE | re.DOTALL
)
TAG = re.compile(r"<[^<>]*>")
LOOSE_ATTRIBUTE = re.compile(r'\s[a-z-]+="[^"<>]*"')
"""A macro may write the attributes of a tag that stands elsewhere."""
CLASS_BLOCK = re.compile(r"(\{% block \w+ %\})[a-z -]+(\{% endblock %\})")
"""A block inside a class attribute."""
ENTITY = re.compile(r"&#?\w+;")
PROSE = re.compile(r"[À-ÿ’\N{NARROW NO-BREAK SPACE}]|^[A-Z][a-z]+ [a-z]+")

SAME_IN_EVERY_LANGUAGE = {"Tracing", "PDF", "P0", "SMS", "XLSX", "NIR", "Ctrl", "Alt", "Échap"}
"""Names, and keys as they are printed on a keyboard."""


NARROW = "\N{NARROW NO-BREAK SPACE}"
FAULTS = {
    "typewriter apostrophe": re.compile(r"\w'\w"),
    "typewriter quotation mark": re.compile(r'"'),
    "three dots": re.compile(r"\.\.\."),
    "no narrow space before a mark": re.compile(rf"[^{NARROW}\s;!?:][;!?:](?=\s|$)| [;:!?]"),
    "no narrow space inside quotation marks": re.compile(rf"«(?!{NARROW})|(?<!{NARROW})»"),
    "capital without its accent": re.compile(
        r"\bA (?=[a-z])|\bEtat|\bEcole|\bEtape|\bEcran|\bEchec|\bElement|\bEpi"
    ),
    "English": re.compile(r"\b(the|and|please|error|your|you|not found|invalid)\b", re.IGNORECASE),
}


def without_expressions(source):
    """Return a template's own text, with a hole for each expression and nothing for each statement."""
    parts = []
    for _line, token, value in JINJA.lex(source):
        if token == "data":
            parts.append(value)
        elif token == "variable_begin":
            parts.append(HOLE)
    return "".join(parts)


def bare_words(text):
    words = re.findall(r"[^\W_]+", text)
    return [word for word in words if LETTER.search(word) and word not in SAME_IN_EVERY_LANGUAGE]


@pytest.mark.parametrize("path", templates(), ids=place)
def test_a_template_has_no_word_outside_gettext(path):
    source = CLASS_BLOCK.sub(r"\1\2", path.read_text(encoding="utf-8"))
    text = COMMENT_OR_CODE.sub(" ", without_expressions(source))

    in_attributes = [
        word for value in READ_ALOUD.findall(text) for word in bare_words(ENTITY.sub(" ", value))
    ]
    between_tags = bare_words(ENTITY.sub(" ", LOOSE_ATTRIBUTE.sub(" ", TAG.sub(" ", text))))

    assert in_attributes + between_tags == []


@pytest.mark.parametrize("path", templates(), ids=place)
def test_a_template_has_no_sentence_in_an_expression_outside_gettext(path):
    parsed = JINJA.parse(path.read_text(encoding="utf-8"))
    translated = {
        id(constant)
        for call in parsed.find_all(nodes.Call)
        if isinstance(call.node, nodes.Name) and call.node.name in TRANSLATES
        for constant in call.find_all(nodes.Const)
    }

    prose = [
        constant.value
        for constant in parsed.find_all(nodes.Const)
        if isinstance(constant.value, str)
        and id(constant) not in translated
        and PROSE.search(constant.value)
        and constant.value not in SAME_IN_EVERY_LANGUAGE
    ]

    assert prose == []


def forms_of(words):
    return words if isinstance(words, tuple) else (words,)


@pytest.mark.parametrize("fault", FAULTS)
def test_sentences_are_set_as_french_is(fault):
    wrong = FAULTS[fault]

    found = [
        (where, words)
        for where, words in sentences_once()
        if any(wrong.search(form) for form in forms_of(words))
    ]

    assert found == [], "`make words` mends spaces and apostrophes"


def test_the_french_catalogue_has_every_plural():
    path = PACKAGE / "translations/fr/LC_MESSAGES/messages.po"
    with path.open("rb") as file:
        catalogue = read_po(file, locale="fr")

    complete = {tuple(message.id) for message in catalogue if message.id and all(message.string)}

    assert plurals() <= complete, "run `make words`"


TIME_OF_DAY = re.compile(r"%H\b|%H:%M|%\(hours\)\w\sh\s%\(minutes\)")
NOT_SHOWN = {
    *(
        "imports/arrivals/hl7_rules.py",
        "imports/arrivals/messages.py",
        "imports/parsing/xlsx_cells.py",
        "imports/format/own_fields.py",
        "demo/invented_people.py",
        "kernel/events.py",
        "queue/maintenance/settings.py",
        "scripts/answers.py",
    ),
    "ui/formats.py",
}
"""The last one writes times of day for people; the others write them for machines."""


def test_times_of_day_are_written_in_one_place():
    found = [
        path.relative_to(PACKAGE).as_posix()
        for path in [*PACKAGE.rglob("*.py"), *PACKAGE.rglob("*.html")]
        if TIME_OF_DAY.search(path.read_text(encoding="utf-8"))
    ]

    assert set(found) - NOT_SHOWN == set(), "the filter `clock`, or ui.formats.clock"
