"""Whatever a request carries, the answer is never a breakdown: made from the application's own addresses and forms."""

import re

import pytest
from bs4 import BeautifulSoup
from flask import Flask
from werkzeug.routing import AnyConverter, IntegerConverter

from tests.conftest import NOW
from tests.support.story import Story, agent, waiting_case
from tests.support.web import Browser, Visitor
from tracing.calls import services as calls
from tracing.kernel import db
from tracing.staff import services
from tracing.staff.access import ASSETS
from tracing.staff.models import Role
from tracing.ui.requests import CleanFields

NUMBERS = ["2147483648", "9223372036854775807", "9" * 20]
TEXTS = ["a%00b", "a%0D%0Ab%1B%5B31m", "%ED%A0%80%FF", "x" * 3000]
ASKED = "99999999999999999999", "9223372036854775807", "2147483648", "a%00b%0D%0A%1B", "%ED%A0%80%FF"
TYPED = ["a\x00b\x1b[31m\x0b\x7f\u2028", "9" * 20, "2147483648", "9" * 5000, "é" * 5000]
STAYS = re.compile(r"^/(logout|lock)$")


@pytest.fixture
def visitor(app: Flask, browse: Browser, story: Story, monkeypatch: pytest.MonkeyPatch) -> Visitor:
    """Ada with every role, on the telephone with somebody who said who they are."""
    monkeypatch.setitem(app.config, "TESTING", False)
    for role in Role:
        services.grant(story.ada, role, story.nantes.id, by=None, at=NOW)
    task = waiting_case(story.nantes, at=NOW)
    by = agent(story.ada)
    call = calls.take_next(by, at=NOW)
    conversation = calls.speak_to(call, task, script_version="2026.1", at=NOW)
    calls.confirm_identity(conversation, confirmed=True, by=by, at=NOW)
    return browse.as_(story.ada, site=story.nantes)


def rules_of(app: Flask):
    return [rule for rule in app.url_map.iter_rules() if rule.endpoint.split(".")[0] not in ASSETS]


def hostile_paths(app: Flask):
    """Return method and address of every view, with each hostile value in place of each part."""
    for rule in rules_of(app):
        kinds = rule._converters
        for name, converter in kinds.items():
            if isinstance(converter, AnyConverter):
                continue
            for value in NUMBERS if isinstance(converter, IntegerConverter) else TEXTS:
                path = rule.rule
                for other, kind in kinds.items():
                    known = min(kind.items) if isinstance(kind, AnyConverter) else "1"
                    path = re.sub(rf"<(?:[^<>]*:)?{other}>", value if other == name else known, path)
                yield from ((method, path) for method in rule.methods - {"HEAD", "OPTIONS"})


def sent(visitor: Visitor, method: str, path: str, **kwargs) -> int:
    """Send one request and take back whatever it did."""
    before = db.session.get_bind().begin_nested()
    try:
        return visitor.client.open(path, method=method, **kwargs).status_code
    finally:
        db.session.remove()
        before.rollback()


def test_no_part_of_an_address_breaks_a_page(app: Flask, visitor: Visitor) -> None:
    paths = list(hostile_paths(app))

    broken = {(method, path[:200]) for method, path in paths if sent(visitor, method, path) >= 500}

    assert len(paths) > 500
    assert broken == set()


def test_no_question_in_an_address_breaks_a_page(app: Flask, visitor: Visitor) -> None:
    pages, forms = everything_shown(app, visitor)
    asked = {name for form in forms for name in form[2]} | names_read()

    broken = set()
    for page in pages:
        for value in ASKED:
            question = "&".join(f"{name}={value}" for name in sorted(asked))
            if sent(visitor, "GET", f"{page}?{question}") >= 500:
                broken.add((page, value[:30]))

    assert broken == set()


def test_no_field_of_a_form_breaks_a_page(app: Flask, visitor: Visitor) -> None:
    _pages, forms = everything_shown(app, visitor)

    broken = set()
    for method, action, fields in forms:
        for value in TYPED:
            hostile = {name: value if is_typed else given for name, (given, is_typed) in fields.items()}
            kept = "data" if method == "POST" else "query_string"
            if sent(visitor, method, action, **{kept: hostile}) >= 500:
                broken.add((action, value[:20]))
            if sent(visitor, method, action, **{kept: dict.fromkeys(fields, value)}) >= 500:
                broken.add((action, "all", value[:20]))

    assert len(forms) > 30
    assert broken == set()


