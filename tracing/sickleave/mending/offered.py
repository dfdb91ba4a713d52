"""What the panel of a call offers to do with a note that stands."""

from datetime import datetime, timedelta

from flask_babel import gettext as _

from tracing.kernel import clock
from tracing.scripts.wording import day_in_words
from tracing.sickleave.assessment import Assessment
from tracing.sickleave.mending import possible_days
from tracing.sickleave.models import NoteKind, SickNote
from tracing.sickleave.rules import NoteAllowed, NoteMend
from tracing.staff.agent import Agent


def asked_to_prolong(standing: SickNote | None, *, by: Agent, at: datetime) -> str:
    """Return what the person must confirm before their note is prolonged; empty if nothing."""
    if standing is None:
        return ""
    asked = []
    if is_over(standing, by=by, at=at):
        asked.append(
            _(
                "La personne déclare sur l’honneur n’avoir pas travaillé depuis le %(day)s, et ne pas pouvoir télétravailler\u202f?",
                day=day_in_words(standing.last_day),
            )
        )
    if standing.kind is NoteKind.CONTACT and standing.mend is None:
        asked.append(_("Le résultat du test de la personne n’est pas encore connu\u202f?"))
    return " ".join(asked)


def is_over(note: SickNote, *, by: Agent, at: datetime) -> bool:
    """Return whether the last day of a note is past."""
    return note.last_day < clock.local_day(at, by.site.time_zone)


def covers_work(note: SickNote, found: Assessment) -> bool:
    """Return whether a note covers a day on which the person says that they worked."""
    return found.worked_on is not None and note.first_day <= found.worked_on


def mends(
    standing: SickNote | None, found: Assessment, *, by: Agent, at: datetime
) -> tuple[NoteAllowed | None, NoteAllowed | None]:
    """Return the days of the prolongation and of the replacement that the panel offers, if any."""
    if standing is None:
        return None, None
    worked = covers_work(standing, found)
    is_contact = standing.kind is NoteKind.CONTACT
    moved = {NoteMend.SHORTER, NoteMend.NOT_DUE, NoteMend.EARLIER}
    if not (worked or is_contact or standing.mend in moved | {NoteMend.LONGER}):
        return None, None
    first_day = found.worked_on + timedelta(days=1) if worked and found.worked_on else None
    proposal = possible_days.propose(standing, by=by, at=at, first_day=first_day)
    days = proposal.prolongation, proposal.replacement
    is_longer = not worked and (standing.mend is NoteMend.LONGER or (is_contact and standing.mend is None))
    is_moved = worked or standing.mend in moved
    if standing.mend is NoteMend.EARLIER and isinstance(days[1], NoteAllowed):
        # a prolongation begins where the note before it ends
        is_moved = days[1].first_day < standing.first_day
    return (
        days[0] if is_longer and isinstance(days[0], NoteAllowed) else None,
        days[1] if is_moved and isinstance(days[1], NoteAllowed) else None,
    )
