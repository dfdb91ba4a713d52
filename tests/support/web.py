"""Test clients that open pages as a given member, and check every page."""

from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.support.pages import check_page
from tracing.kernel import clock
from tracing.kernel.db import transaction
from tracing.staff import queries
from tracing.staff.access import COOKIE
from tracing.staff.login import sessions
from tracing.staff.models import Member, Site


class Visitor:
    """One browser; every HTML page that it receives is checked."""

    def __init__(self, client: FlaskClient) -> None:
        self.client = client

    def get(self, path: str, *, status: int = 200, **kwargs: Any) -> TestResponse:
        """Open a page."""
        return self._checked(self.client.get(path, **kwargs), status)

    def post(
        self, path: str, form: dict[str, Any] | None = None, *, status: int = 303, **kwargs: Any
    ) -> TestResponse:
        """Send a form."""
        return self._checked(self.client.post(path, data=form or {}, **kwargs), status)

    def follow(self, path: str, form: dict[str, Any] | None = None) -> TestResponse:
        """Send a form and open the page it leads to."""
        sent = self.client.post(path, data=form or {})
        assert sent.status_code == 303, f"{sent.status_code}: {sent.text[:2000]}"
        return self.get(sent.headers["Location"])

    def fragment(
        self, path: str, form: dict[str, Any] | None = None, *, status: int | None = 200, method: str = "post"
    ) -> TestResponse:
        """Request a fragment as htmx does; with `status` None, any status is accepted."""
        answer = self.client.open(path, method=method.upper(), data=form, headers={"HX-Request": "true"})
        assert status in {None, answer.status_code}, f"{answer.status_code}: {answer.text[:2000]}"
        return answer

    def _checked(self, answer: TestResponse, status: int) -> TestResponse:
        assert answer.status_code == status, f"{answer.status_code}: {answer.text[:2000]}"
        if answer.mimetype == "text/html" and answer.status_code not in {301, 302, 303}:
            check_page(answer.text)
        return answer


class Browser:
    """Creates visitors."""

    def __init__(self, app: Flask) -> None:
        self.app = app

    def stranger(self) -> Visitor:
        """Return a visitor who is not logged in."""
        return Visitor(self.app.test_client())

    def as_(self, member: Member, *, site: Site | None = None) -> Visitor:
        """Return a visitor logged in as a member, at `site` or at the first of their sites."""
        with transaction():
            begun = sessions.begin(
                queries.get_member(member.id), device="Firefox, Linux", at=clock.database_now()
            )
            if site is not None:
                sessions.work_at(begun.session, site.id)
        client = self.app.test_client()
        client.set_cookie(COOKIE, begun.token)
        return Visitor(client)
