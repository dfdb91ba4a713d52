"""Which days that a person says in a call cannot be meant."""

from datetime import date
from zoneinfo import ZoneInfo

from tracing.cases.rules import sampling_day
from tracing.desk import rules
from tracing.desk.conversation.conversation import ScriptedConversation
from tracing.desk.conversation.facts import day_said
from tracing.scripts.errors import N_, AnswerRefused

FAR_FROM_SAMPLING = N_(
    "Ce jour est à plus de 14 jours du prélèvement. Redemandez-le ; s’il est exact, demandez l’avis du médecin-conseil."
)
SAME_DAY = N_(
    "C’est le jour déjà connu\u202f: s’il est le bon, répondez «\u202fOui\u202f» à la question précédente\u202f; sinon, redemandez-le."
)


def require_possible(talk: ScriptedConversation, question: str, value: object, *, zone: ZoneInfo) -> None:
    """Refuse a day that cannot be meant as the answer to a question.

    Raises:
        AnswerRefused: it is too far from the sampling, or corrects nothing.
    """
    _require_near_sampling(talk, question, value, zone=zone)
    _require_other_day(talk, question, value, zone=zone)


def _require_near_sampling(
    talk: ScriptedConversation, question: str, value: object, *, zone: ZoneInfo
) -> None:
    """Refuse a first day of symptoms that is too far from the sampling.

    Raises:
        AnswerRefused: it is more than 14 days before or after it.
    """
    case = talk.about.case
    if question != "onset_on" or talk.about.contact is not None or not isinstance(value, str):
        return
    sampled = sampling_day(case.first_sampled_at, case.sampled_on, zone)
    try:
        onset = date.fromisoformat(value)
    except ValueError:
        return  # not known
    if not rules.is_plausible_onset(onset, sampled):
        raise AnswerRefused(FAR_FROM_SAMPLING)


def _require_other_day(talk: ScriptedConversation, question: str, value: object, *, zone: ZoneInfo) -> None:
    """Refuse, as the day that the person gives instead of the one that was read to them, that same day.

    Raises:
        AnswerRefused: nothing would be corrected.
    """
    about = talk.about
    read: date | None
    if question == "sampling_corrected_on" and about.contact is None:
        read = about.case.first_sampled_at.astimezone(zone).date()
    elif question == "last_contact_on" and about.contact is not None:
        read = day_said(about.contact)
    else:
        return
    if read is not None and value == read.isoformat() and talk.answers.get(question) != value:
        raise AnswerRefused(SAME_DAY)
