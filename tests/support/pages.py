"""The checks for every page: valid HTML, labels, keyboard access, French typography.

`check_page` is for whole pages, `check_fragment` for fragments that htmx inserts.
"""

import re
from collections import Counter
from collections.abc import Iterator

import html5lib
from bs4 import BeautifulSoup, Tag
from bs4.element import NavigableString

ELISION = re.compile(
    r"\b(?:[cdjlmnst]|qu|jusqu|lorsqu|puisqu|aujourd|quelqu)'\w|\b(?:[CDJLMNST]|Qu|Jusqu|Lorsqu|Puisqu|Aujourd|Quelqu)'[a-zà-ÿ]"
)
BLANKS = re.compile(r"[ \t\r\n]+")
WIDE_SPACE = re.compile(r"\w [;:!?»](?:\s|$)|« ")
NOT_PROSE = {"script", "style", "code", "pre", "kbd", "template", "textarea"}
SPOKEN = ("title", "placeholder", "aria-label", "alt", "data-confirm", "data-key-label")
UNLABELLED = {"hidden", "submit", "button", "reset", "image"}
GIVES_UP = re.compile(r"\b(?:Annuler|Fermer|Supprimer|Retirer|Renoncer|Effacer)\b")
TYPED_IN = "input:not([type=hidden], [type=submit], [type=button]), select, textarea"
POINTERS = ("aria-describedby", "aria-labelledby", "aria-controls", "for")


def check_page(html: str) -> None:
    """Raise AssertionError that names every fault of a whole page."""
    soup = BeautifulSoup(html, "html5lib")
    faults = [*_broken_markup(html5lib.HTMLParser(), html), *_heading_and_title(soup), *_shared(soup)]
    _raise(faults)


def check_fragment(html: str) -> None:
    """Raise AssertionError that names every fault of a fragment; ids that it refers to may be elsewhere."""
    soup = BeautifulSoup(
        f"<!doctype html><html lang='fr'><head><title></title></head><body>{html}</body></html>", "html5lib"
    )
    container = "tbody" if re.match(r"\s*<tr\b", html) else "div"
    faults = [*_broken_markup(html5lib.HTMLParser(), html, container), *_shared(soup, whole=False)]
    _raise(faults)


def _raise(faults: list[str]) -> None:
    if faults:
        raise AssertionError("The page has faults:\n- " + "\n- ".join(faults))


def _shared(soup: BeautifulSoup, *, whole: bool = True) -> Iterator[str]:
    yield from _ids(soup, whole=whole)
    yield from _controls(soup)
    yield from _forms(soup)
    yield from _enter(soup)
    yield from _names(soup)
    yield from _tables(soup)
    yield from _inline_code(soup)
    if soup.select_one("html[lang=fr]"):
        yield from _french_print(soup)


def _broken_markup(parser: html5lib.HTMLParser, html: str, container: str | None = None) -> Iterator[str]:
    if container:
        parser.parseFragment(html, container=container)
    else:
        parser.parse(html)
    lines = html.splitlines()
    for (line, _column), code, details in parser.errors:
        excerpt = lines[line - 1].strip()[:120] if 0 < line <= len(lines) else ""
        yield f"markup: {code} {details or ''} in line {line}: {excerpt}"


def _heading_and_title(soup: BeautifulSoup) -> Iterator[str]:
    headings = [_words(heading) for heading in soup.find_all("h1")]
    if len(headings) != 1:
        yield f"there must be one h1, found {headings}"
        return
    title = _words(soup.title) if soup.title else ""
    if not headings[0]:
        yield "the h1 is empty"
    if not title.startswith(headings[0]):
        yield f"the title {title!r} must begin with the words of the h1, {headings[0]!r}"


def _ids(soup: BeautifulSoup, *, whole: bool) -> Iterator[str]:
    counted = Counter(str(tag["id"]) for tag in soup.find_all(id=True))
    yield from (f"id {name!r} is used {times} times" for name, times in counted.items() if times > 1)
    if not whole:
        return
    for tag in soup.find_all(True):
        for name in POINTERS:
            for target in str(tag.get(name, "")).split():
                if target not in counted:
                    yield f"{name}={target!r} points to nothing: {_shown(tag)}"
        address = str(tag.get("href", ""))
        if tag.name == "a" and address.startswith("#") and address[1:] not in counted:
            yield f"the link {address!r} leads nowhere"


def _controls(soup: BeautifulSoup) -> Iterator[str]:
    labelled = {
        str(label["for"]) for label in soup.select("label[for]") if _words(label) or _described(label)
    }
    for control in soup.find_all(["input", "select", "textarea"]):
        if control.name == "input" and str(control.get("type", "text")).lower() in UNLABELLED:
            continue
        wrapped = control.find_parent("label")
        named = control.get("aria-label") or control.get("aria-labelledby")
        if not (named or str(control.get("id", "")) in labelled or (wrapped and _words(wrapped))):
            yield f"no label: {_shown(control)}"
    for group in soup.find_all("fieldset"):
        if not (group.find("legend") or group.get("aria-label") or group.get("aria-labelledby")):
            yield f"no legend: {_shown(group)}"