def test_no_field_that_code_asks_for_breaks_a_form(app: Flask, visitor: Visitor) -> None:
    posts = [rule.rule for rule in rules_of(app) if "POST" in rule.methods and "<" not in rule.rule]

    broken = {
        (path, value[:20])
        for path in posts
        for value in TYPED
        if sent(visitor, "POST", path, data=dict.fromkeys(names_read(), value)) >= 500
    }

    assert broken == set()


@pytest.mark.parametrize(
    "name", ["User-Agent", "HX-Current-URL", "HX-Request", "Referer", "Cookie", "Accept-Language"]
)
@pytest.mark.parametrize("value", ["\x00", "a\x1bb", "é" * 3000, "\xed\xa0\x80", "http://[::1", "9" * 5000])
def test_no_header_breaks_a_page(visitor: Visitor, browse: Browser, name: str, value: str) -> None:
    for client in (visitor.client, browse.stranger().client):
        environ = {f"HTTP_{name.upper().replace('-', '_')}": value}
        assert client.get("/account", environ_overrides=environ).status_code < 500
        assert (
            client.post("/activity", environ_overrides={**environ, "HTTP_HX_REQUEST": "true"}).status_code
            < 500
        )


def test_bytes_that_are_no_text_break_no_form(visitor: Visitor) -> None:
    for body in (b"login=%ED%A0%80&password=%FF", b"login=\xff\xfe\x00&password=\xed\xa0\x80", b"\x00" * 100):
        answer = visitor.client.post(
            "/members/new", data=body, content_type="application/x-www-form-urlencoded"
        )
        assert answer.status_code == 422


def test_a_text_loses_its_control_characters_and_keeps_its_lines() -> None:
    fields = CleanFields([("note", "une\x00 ligne\r\n\tune\x0b autre\x7f"), ("n", "9" * 20), ("m", "12")])

    assert fields["note"] == "une ligne\r\n\tune autre"
    assert fields.get("n", type=int) is None
    assert fields.get("m", type=int) == 12


def names_read() -> set[str]:
    """Return the names of the fields that views ask for by name."""
    from tests.support.source import modules

    asks = re.compile(r"request\.(?:args|form)\.(?:get|getlist)\(\s*\"([\w-]+)\"")
    found = {name for path in modules() for name in asks.findall(path.read_text(encoding="utf-8"))}
    assert {"before", "task"} <= found
    return found


def everything_shown(app: Flask, visitor: Visitor):
    """Follow every link and return the pages, and each form with its fields: what it holds, and if it is typed."""
    waiting = [rule.rule for rule in rules_of(app) if "GET" in rule.methods and "<" not in rule.rule]
    shapes, pages, forms = set(), [], {}
    while waiting:
        page = waiting.pop()
        shape = re.sub(r"\d+", "0", page.split("?")[0])
        if shape in shapes or not page.startswith("/") or STAYS.match(page):
            continue
        shapes.add(shape)
        answer = visitor.client.get(page, follow_redirects=True)
        if answer.mimetype != "text/html" or answer.status_code != 200:
            continue
        pages.append(page.split("?")[0])
        soup = BeautifulSoup(answer.text, "html.parser")
        waiting += [link["href"] for link in soup.find_all("a", href=True)]
        for form in soup.find_all("form"):
            action = form.get("action", "")
            shape = re.sub(r"\d+", "0", action)
            if action.startswith("/") and not STAYS.match(action):
                method = form.get("method", "get").upper()
                forms.setdefault((method, shape), (method, action, fields_of(form)))
    return pages, list(forms.values())


def fields_of(form):
    """Return the fields of a form by name: the value that it holds, and whether somebody types it."""
    fields = {}
    for field in form.find_all(["input", "select", "textarea", "button"]):
        name = field.get("name")
        if not name:
            continue
        if field.name == "select":
            chosen = field.find("option", selected=True) or field.find_all("option")[-1]
            fields[name] = (chosen.get("value", ""), False)
        else:
            is_typed = field.name == "textarea" or field.get("type", "text") in {
                "text",
                "search",
                "tel",
                "email",
                "password",
                "number",
                "date",
                "time",
            }
            fields.setdefault(name, (field.get("value", ""), is_typed))
    return fields
