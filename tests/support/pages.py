"""The checks for every page: valid HTML, labels, keyboard access, French typography.

`check_page` is for whole pages, `check_fragment` for fragments that htmx inserts. Thousands of pages are checked in a
test run, so each is parsed once, by a parser in C: html5lib took 13 ms for the page of a call, turbohtml takes 0.2 ms.
It reports the faults of single tags; that tags are nested as they were written is compared here (`_nesting`).
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import cached_property
from itertools import zip_longest
from xml.etree.ElementTree import Element

import turbohtml
from turbohtml import TokenType

ELISION = re.compile(
    r"\b(?:[cdjlmnst]|qu|jusqu|lorsqu|puisqu|aujourd|quelqu)'\w|\b(?:[CDJLMNST]|Qu|Jusqu|Lorsqu|Puisqu|Aujourd|Quelqu)'[a-zà-ÿ]"
)
BLANKS = re.compile(r"[ \t\r\n]+")
WIDE_SPACE = re.compile(r"\w [;:!?»](?:\s|$)|« ")
NOT_PROSE = {"script", "style", "code", "pre", "kbd", "template", "textarea"}
SPOKEN = ("title", "placeholder", "aria-label", "alt", "data-confirm", "data-key-label")
UNLABELLED = {"hidden", "submit", "button", "reset", "image"}
GIVES_UP = re.compile(r"\b(?:Annuler|Fermer|Supprimer|Retirer|Renoncer|Effacer)\b")
NOT_TYPED_IN = {"hidden", "submit", "button"}
VOID = frozenset(
    ["area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"]
)
"""Elements without an end."""
DRAWN = frozenset({"svg", "math"})
"""Inside them, a tag may end itself."""
POINTERS = ("aria-describedby", "aria-labelledby", "aria-controls", "for")


def check_page(html: str) -> None:
    """Raise AssertionError that names every fault of a whole page."""
    document = turbohtml.parse(html)
    assert document.root is not None
    page = Tree(_plain(document.root))
    faults = [*_broken_markup(html, document, page), *_heading_and_title(page), *_shared(page)]
    if any(_name(tag) == "html" and tag.get("lang") == "fr" for tag in page.tags):
        faults += _french_print(page)
    _raise(faults)


def check_fragment(html: str) -> None:
    """Raise AssertionError that names every fault of a fragment; ids that it refers to may be elsewhere."""
    container = "tbody" if re.match(r"\s*<tr\b", html) else "div"
    part = Tree(_plain(turbohtml.parse_fragment(html, container)))
    faults = [
        *_broken_markup(html, turbohtml.parse(f"<!doctype html>{html}"), part, whole=False),
        *_shared(part, whole=False),
        *_french_print(part),
    ]
    _raise(faults)


def _raise(faults: list[str]) -> None:
    if faults:
        raise AssertionError("The page has faults:\n- " + "\n- ".join(faults))


class Tree:
    """The elements of a page in their order, and what is around each."""

    def __init__(self, root: Element) -> None:
        self.tags = [tag for tag in root.iter() if isinstance(tag.tag, str)]  # comments have no name

    @cached_property
    def _named(self) -> dict[str, list[Element]]:
        found: dict[str, list[Element]] = {}
        for tag in self.tags:
            found.setdefault(_name(tag), []).append(tag)
        return found

    @cached_property
    def _parents(self) -> dict[Element, Element]:
        return {child: tag for tag in self.tags for child in tag}

    def all(self, *names: str) -> list[Element]:
        """Return all elements of these names; of several names, in the order of the page."""
        if len(names) == 1:
            return self._named.get(names[0], [])
        return [tag for tag in self.tags if _name(tag) in names]

    def outer_name(self, tag: Element) -> str:
        """Return the name of the element that an element is directly in; nothing for the outermost."""
        outer = self._parents.get(tag)
        return "" if outer is None else _name(outer)

    def around(self, tag: Element, name: str) -> Element | None:
        """Return the nearest element of this name that an element is in."""
        outer = self._parents.get(tag)
        while outer is not None and _name(outer) != name:
            outer = self._parents.get(outer)
        return outer

    @cached_property
    def prose(self) -> set[Element]:
        """The elements whose words a person reads or hears: not names (translate="no"), not code."""
        found: set[Element] = set()
        for tag in self.tags:  # what an element is in comes before it
            outer = self._parents.get(tag)
            if (
                (outer is None or outer in found)
                and _name(tag) not in NOT_PROSE
                and tag.get("translate") != "no"
            ):
                found.add(tag)
        return found


def _name(tag: Element) -> str:
    """Return the name of an element without its namespace; a comment has none."""
    return tag.tag.rpartition("}")[2] if isinstance(tag.tag, str) else ""


def _shared(page: Tree, *, whole: bool = True) -> Iterator[str]:
    yield from _ids(page, whole=whole)
    yield from _controls(page)
    yield from _forms(page)
    yield from _enter(page)
    yield from _names(page)
    yield from _tables(page)
    yield from _inline_code(page)


def _plain(node: turbohtml.Element) -> Element:
    """Return a parsed element, with all inside it, as the standard library's."""
    made = Element(
        node.tag,
        {name: value if isinstance(value, str) else _joined(value) for name, value in node.attrs.items()},
    )
    last = None
    for child in _children(node):
        if isinstance(child, turbohtml.Element):
            last = _plain(child)
            made.append(last)
        elif isinstance(child, turbohtml.Text):
            if last is None:
                made.text = (made.text or "") + child.data
            else:
                last.tail = (last.tail or "") + child.data
    return made


