"""Parse one typed or clicked answer, or refuse it in words that tell the tracer what to do. Pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from tracing.scripts.definitions import Question
from tracing.scripts.errors import N_, AnswerRefused
from tracing.scripts.vocabulary import UNKNOWN, FactValue, QuestionType
from tracing.scripts.wording import day_in_words

AnswerValue = str | int | list[str]


@dataclass(frozen=True, repr=False)
class Given:
    """An answer as it was given, and the version of the script that asked for it."""

    value: Any
    version: str


ISO_DAY = re.compile(r"(\d{4})-(\d{2})-(\d{2})")
FRENCH_DAY = re.compile(r"(\d{1,2})[/. -](\d{1,2})(?:[/. -](\d{4}|\d{2}))?")
DAYS_AGO = {"aujourd’hui": 0, "aujourd'hui": 0, "hier": 1, "avant-hier": 2}
WALL_CLOCK = "%Y-%m-%dT%H:%M"


def parse_answer(
    question: Question, raw: str | list[str], *, today: date, facts: Mapping[str, FactValue]
) -> AnswerValue | None:
    """Return the answer in its stored form, None if an optional question is cleared, or refuse it.

    Stored forms: a value ("yes", "RG"…) or a list of values; an ISO day; an ISO minute of the site's clock; a whole
    number; a text.
    """
    given = [one.strip() for one in ([raw] if isinstance(raw, str) else raw) if one.strip()]
    if not given:
        if question.required:
            raise AnswerRefused(N_("Cette question attend une réponse."))
        return None
    if question.type is QuestionType.MULTI:
        return _several(question, given)
    if len(given) > 1:
        raise AnswerRefused(N_("Une seule réponse est possible."))
    return _one(question, given[0], today, facts)


def _one(question: Question, given: str, today: date, facts: Mapping[str, FactValue]) -> AnswerValue:
    match question.type:
        case QuestionType.DATE:
            if question.or_unknown and given == UNKNOWN:
                return UNKNOWN
            return _within(question, _day(given, today), today, facts).isoformat()
        case QuestionType.DATETIME:
            moment = _moment(given)
            _within(question, moment.date(), today, facts)
            return moment.isoformat(timespec="minutes")
        case QuestionType.NUMBER:
            return _number(question, given)
        case QuestionType.TEXT:
            return _text(question, given)
    if question.values is None or given not in question.values:
        raise AnswerRefused(N_("Choisissez une des réponses proposées."))
    return given


def _several(question: Question, given: list[str]) -> list[str]:
    """Return the chosen values in the order of the options; "none of these" cannot be combined with others."""
    chosen = set(given)
    if question.values is None or not chosen <= question.values:
        raise AnswerRefused(N_("Choisissez parmi les réponses proposées."))
    for option in question.options:
        if option.exclusive and option.value in chosen and len(chosen) > 1:
            raise AnswerRefused(
                N_("« %(option)s » ne peut pas être choisi avec une autre réponse."), option=option.label
            )
    return [option.value for option in question.options if option.value in chosen]


def _day(given: str, today: date) -> date:
    """Parse 2022-01-08, 08/01/2022, 8/1 (the latest such day) or « hier »."""
    if (ago := DAYS_AGO.get(given.lower())) is not None:
        return today - timedelta(days=ago)
    try:
        if iso := ISO_DAY.fullmatch(given):
            return date(int(iso[1]), int(iso[2]), int(iso[3]))
        if french := FRENCH_DAY.fullmatch(given):
            return _french_day(int(french[1]), int(french[2]), french[3], today)
    except ValueError:
        raise AnswerRefused(N_("Ce jour n’existe pas dans le calendrier.")) from None
    raise AnswerRefused(N_("Écrivez la date comme 08/01/2022, ou « hier »."))


def _french_day(day: int, month: int, year: str | None, today: date) -> date:
    """Return the day; without a year, the latest one that is not in the future."""
    if year is not None:
        return date(int(year) if len(year) == 4 else 2000 + int(year), month, day)
    this_year = date(today.year, month, day)
    return this_year if this_year <= today else date(today.year - 1, month, day)


def _moment(given: str) -> datetime:
    """Parse a day and a time of the site's clock, as a browser sends them."""
    try:
        return datetime.strptime(given[:16].replace(" ", "T"), WALL_CLOCK)  # noqa: DTZ007 - a wall clock has no zone
    except ValueError:
        raise AnswerRefused(N_("Écrivez le jour et l’heure, comme 11/01/2022 14:30.")) from None


def _within(question: Question, day: date, today: date, facts: Mapping[str, FactValue]) -> date:
    """Return the day if it is within the known bounds, else refuse it."""
    first = bound(question.earliest, today, facts)
    last = bound(question.latest, today, facts)
    if first and day < first:
        raise AnswerRefused(N_("Cette date ne peut pas être avant le %(day)s."), day=_with_year(first))
    if last and day > last:
        raise AnswerRefused(N_("Cette date ne peut pas être après le %(day)s."), day=_with_year(last))
    return day


def _with_year(day: date) -> str:
    return f"{day_in_words(day)} {day.year}"


def bound(written: str | None, today: date, facts: Mapping[str, FactValue]) -> date | None:
    """Return the day that a bound such as ``today-30`` or ``window_start`` means; None if it is unknown."""
    if written is None:
        return None
    name, days = re.fullmatch(r"([a-z_]+)([+-]\d+)?", written, re.ASCII).groups()  # type: ignore[union-attr]
    anchor = today if name == "today" else facts.get(name)
    return anchor + timedelta(days=int(days or 0)) if isinstance(anchor, date) else None


def _number(question: Question, given: str) -> int:
    if not re.fullmatch(r"-?\d{1,9}", given, re.ASCII):
        raise AnswerRefused(N_("Écrivez un nombre entier, en chiffres."))
    number = int(given)
    if question.lowest is not None and number < question.lowest:
        raise AnswerRefused(N_("Ce nombre ne peut pas être inférieur à %(limit)s."), limit=question.lowest)
    if question.highest is not None and number > question.highest:
        raise AnswerRefused(N_("Ce nombre ne peut pas dépasser %(limit)s."), limit=question.highest)
    return number


def _text(question: Question, given: str) -> str:
    text = " ".join(given.split())
    if question.max_length is not None and len(text) > question.max_length:
        raise AnswerRefused(
            N_("Ce texte compte %(length)s signes : raccourcissez-le à %(limit)s."),
            length=len(text),
            limit=question.max_length,
        )
    return text


def usable(question: Question, stored: object) -> AnswerValue | None:
    """Return a stored value if it answers this question; an answer to an older version may not."""
    known = question.values or frozenset()
    match question.type, stored:
        case QuestionType.MULTI, list():
            chosen = [one for one in stored if isinstance(one, str) and one in known]
            return chosen if chosen and len(chosen) == len(stored) else None
        case QuestionType.NUMBER, int() if not isinstance(stored, bool):
            return stored
        case QuestionType.TEXT, str():
            return stored or None
        case QuestionType.DATE, str():
            return stored if stored in known or _is_day(stored) else None
        case QuestionType.DATETIME, str():
            return stored if len(stored) == 16 and _is_day(stored[:10]) else None
        case _, str() if stored in known:
            return stored
    return None


def _is_day(value: str) -> bool:
    try:
        return bool(ISO_DAY.fullmatch(value) and date.fromisoformat(value))
    except ValueError:
        return False
