"""The files for the payment system: a day's movements, the same bytes every time, with a receipt."""

import csv
import hashlib
import io
import json
from datetime import datetime, time, timedelta

from sqlalchemy import func, select

from tests.conftest import NOW
from tests.sickleave.conftest import OnThePhone
from tests.sickleave.test_mending_a_note import DAY, sampled
from tests.support.story import agent
from tracing.kernel.db import session
from tracing.kernel.events import Event, IdentityAccess
from tracing.sickleave.mending import services as mending
from tracing.sickleave.models import NoteExport, SickNote
from tracing.sickleave.rules import CancelReason

TODAY = NOW.date().isoformat()


def made(visitor, kind: str, day: str = TODAY, status: int = 200):
    return visitor.post("/sick-notes/payments/file", {"day": day, "kind": kind}, status=status)


def rows(visitor, day: str = TODAY) -> list[dict[str, str]]:
    text = made(visitor, "csv", day).data.decode()
    return list(csv.DictReader(io.StringIO(text), delimiter=";"))


def test_a_day_says_what_happened_and_to_whom_it_is_paid(browse, story, clock, issued):
    number = issued.number
    clock.move_to(NOW + DAY)

    [row] = rows(browse.as_(story.dora))

    assert (row["movement"], row["nature"], row["number"]) == ("issued", "initial", number)
    assert (row["first_day"], row["last_day"], row["days"]) == ("2026-03-09", "2026-03-19", "11")
    assert (row["nir"], row["birth_name"], row["birth_date"]) == ("280054410900172", "DUPONT", "1980-05-17")
    assert not {"case", "contact", "exercise-2022"} & set(row.values())


def test_a_replaced_note_is_two_movements_of_the_day_on_which_it_was_replaced(browse, story, clock, issued):
    sampled(issued, "2026-03-08")
    mending.replace(issued.id, CancelReason.WRONG_DAYS, by=agent(story.ben), at=NOW + DAY)
    clock.move_to(NOW + 2 * DAY)
    dora = browse.as_(story.dora)

    assert [one["movement"] for one in rows(dora)] == ["issued"]
    old, new = rows(dora, (NOW + DAY).date().isoformat())
    assert (old["movement"], old["number"]) == ("replaced", issued.number)
    assert (new["movement"], new["replaces"], new["last_day"]) == ("issued", issued.number, "2026-03-18")
    assert int(old["movement_id"]) < int(new["movement_id"])


def test_the_file_of_a_day_never_changes_and_agrees_with_its_receipt(browse, story, clock, issued):
    clock.move_to(NOW + DAY)
    dora = browse.as_(story.dora)
    first = {kind: made(dora, kind).data for kind in ("csv", "json", "receipt")}
    mending.cancel(issued.id, CancelReason.ASKED, by=agent(story.dora), at=NOW + DAY + timedelta(hours=1))

    again = {kind: made(dora, kind).data for kind in ("csv", "json", "receipt")}

    assert again == first
    receipt = json.loads(first["receipt"])
    assert receipt["lines"] == 1
    assert receipt["sha256"] == {kind: hashlib.sha256(first[kind]).hexdigest() for kind in ("csv", "json")}
    assert json.loads(first["json"])["movements"][0]["number"] == issued.number
    assert session.scalar(select(func.count()).select_from(NoteExport)) == 1


def test_a_day_that_is_not_over_has_no_file(browse, story, issued):
    refused = made(browse.as_(story.dora), "csv", status=422)

    assert "n’est pas terminé" in refused.text
    assert session.scalar(select(NoteExport)) is None


def test_a_day_is_complete_a_quarter_of_an_hour_after_midnight_where_the_site_is(
    browse, story, clock, issued
):
    midnight = datetime.combine(NOW.date() + DAY, time.min, tzinfo=agent(story.dora).site.time_zone)
    clock.move_to(midnight + timedelta(minutes=14, seconds=59))
    dora = browse.as_(story.dora)
    assert "n’est pas terminé" in made(dora, "csv", status=422).text
    assert "à faire" not in dora.get("/sick-notes/payments").text

    clock.move_to(midnight + timedelta(minutes=15))

    assert "à faire" in dora.get("/sick-notes/payments").text
    assert len(rows(dora)) == 1


def test_who_made_it_is_recorded_with_whom_it_shows(browse, story, clock, issued):
    person_id = session.scalars(select(SickNote.person_id)).one()
    clock.move_to(NOW + DAY)

    made(browse.as_(story.dora), "json")

    event = session.scalars(select(Event).where(Event.kind == "note.exported")).one()
    assert event.detail["lines"] == 1
    seen = session.scalars(select(IdentityAccess).where(IdentityAccess.why == "payment")).one()
    assert f"person:{person_id}" in seen.people


def test_the_page_shows_what_is_to_do_and_what_is_done(browse, story, clock, issued):
    clock.move_to(NOW + DAY)
    dora = browse.as_(story.dora)
    assert "à faire" in dora.get("/sick-notes/payments").text

    made(dora, "csv")

    assert "à faire" not in dora.get("/sick-notes/payments").text
    browse.as_(story.ada).get("/sick-notes/payments", status=403)


def test_another_site_s_day_is_empty(browse, story, clock, phone: OnThePhone, issued):
    clock.move_to(NOW + DAY)
    from tests.support.story import member
    from tracing.staff.models import Role

    anna = browse.as_(member("anna", "Anna", (Role.SUPERVISOR, story.ajaccio), at=NOW))

    assert rows(anna) == []
