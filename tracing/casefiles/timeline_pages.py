"""What happened in a file, in the order of time."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from flask_babel import gettext as _

from tracing.calls.rules import BY_TRACER, IN_VAIN
from tracing.calls.words import OUTCOME_TONES
from tracing.calls.words import OUTCOME_WORDS as CALL_WORDS
from tracing.casefiles import words
from tracing.casefiles.file_queries import FileData
from tracing.casefiles.rules import Sees
from tracing.escalations.words import DECISION_WORDS
from tracing.escalations.words import REASON_WORDS as QUESTION_WORDS
from tracing.messages.words import CHANNEL_WORDS
from tracing.messages.words import STATE_WORDS as MESSAGE_WORDS
from tracing.ui.filters import clock, day
from tracing.vault import services as vault


class Moment(NamedTuple):
    """One line of what happened."""

    at: datetime
    icon: str
    tone: str
    what: str
    who: str
    """The member who did it; empty for the platform."""
    beside: Sequence[str] = ()
    quoted: str = ""
    """Words that somebody wrote."""


def timeline(data: FileData, sees: Sees) -> list[Moment]:
    """Return all that happened, the newest first.

    Within one second what follows from something stands above it: the closing of a case above the call that closed it.
    """
    found = [
        *_results(data),
        *_named(data),
        *_requests(data, sees),
        *_calls(data),
        *_promises(data),
        *_questions(data),
        *_notes(data),
        *_messages(data, sees),
        *_events(data, sees),
    ]
    placed = sorted(enumerate(found), key=lambda pair: (pair[1].at.replace(microsecond=0), pair[0]))
    return [one for _place, one in reversed(placed)]


def _named(data: FileData) -> Iterable[Moment]:
    contact = data.subject.contact
    if contact is not None:
        who = data.members.get(contact.named_by, "")
        yield Moment(contact.named_at, "person-plus", "neutral", str(_("Nommée par le patient zéro")), who)


def _calls(data: FileData) -> Iterable[Moment]:
    for one in data.rung:
        outcome = one.conversation.outcome
        who = data.members.get(one.call.tracer_id, "?")
        if outcome is None and one.call.ended_at is None:
            yield Moment(one.call.started_at, "telephone-fill", "info", str(_("Appel en cours")), who)
            continue
        shown = outcome or one.call.outcome
        if shown is None:
            continue
        beside = []
        if outcome is None and one.call.outcome in BY_TRACER:
            beside.append(str(_("avec une autre personne du foyer")))
        if one.conversation.identity_confirmed_at is not None:
            confirmed = clock(one.conversation.identity_confirmed_at)
            beside.append(str(_("identité confirmée à %(time)s", time=confirmed)))
        icon = "telephone-x" if shown in IN_VAIN else "telephone"
        tone = OUTCOME_TONES.get(shown, "neutral")
        ended_at = one.conversation.finished_at or one.call.ended_at or one.call.started_at
        yield Moment(ended_at, icon, tone, str(CALL_WORDS[shown]), who, beside)


def _promises(data: FileData) -> Iterable[Moment]:
    said: set[tuple[int, datetime]] = set()
    for one in sorted(data.promises, key=lambda promise: (promise.made_at, promise.id)):
        who = data.members.get(one.member_id, "?")
        what = _("Rappel promis pour %(when)s", when=_exactly(one.promised_for))
        # the same hour is promised once, whoever keeps it: another language, or an outcome taken back, makes a new row
        if (one.task_id, one.promised_for) not in said:
            yield Moment(one.made_at, "calendar-event", "info", str(what), who)
        said.add((one.task_id, one.promised_for))
        if one.settled_at is not None and one.was_kept is not None:
            kept = _("Rappel promis tenu") if one.was_kept else _("Rappel promis non tenu")
            yield Moment(
                one.settled_at, "calendar-check", "done" if one.was_kept else "danger", str(kept), ""
            )


def _exactly(when: datetime) -> str:
    return f"{day(when)} {clock(when)}"


def _questions(data: FileData) -> Iterable[Moment]:
    for one in data.questions:
        texts: Mapping[str, str] = data.question_texts.get(one.id, {})
        asked = _("Avis demandé : %(reason)s", reason=QUESTION_WORDS[one.reason])
        raised_by = data.members.get(one.raised_by, "?")
        quoted = texts.get("question") or ""
        yield Moment(one.raised_at, "question-circle", "soon", str(asked), raised_by, quoted=quoted)
        if one.settled_at is not None and one.decision is not None:
            who = data.members.get(one.taken_by or 0, "?")
            beside = [str(DECISION_WORDS[one.decision])]
            quoted = texts.get("answer") or ""
            yield Moment(one.settled_at, "heart-pulse", "done", str(_("Avis rendu")), who, beside, quoted)


def _notes(data: FileData) -> Iterable[Moment]:
    numbers = {one.id: one.number for one in data.notes}
    for one in data.notes:
        issued = _(
            "Arrêt délivré, du %(first)s au %(last)s inclus", first=day(one.first_day), last=day(one.last_day)
        )
        who = data.members.get(one.issued_by, "?")
        beside = [str(_("numéro %(number)s", number=one.number)), str(_("règle %(rule)s", rule=one.rule))]
        yield Moment(one.issued_at, "file-earmark-text", "done", str(issued), who, beside)
        if one.replaces_id in numbers:
            what = _("%(number)s est remplacé", number=numbers[one.replaces_id])
            yield Moment(one.issued_at, "file-earmark-text", "soon", str(what), who, beside[:1])
        if one.cancelled_at is not None:
            who = data.members.get(one.cancelled_by or 0, "")
            what = str(_("Arrêt annulé"))
            yield Moment(one.cancelled_at, "file-earmark-text", "soon", what, who, beside[:1])


def _messages(data: FileData, sees: Sees) -> Iterable[Moment]:
    for one in data.messages:
        what = f"{CHANNEL_WORDS[one.channel]}, {MESSAGE_WORDS[one.state]}"
        who = data.members.get(one.queued_by or 0, "")
        quoted = data.texts.get(one.id, "") if sees.people else ""
        yield Moment(one.ended_at or one.queued_at, "envelope", "neutral", what, who, quoted=quoted)


def _requests(data: FileData, sees: Sees) -> Iterable[Moment]:
    for one in data.requests:
        opened = (
            vault.find_unsealed("caller_requests", one.id, one.cohort, one.sealed) if sees.people else None
        )
        quoted = str(opened.get("words", "")) if opened is not None else ""
        who = data.members.get(one.taken_by, "?")
        what = str(_("Quelqu’un a appelé pour ce dossier"))
        yield Moment(one.taken_at, "telephone-inbound", "info", what, who, quoted=quoted)
        if one.closed_at is not None:
            who = data.members.get(one.closed_by or 0, "")
            yield Moment(one.closed_at, "check-lg", "done", str(_("Demande de l’appelant traitée")), who)


def _results(data: FileData) -> Iterable[Moment]:
    for one in data.results:
        sampled = _("Prélèvement, expéditeur %(source)s", source=one.source_code)
        yield Moment(one.sampled_at, "clipboard-check", "neutral", str(sampled), "")
    for row in data.contrary:
        yield Moment(
            row.received_at,
            "clipboard-check",
            "soon",
            str(_("Résultat contraire reçu, prélevé le %(day)s", day=day(row.sampled_on))),
            "",
        )


def _events(data: FileData, sees: Sees) -> Iterable[Moment]:
    for one in data.events:
        if not words.is_told(one.kind, one.detail, by_id=one.by_id):
            continue
        # what somebody needs is for whoever sees people
        detail = one.detail if sees.people else {key: one.detail[key] for key in one.detail if key != "need"}
        icon = words.EVENT_WORDS[one.kind][0]
        yield Moment(
            one.at,
            icon,
            "neutral",
            words.event_in_words(one.kind, detail),
            data.members.get(one.by_id or 0, ""),
        )