def _children(node: turbohtml.Element) -> Iterator[turbohtml.Node]:
    """Yield what is directly in an element; the parser keeps what a template holds in a fragment of its own."""
    for child in node.children:
        if isinstance(child, turbohtml.DocumentFragment):
            yield from child.children
        else:
            yield child


def _joined(value: Iterable[str] | None) -> str:
    return " ".join(value or ())


def _broken_markup(
    html: str, document: turbohtml.Document, page: Tree, *, whole: bool = True
) -> Iterator[str]:
    lines = html.splitlines()
    for error in document.errors:
        excerpt = lines[error.line - 1].strip()[:120] if 0 < error.line <= len(lines) else ""
        yield f"markup: {error.code} in line {error.line}: {excerpt}"
    yield from _nesting(html, page, whole=whole)


def _nesting(html: str, page: Tree, *, whole: bool) -> Iterator[str]:
    """Yield where a browser would understand other elements than were written."""
    opened: list[str] = []
    written: list[tuple[str, str, int]] = []
    for token in turbohtml.tokenize(html):
        name = token.tag or ""
        if token.type is TokenType.START_TAG:
            written.append((opened[-1] if opened else "", name, token.line))
            is_drawn = name in DRAWN or not DRAWN.isdisjoint(opened)
            if name == "form" and "form" in opened:
                yield f"markup: a form in a form in line {token.line}"
            if name not in VOID and not (is_drawn and token.self_closing):
                opened.append(name)
        elif token.type is TokenType.END_TAG:
            if not opened or opened[-1] != name:
                yield f"markup: line {token.line} closes {name}, but {opened[-1:] or 'nothing'} is open"
            if name in opened:
                while opened.pop() != name:
                    pass
    if opened:
        yield f"markup: never closed: {opened}"
    tags = page.tags if whole else page.tags[1:]
    around_all = "" if whole else _name(page.tags[0])
    read = [(page.outer_name(tag), _name(tag)) for tag in tags]
    for (outer, name, line), found in zip_longest(written, read, fillvalue=("", "", 0)):
        if found[:2] != (outer or around_all, name):
            yield f"markup: line {line} has {name} in {outer or around_all}, read as {found[1]} in {found[0]}"
            return


def _heading_and_title(page: Tree) -> Iterator[str]:
    headings = [_words(heading) for heading in page.all("h1")]
    if len(headings) != 1:
        yield f"there must be one h1, found {headings}"
        return
    title = next(map(_words, page.all("title")), "")
    if not headings[0]:
        yield "the h1 is empty"
    if not title.startswith(headings[0]):
        yield f"the title {title!r} must begin with the words of the h1, {headings[0]!r}"


def _ids(page: Tree, *, whole: bool) -> Iterator[str]:
    counted = Counter(tag.attrib["id"] for tag in page.tags if "id" in tag.attrib)
    yield from (f"id {name!r} is used {times} times" for name, times in counted.items() if times > 1)
    if not whole:
        return
    for tag in page.tags:
        for name in POINTERS:
            for target in tag.get(name, "").split():
                if target not in counted:
                    yield f"{name}={target!r} points to nothing: {_shown(tag)}"
        address = tag.get("href", "")
        if _name(tag) == "a" and address.startswith("#") and address[1:] not in counted:
            yield f"the link {address!r} leads nowhere"


def _controls(page: Tree) -> Iterator[str]:
    labelled = {
        label.attrib["for"]
        for label in page.all("label")
        if "for" in label.attrib and (_words(label) or _described(label))
    }
    for control in page.all("input", "select", "textarea"):
        if _name(control) == "input" and control.get("type", "text").lower() in UNLABELLED:
            continue
        wrapped = page.around(control, "label")
        named = control.get("aria-label") or control.get("aria-labelledby")
        if not (named or control.get("id", "") in labelled or (wrapped is not None and _words(wrapped))):
            yield f"no label: {_shown(control)}"
    for group in page.all("fieldset"):
        if not (_holds(group, "legend") or group.get("aria-label") or group.get("aria-labelledby")):
            yield f"no legend: {_shown(group)}"


