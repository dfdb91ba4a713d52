"""Request logging: a number for each request, where a failed one failed, and the access log."""

import secrets
from time import perf_counter
from typing import Any

import structlog
from flask import Flask, Response, g, request

log = structlog.get_logger("tracing.requests")
access = structlog.get_logger("tracing.access")

PROBES = frozenset({"/healthz", "/readyz"})
"""Requested every few seconds by machines, so not logged."""


class Application(Flask):
    """Flask, with a log of failed pages that contains no more than our own log lines."""

    def log_exception(self, exc_info: Any, *_args: Any) -> None:
        """Write where a page failed, without the query string and without a token."""
        log.error("page failed", method=request.method, path=path(), exc_info=exc_info)


def number_requests(app: Flask, *, access_log: bool) -> None:
    """Give each request a number that its log lines, its response and its error page show; call this first."""

    @app.before_request
    def begin() -> None:
        g.request_id, g.began = secrets.token_hex(6), perf_counter()
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request=g.request_id)

    @app.after_request
    def end(response: Response) -> Response:
        response.headers["X-Request-ID"] = g.request_id
        if access_log and request.path not in PROBES:
            access.info("request", **_facts(response))
        return response

    @app.teardown_request
    def forget(_error: BaseException | None) -> None:
        structlog.contextvars.clear_contextvars()


def _facts(response: Response) -> dict[str, Any]:
    agent = g.get("agent")
    return {
        "method": request.method,
        "path": path(),
        "status": response.status_code,
        "ms": round((perf_counter() - g.began) * 1000),
        "member": agent.member_id if agent is not None else None,
    }


def path() -> str:
    """Return the path of the request with tokens replaced by their names; an unknown path is not repeated."""
    rule, given = request.url_rule, request.view_args or {}
    if rule is None:
        return "(no page)"
    if "token" in given:
        return rule.rule
    return request.path
