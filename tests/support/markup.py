"""A page to look into, with the names that Beautiful Soup has for it, parsed fifty times as fast."""

from collections.abc import Iterator, Sequence
from typing import Any, cast

import turbohtml


class Part:
    """An element and what is in it."""

    def __init__(self, element: turbohtml.Element) -> None:
        self._element = element

    def select(self, selector: str) -> "list[Part]":
        """Return the elements that a CSS selector finds, in the order of the page."""
        return [Part(one) for one in self._element.select(selector)]

    def select_one(self, selector: str) -> Any:
        """Return the first of them, a `Part`, or None; a test that goes on with None fails there, and says so."""
        found = self._element.select_one(selector)
        return None if found is None else Part(found)

    def __getattr__(self, name: str) -> Any:
        """Return the first element of a name: `row.td`."""
        if name.startswith("_"):
            raise AttributeError(name)
        return self.select_one(name)

    def find(self, name: str, *, string: str) -> Any:
        """Return the first element of a name whose words are these, a `Part`, or None."""
        return next((one for one in self.select(name) if one.text.strip() == string), None)

    def find_all(self, name: str) -> "list[Part]":
        """Return all elements of a name."""
        return self.select(name)

    @property
    def name(self) -> str:
        """What kind of element this is."""
        return self._element.tag

    @property
    def text(self) -> str:
        """All words in it, with the spaces and lines of the page."""
        return "".join(self._strings())

    def get_text(self, separator: str = "", *, strip: bool = False) -> str:
        """Return the words in it, one text after another."""
        words = (one.strip() if strip else one for one in self._strings())
        return separator.join(one for one in words if one or not strip)

    def _strings(self) -> Iterator[str]:
        for one in self._element.descendants:
            if isinstance(one, turbohtml.Text):
                yield one.data

    def has_attr(self, name: str) -> bool:
        """Return whether it has an attribute, with a value or without."""
        return name in self._element.attrs

    def get(self, name: str, default: Any = None) -> Any:
        """Return the value of an attribute; of `class`, the list of its names."""
        if name not in self._element.attrs:
            return default
        value = self._element.attrs[name]
        return (
            "" if value is None else value if isinstance(value, str) else list(cast("Sequence[str]", value))
        )

    def __getitem__(self, name: str) -> Any:
        if not self.has_attr(name):
            raise KeyError(name)
        return self.get(name)

    def __str__(self) -> str:
        return self._element.html


def read(html: str) -> Part:
    """Return a whole page to look into; a fragment is read as the body of a page."""
    root = turbohtml.parse(html).root
    assert root is not None
    return Part(root)