def _forms(page: Tree) -> Iterator[str]:
    for form in page.all("form"):
        if not form.get("action"):
            yield f"form without action: {_shown(form)}"
        if form.get("method", "").lower() not in {"get", "post", "dialog"}:
            yield f"form without method: {_shown(form)}"
        takes_files = any(_name(one) == "input" and one.get("type") == "file" for one in form.iter())
        if takes_files and form.get("enctype") != "multipart/form-data":
            yield f"form with a file must be multipart: {_shown(form)}"


def _enter(page: Tree) -> Iterator[str]:
    """Check that the first submit button of a form, which Enter in a field presses, does what the form is for."""
    buttons = [one for one in page.all("button", "input") if _submits(one)]
    for form in page.all("form"):
        first = next((one for one in buttons if _belongs(page, one, form)), None)
        if first is None:
            continue
        goes_to = {form.get("action"), form.get("hx-post"), form.get("hx-get")}
        if first.get("formaction") or "formnovalidate" in first.attrib or "disabled" in first.attrib:
            yield f"Enter presses a button that is not the form's own: {_shown(first)}"
        elif any(first.get(name) not in {None, *goes_to} for name in ("hx-post", "hx-get", "hx-delete")):
            yield f"Enter sends the form elsewhere: {_shown(first)}"
        elif any(map(_is_typed_in, form.iter())) and GIVES_UP.search(_words(first)):
            yield f"Enter gives up what was typed: {_shown(first)}"


def _submits(button: Element) -> bool:
    default = "submit" if _name(button) == "button" else "text"
    return button.get("type", default).lower() in {"submit", "image"}


def _belongs(page: Tree, button: Element, form: Element) -> bool:
    """Say whether a button is one of this form; it may be outside the form, or inside another one."""
    owner = button.get("form")
    return owner == form.get("id") if owner else page.around(button, "form") is form


def _is_typed_in(field: Element) -> bool:
    if _name(field) == "input":
        return field.get("type", "text").lower() not in NOT_TYPED_IN
    return _name(field) in {"select", "textarea"}


def _names(page: Tree) -> Iterator[str]:
    for image in page.all("img"):
        if image.get("alt") is None:
            yield f"image without alt: {_shown(image)}"
    for tag in page.all("a", "button", "summary"):
        if not (_words(tag) or _described(tag)):
            yield f"{_name(tag)} without words: {_shown(tag)}"


def _tables(page: Tree) -> Iterator[str]:
    for table in page.all("table"):
        if not _holds(table, "th"):
            yield f"table without head cells: {_shown(table)}"


def _inline_code(page: Tree) -> Iterator[str]:
    for tag in page.tags:
        if _name(tag) == "style" or (_name(tag) == "script" and not tag.get("src")):
            yield f"inline {_name(tag)} (the content policy stops it)"
        for name, value in tag.attrib.items():
            if name == "style" or name.startswith(("on", "hx-on")):
                yield f"inline {name} (the content policy stops it): {_shown(tag)}"
            if name in {"href", "action", "src"} and value.lower().startswith("javascript:"):
                yield f"script in {name}: {_shown(tag)}"


def _french_print(page: Tree) -> Iterator[str]:
    for text in _prose(page):
        if '"' in text:
            yield f"straight quotes, use « and »: {text!r}"
        if ELISION.search(text):
            yield f"straight apostrophe, use ’: {text!r}"
        if WIDE_SPACE.search(text):
            yield f"ordinary space at ; : ! ? « or », use a narrow no-break one (U+202F): {text!r}"


def _prose(page: Tree) -> Iterator[str]:
    """Yield everything that a person reads or hears, without names (translate="no") and code."""
    for tag in page.tags:
        if tag in page.prose:
            for node in (tag.text, *(child.tail for child in tag)):
                if node and (text := BLANKS.sub(" ", node).strip()):
                    yield text
            yield from (tag.attrib[name] for name in SPOKEN if tag.get(name))


def _holds(tag: Element, *names: str) -> bool:
    return any(_name(inner) in names for inner in tag.iter() if inner is not tag)


def _words(tag: Element) -> str:
    return " ".join("".join(tag.itertext()).split())


def _described(tag: Element) -> bool:
    """Say whether a tag without text has an accessible name."""
    if any(tag.get(name) for name in ("aria-label", "aria-labelledby", "title")):
        return True
    return any(
        inner.get("aria-label") or inner.get("alt") for inner in tag.iter() if _name(inner) in {"svg", "img"}
    )


def _shown(tag: Element) -> str:
    return " ".join([f"<{_name(tag)}", *(f'{name}="{value}"' for name, value in tag.items())])[:160] + ">"