def _forms(soup: BeautifulSoup) -> Iterator[str]:
    for form in soup.find_all("form"):
        if not form.get("action"):
            yield f"form without action: {_shown(form)}"
        if str(form.get("method", "")).lower() not in {"get", "post", "dialog"}:
            yield f"form without method: {_shown(form)}"
        if form.find("input", type="file") and form.get("enctype") != "multipart/form-data":
            yield f"form with a file must be multipart: {_shown(form)}"


def _enter(soup: BeautifulSoup) -> Iterator[str]:
    """Check that the first submit button of a form, which Enter in a field presses, does what the form is for."""
    for form in soup.find_all("form"):
        buttons = [one for one in soup.find_all(["button", "input"]) if _submits(one, form)]
        if not buttons:
            continue
        first = buttons[0]
        goes_to = {form.get("action"), form.get("hx-post"), form.get("hx-get")}
        if first.get("formaction") or first.has_attr("formnovalidate") or first.has_attr("disabled"):
            yield f"Enter presses a button that is not the form's own: {_shown(first)}"
        elif any(first.get(name) not in {None, *goes_to} for name in ("hx-post", "hx-get", "hx-delete")):
            yield f"Enter sends the form elsewhere: {_shown(first)}"
        elif form.select_one(TYPED_IN) and GIVES_UP.search(_words(first)):
            yield f"Enter gives up what was typed: {_shown(first)}"


def _submits(button: Tag, form: Tag) -> bool:
    """Say whether a button submits this form; it may be outside the form, or inside another one."""
    default = "submit" if button.name == "button" else "text"
    if str(button.get("type", default)).lower() not in {"submit", "image"}:
        return False
    owner = button.get("form")
    return owner == form.get("id") if owner else button.find_parent("form") is form


def _names(soup: BeautifulSoup) -> Iterator[str]:
    for image in soup.find_all("img"):
        if image.get("alt") is None:
            yield f"image without alt: {_shown(image)}"
    for tag in soup.find_all(["a", "button", "summary"]):
        if not (_words(tag) or _described(tag)):
            yield f"{tag.name} without words: {_shown(tag)}"


def _tables(soup: BeautifulSoup) -> Iterator[str]:
    for table in soup.find_all("table"):
        if not table.find("th"):
            yield f"table without head cells: {_shown(table)}"


def _inline_code(soup: BeautifulSoup) -> Iterator[str]:
    for tag in soup.find_all(True):
        if tag.name == "style" or (tag.name == "script" and not tag.get("src")):
            yield f"inline {tag.name} (the content policy stops it)"
        for name, value in tag.attrs.items():
            if name == "style" or name.startswith(("on", "hx-on")):
                yield f"inline {name} (the content policy stops it): {_shown(tag)}"
            if name in {"href", "action", "src"} and str(value).lower().startswith("javascript:"):
                yield f"script in {name}: {_shown(tag)}"


def _french_print(soup: BeautifulSoup) -> Iterator[str]:
    for text in _prose(soup):
        if '"' in text:
            yield f"straight quotes, use « and »: {text!r}"
        if ELISION.search(text):
            yield f"straight apostrophe, use ’: {text!r}"
        if WIDE_SPACE.search(text):
            yield f"ordinary space at ; : ! ? « or », use a narrow no-break one (U+202F): {text!r}"


def _prose(soup: BeautifulSoup) -> Iterator[str]:
    """Yield everything that a person reads or hears, without names (translate="no") and code."""
    for node in soup.find_all(string=True):
        if (
            type(node) is NavigableString
            and _is_prose(node.parent)
            and (text := BLANKS.sub(" ", node).strip())
        ):
            yield text
    for tag in soup.find_all(True):
        yield from (str(tag[name]) for name in SPOKEN if tag.get(name) and _is_prose(tag))


def _is_prose(tag: Tag | None) -> bool:
    while tag is not None:
        if tag.name in NOT_PROSE or tag.get("translate") == "no":
            return False
        tag = tag.parent
    return True


def _words(tag: Tag) -> str:
    return " ".join(tag.get_text().split())


def _described(tag: Tag) -> bool:
    """Say whether a tag without text has an accessible name."""
    if any(tag.get(name) for name in ("aria-label", "aria-labelledby", "title")):
        return True
    return any(inner.get("aria-label") or inner.get("alt") for inner in tag.find_all(["svg", "img"]))


def _shown(tag: Tag) -> str:
    return str(tag).split(">", 1)[0][:160] + ">"
