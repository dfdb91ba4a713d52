"""Timeline of a household in the queue, in French: given, taken back, opened to everyone, overdue; not its calls."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from flask_babel import gettext as _
from sqlalchemy import select

from tracing.kernel.db import session
from tracing.kernel.events import Event
from tracing.staff import queries as staff
from tracing.staff.rules import UnavailableReason
from tracing.staff.words import GONE_WORDS

KINDS = (
    *("owner.gone", "call.given", "call.taken_back", "call.claim_ended", "promise.missed", "call.overdue"),
    *("call.put_first", "call.put_back", "call.advised", "call.gift_over"),
)
MOST = 20


@dataclass(frozen=True, repr=False)
class TimelineEntry:
    """One line of the timeline."""

    at: datetime
    words: str


def timeline_of(entry_id: int) -> list[TimelineEntry]:
    """Return what happened to a household in the queue, newest first."""
    found = session.scalars(
        select(Event)
        .where(Event.subject_type == "entry", Event.subject_id == entry_id, Event.kind.in_(KINDS))
        .order_by(Event.id.desc())
        .limit(MOST)
    ).all()
    names = _names(found)
    return [TimelineEntry(event.at, _in_words(event, names)) for event in found]


def _names(found: Sequence[Event]) -> dict[int, str]:
    ids = {event.by_id for event in found}
    ids |= {event.detail.get(key) for event in found for key in ("member", "to", "claimant")}
    return staff.member_names(one for one in ids if one is not None)


def _in_words(event: Event, names: dict[int, str]) -> str:
    def name(key: str) -> str:
        return names.get(event.detail.get(key) or 0, "?")

    by = names.get(event.by_id or 0, "?")
    match event.kind:
        case "owner.gone":
            why = str(GONE_WORDS[UnavailableReason(event.detail["why"])])
            if event.detail.get("what") == "promise":
                return str(
                    _(
                        "Le rappel promis n’est plus réservé à %(name)s : %(why)s",
                        name=name("member"),
                        why=why,
                    )
                )
            if event.detail.get("what") == "call":
                return str(_("L’appel est retiré à %(name)s : %(why)s", name=name("member"), why=why))
            return str(_("L’appel n’est plus gardé pour %(name)s : %(why)s", name=name("member"), why=why))
        case "call.given":
            return str(_("Confié à %(name)s par %(by)s", name=name("to"), by=by))
        case "call.gift_over":
            return str(
                _("L’appel n’est plus gardé pour %(name)s : il n’a pas été pris à temps", name=name("member"))
            )
        case "call.taken_back":
            return str(_("Repris à %(name)s par %(by)s", name=name("claimant"), by=by))
        case "call.claim_ended":
            return str(_("Revenu dans la file : plus aucun signe de %(name)s", name=name("claimant")))
        case "call.put_first":
            return str(_("Priorité donnée par %(name)s", name=name("member")))
        case "call.put_back" if event.detail.get("member"):
            return str(_("Priorité reprise par %(name)s", name=name("member")))
        case "call.put_back":
            return str(_("La priorité est finie"))
        case "call.advised" if event.detail.get("outcome") == "advised":
            return str(_("%(by)s a parlé au foyer, pour un avis", by=by))
        case "call.advised":
            return str(_("%(by)s a appelé le foyer pour un avis, sans réponse", by=by))
        case "promise.missed":
            return str(_("L’heure du rappel promis est passée"))
        case _other:
            return str(_("Le délai promis est dépassé"))
