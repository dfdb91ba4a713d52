"""Make the file of a day for the fund's payment system: the same bytes every time, with a receipt."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy.dialects.postgresql import insert

from tracing.kernel import events
from tracing.kernel.db import session
from tracing.sickleave import queries as notes
from tracing.sickleave.errors import DayNotOver, FileDiffers, NoFileOfTraining
from tracing.sickleave.models import NoteExport, NoteMovement, SickNote
from tracing.sickleave.payment import queries
from tracing.sickleave.payment.file_rules import MovementLine, as_csv, as_json, digest, last_complete_day
from tracing.staff.agent import Agent
from tracing.staff.models import SiteKind


@dataclass(frozen=True, repr=False)
class DayFiles:
    """The two files of a day, and what is kept about them."""

    made: NoteExport
    csv: bytes
    json: bytes


def export_day(day: date, *, by: Agent, at: datetime) -> DayFiles:
    """Return the files of a day that is over; a second time returns the same, and what was kept the first time.

    Raises:
        DayNotOver: something can still happen on it, or what did is still being written.
        NoFileOfTraining: the people of this site are invented.
        IdentityDestroyed: the key of a note's day is gone.
        FileDiffers: it is not what was made the first time.
    """
    site, zone = by.site, by.site.time_zone
    if site.kind is SiteKind.TRAINING:
        raise NoFileOfTraining
    if day > last_complete_day(at.astimezone(zone)):
        raise DayNotOver
    found = queries.movements_of(site.id, day, zone)
    lines = [_line(movement, note, by=by) for movement, note in found]
    written, structured = as_csv(lines), as_json(lines, site=site.code, day=day)
    session.execute(
        insert(NoteExport)
        .values(
            site_id=site.id,
            day=day,
            lines=len(lines),
            csv_digest=digest(written),
            json_digest=digest(structured),
            made_at=at,
            made_by=by.member_id,
        )
        .on_conflict_do_nothing()
    )
    made = session.get_one(NoteExport, (site.id, day), populate_existing=True)
    if made.json_digest != digest(structured):
        raise FileDiffers
    seen = sorted({f"person:{note.person_id}" for _movement, note in found})
    if seen:
        events.record_access(seen, by=by.member_id, at=at, why="payment")
    events.record(
        "note.exported",
        by=by.member_id,
        at=at,
        subject=("site", site.id),
        site_id=site.id,
        day=day.isoformat(),
        lines=len(lines),
    )
    return DayFiles(made, written, structured)


def _line(movement: NoteMovement, note: SickNote, *, by: Agent) -> MovementLine:
    content = notes.content_of_note(note)
    bearer = content.bearer
    return MovementLine(
        movement_id=movement.id,
        movement=movement.kind.value,
        at=movement.at.astimezone(by.site.time_zone).isoformat(timespec="seconds"),
        number=note.number,
        nature="prolongation" if content.prolongs else "initial",
        prolongs=content.prolongs or "",
        replaces=content.replaces or "",
        first_day=content.first_day.isoformat(),
        last_day=content.last_day.isoformat(),
        days=content.days,
        nir=bearer.nir or "",
        birth_name=bearer.birth_name or bearer.last_name,
        last_name=bearer.last_name,
        first_names=bearer.first_names,
        birth_date=bearer.birth_date.isoformat() if bearer.birth_date else "",
        address=", ".join(bearer.address),
    )
