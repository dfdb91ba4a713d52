"""Whatever a request carries, the answer is never a breakdown: made from the application's own addresses and forms."""

import re

import pytest
from bs4 import BeautifulSoup
from flask import Flask
from structlog.testing import capture_logs
from werkzeug.routing import AnyConverter, IntegerConverter

from tests.conftest import NOW
from tests.support.story import Story, agent, contact, identity, waiting_case
from tests.support.web import Browser, Visitor
from tracing.app import create_app
from tracing.calls import services as calls
from tracing.cases.queries import get_case
from tracing.escalations import services as escalations
from tracing.escalations.models import Audience, Reason
from tracing.imports.models import ImportSource
from tracing.kernel import db
from tracing.kernel.config import Settings
from tracing.staff import services
from tracing.staff.access import ASSETS, public
from tracing.staff.models import Role
from tracing.ui.idempotent_forms import FIELD
from tracing.ui.requests import CleanFields

NUMBERS = ["2147483648", "9" * 20]
TEXTS = ["a%00b%0D%0A%1B%5B31m", "%ED%A0%80%FF"]
ASKED = ("99999999999999999999", "2147483648", "a%00b%0D%0A%1B%ED%A0%80%FF")
TYPED = ["a\x00b\x1b[31m\x0b\x7f\u2028", "9" * 20, "2147483648", "é" * 5000]
STAYS = re.compile(r"^/(logout|lock)$")


@pytest.fixture
def visitor(app: Flask, browse: Browser, story: Story, monkeypatch: pytest.MonkeyPatch) -> Visitor:
    """Ada with every role, on the telephone with somebody who named a contact and about whom she asked an adviser."""
    monkeypatch.setitem(app.config, "TESTING", False)
    for role in Role:
        services.grant(story.ada, role, story.nantes.id, by=None, at=NOW)
    task = waiting_case(story.nantes, at=NOW)
    by = agent(story.ada)
    call = calls.take_next(by, at=NOW)
    conversation = calls.start_conversation(call, task, script_version="2026.1", at=NOW)
    calls.confirm_identity(conversation, confirmed=True, by=by, at=NOW)
    contact(get_case(task.case_id), identity("Luc", phones=("+33639980002",)), by=story.ada, at=NOW)
    escalations.raise_question(
        call,
        task,
        audience=Audience.ADVISER,
        reason=Reason.MEDICAL_QUESTION,
        question="Peut-elle sortir ?",
        by=by,
        at=NOW,
    )
    db.session.add(ImportSource(code="PDL", label="PDL", layout="lab-positive-v1", created_at=NOW))
    db.session.commit()
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

    assert len(paths) > 250
    assert broken == set()


@pytest.mark.slow
def test_no_field_breaks_a_page(app: Flask, visitor: Visitor) -> None:
    """Neither in a question of an address nor in a form, for every page and form that links lead to."""
    pages, forms = everything_shown(app, visitor)
    asked = sorted({name for form in forms for name in form[2]} | names_read())
    broken = set()

    for page in pages:
        for value in ASKED:
            question = "&".join(f"{name}={value}" for name in asked)
            if sent(visitor, "GET", f"{page}?{question}") >= 500:
                broken.add((page, value))
    for method, action, fields in forms:
        for value in TYPED:
            typed = {name: value if is_typed else given for name, (given, is_typed) in fields.items()}
            kept = "data" if method == "POST" else "query_string"
            for hostile in (typed, dict.fromkeys(fields, value)):
                if sent(visitor, method, action, **{kept: hostile}) >= 500:
                    broken.add((action, value[:20]))

    find = app.url_map.bind("localhost")
    without_key = [
        action
        for method, action, fields in forms
        if method == "POST" and FIELD not in fields
        if hasattr(app.view_functions[find.match(action.split("?")[0], method="POST")[0]], "__sent_once__")
    ]
    assert without_key == [], "a form that is sent once carries a key"
    assert len(pages) > 30
    assert len(forms) > 20
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


def test_no_header_breaks_a_page(visitor: Visitor, browse: Browser) -> None:
    values = ["\x00", "a\x1bb", "é" * 3000, "\xed\xa0\x80", "http://[::1", "9" * 5000]
    names = ["USER_AGENT", "HX_CURRENT_URL", "HX_REQUEST", "REFERER", "COOKIE", "ACCEPT_LANGUAGE"]
    broken = set()
    for client in (visitor.client, browse.stranger().client):
        for name in names:
            for value in values:
                environ = {"HTTP_HX_REQUEST": "true", f"HTTP_{name}": value}
                answer = client.post("/activity", environ_overrides=environ)
                if answer.status_code >= 500:
                    broken.add((name, value[:20]))

    assert broken == set()


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


def test_nothing_in_an_address_begins_a_line_of_the_log(tmp_path, caplog: pytest.LogCaptureFixture) -> None:
    application = create_app(Settings(data_dir=tmp_path), secret_key="for tests only")

    @application.get("/broken/<path:rest>")
    @public
    def broken(rest: str) -> str:
        raise RuntimeError

    client = application.test_client()

    with capture_logs() as told:
        assert client.get("/broken/as-it-should-be").status_code == 500
        assert client.get("/broken/a%0D%0AERROR%20made%20up%1B%5B31m").status_code == 404
        assert client.get("/broken/a%E2%80%A8b%C2%85c").status_code == 404

    assert [line["path"] for line in told] == ["/broken/as-it-should-be"]
