"""Pages for the files of the fund's payment system: the days that are over, their files and receipts."""

from datetime import date
from io import BytesIO

from flask import render_template, request, send_file
from flask.typing import ResponseReturnValue

from tracing.kernel import clock
from tracing.kernel.db import transaction
from tracing.sickleave.errors import NoSuchDay
from tracing.sickleave.payment import queries, services
from tracing.sickleave.payment.file_rules import file_name, last_complete_day, receipt
from tracing.staff.access import agent, may
from tracing.staff.models import Role


@may(Role.SUPERVISOR)
def payments() -> ResponseReturnValue:
    """List the days that are over, with what happened to notes and whether the files were made."""
    site = agent().site
    newest = last_complete_day(clock.now().astimezone(site.time_zone))
    return render_template(
        "sickleave/payments.html", days=queries.days_until(site.id, newest, site.time_zone)
    )


@may(Role.SUPERVISOR)
def payment_file() -> ResponseReturnValue:
    """Make a file of a day, or its receipt, and return it; the second time it is the same."""
    day, kind = _day(request.form.get("day", "")), request.form.get("kind", "")
    if kind not in {"csv", "json", "receipt"}:
        raise NoSuchDay
    with transaction():
        files = services.export_day(day, by=agent(), at=clock.database_now())
        made, site = files.made, agent().site
        content = {
            "csv": files.csv,
            "json": files.json,
            "receipt": receipt(
                site=site.code,
                day=day,
                lines=made.lines,
                csv_digest=made.csv_digest,
                json_digest=made.json_digest,
                made_at=made.made_at.astimezone(site.time_zone).isoformat(timespec="seconds"),
            ),
        }[kind]
    return send_file(
        BytesIO(content),
        mimetype="text/csv" if kind == "csv" else "application/json",
        as_attachment=True,
        download_name=file_name(site.code, day, "receipt.json" if kind == "receipt" else kind),
    )


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise NoSuchDay from None


ROUTES = (
    ("/sick-notes/payments", payments, ("GET",)),
    ("/sick-notes/payments/file", payment_file, ("POST",)),
)
