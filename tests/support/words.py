"""Every sentence of the interface, extracted from code and templates by Babel, as for translators."""

from functools import cache

from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir

from tests.support.source import PACKAGE

METHODS = [("**.py", "python"), ("**/templates/**.html", "jinja2")]
OPTIONS = {"**/templates/**.html": {"silent": "false"}}
KEYWORDS = {**DEFAULT_KEYWORDS, "_l": None, "lazy_gettext": None, "lazy_ngettext": (1, 2)}

Sentence = str | tuple[str, ...]


def sentences() -> list[tuple[str, Sentence]]:
    """Return each sentence, or its singular and plural, with its place."""
    found = extract_from_dir(str(PACKAGE), METHODS, OPTIONS, KEYWORDS)
    return [(f"tracing/{path}:{line}", words) for path, line, words, _comments, _context in found if words]


@cache
def sentences_once() -> tuple[tuple[str, Sentence], ...]:
    """Return the same, extracted once: for whoever asks again and again and changes no file."""
    return tuple(sentences())


def plurals() -> set[tuple[str, str]]:
    """Return every sentence that depends on a number, singular and plural."""
    return {(words[0], words[1]) for _place, words in sentences() if isinstance(words, tuple)}
