"""Rules of contacts: the description by the case, the search window, risk, quarantine, becoming a case. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from datetime import date, timedelta
from enum import StrEnum
from typing import Any, Self

from tracing.cases.rules import SAME_EPISODE_DAYS
from tracing.facts.ruling_rules import MeasureRuling, as_ruled
from tracing.people.names import first_given_name
from tracing.people.rules import Identity
from tracing.programmes.rules import (
    AppliedRule,
    Circumstances,
    Course,
    Measure,
    Quarantine,
    Risk,
    TestDone,
    Window,
    contact_risk,
    contagious_window,
    possible_case,
    quarantine,
)
from tracing.programmes.schema import Pack
from tracing.programmes.vocabulary import Distance, Protection, RiskLevel, TestKind, Vaccination

LEGAL_CEILING = timedelta(days=14)
"""Contacts are never searched further back than this before the diagnosis."""
USUAL_CONFINED_MINUTES = 15
"""The minutes to ask about if no rule is in force."""

ANSWERED = "answered"
"""Key of the contact's own answers, stored next to the described circumstances so that new answers replace old ones."""


class ContactStatus(StrEnum):
    """The status of a contact."""

    NAMED = "named"
    INFORMED = "informed"
    REFUSED = "refused"
    UNREACHABLE = "unreachable"
    BECAME_CASE = "became_case"
    REMOVED = "removed"


class KeepReason(StrEnum):
    """Why a contact stays in the list who was met outside the contagious days."""

    UNSURE_DAY = "unsure_day"
    FREQUENT = "frequent"
    """They live together, or meet every day."""
    DOCTOR = "doctor"
    """An adviser wants them called."""


class ContactLink(StrEnum):
    """How a case and a contact know each other, as the case says: it helps to recall, and decides nothing."""

    FAMILY = "family"
    FRIEND = "friend"
    COLLEAGUE = "colleague"
    SCHOOL = "school"
    NEIGHBOUR = "neighbour"
    CARE = "care"
    LEISURE = "leisure"
    OTHER = "other"


class MeetingKind(StrEnum):
    """The circumstances of most meetings, each by one choice; all others are given one by one."""

    SAME_ROOF = "same_roof"
    CLOSE = "close"
    """Face to face at less than a metre, without protection."""
    CONFINED = "confined"
    """Together in a closed space for as long as the rule counts, without protection."""
    CARE = "care"
    SAME_CLASS = "same_class"
    MASKED = "masked"
    """Both wore a mask that counts, from beginning to end."""
    PASSING = "passing"
    """None of this: they passed each other, or met at a distance."""


NEVER_TURN = frozenset({ContactStatus.REMOVED, ContactStatus.BECAME_CASE})

PROFESSIONAL = frozenset({TestKind.PCR, TestKind.ANTIGEN, TestKind.PCR_OR_ANTIGEN})

_CODED = {"face_to_face": Distance, "protection": Protection}


@dataclass(frozen=True, kw_only=True)
class HouseholdSaid:
    """What a case says of somebody who lives with them; None: not said. It decides nothing but how urgent the call is."""

    has_symptoms: bool | None = None
    is_fragile: bool | None = None
    can_separate: bool | None = None
    """Whether they can stay apart from the case at home."""


NEWER = frozenset({"link", "place", "is_warned", "household", "is_child"})
"""Parts of a description that older releases do not know."""


@dataclass(frozen=True, kw_only=True)
class Described:
    """A person as a case described them: at least a given name, never more than is needed to call."""

    first_names: str
    birth_name: str = ""
    birth_date: date | None = None
    phones: tuple[str, ...] = ()
    """In E.164, in the order to try them."""
    email: str = ""
    language: str = ""
    """The language of their calls; none: French, as far as the case knows."""
    link: str = ""
    """`ContactLink`; empty: not said."""
    place: str = ""
    """Where they met, in the case's words. Like the link it may tell who the case is: never shown in the contact's call."""
    is_warned: bool | None = None
    """Whether the case has told them already; None: not said."""
    household: HouseholdSaid | None = None
    """For somebody who lives with the case; None: nobody has asked."""
    is_child: bool = False
    """The case said that a parent must answer; where the birth date is known, it counts instead."""

    def to_dict(self) -> dict[str, Any]:
        """Return a dictionary that JSON can hold; a host of an older release reads it while nothing newer was said."""
        born = self.birth_date.isoformat() if self.birth_date else None
        said = {name: value for name, value in asdict(self).items() if name not in NEWER or value}
        if self.is_warned is not None:
            said["is_warned"] = self.is_warned
        return said | {"birth_date": born, "phones": list(self.phones)}

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any]) -> Self:
        """Read back what `to_dict` wrote."""
        born = date.fromisoformat(stored["birth_date"]) if stored["birth_date"] else None
        said = stored.get("household")
        household = HouseholdSaid(**said) if said else None
        return cls(
            **{**stored, "birth_date": born, "phones": tuple(stored["phones"]), "household": household}
        )

    @classmethod
    def of(cls, identity: Identity) -> Self:
        """Return the parts of an identity that describe a contact."""
        return cls(
            first_names=identity.first_names,
            birth_name=identity.birth_name,
            birth_date=identity.birth_date,
            phones=identity.phones,
            email=identity.email,
        )

    @property
    def identity(self) -> Identity:
        """The described person as an identity."""
        return Identity(
            birth_name=self.birth_name,
            first_names=self.first_names,
            birth_date=self.birth_date,
            phones=self.phones,
            email=self.email,
        )

    @property
    def identifies(self) -> bool:
        """Whether name and birth date are known: only then can the person be recognised."""
        return bool(self.birth_name and self.birth_date)

    def corrects(self, identity: Identity) -> Identity:
        """Return an identity with the described parts replaced."""
        return replace(
            identity,
            birth_name=self.birth_name,
            first_names=self.first_names,
            birth_date=self.birth_date,
            phones=self.phones,
            email=self.email,
        )

    def keeping_what_the_case_said(self, before: "Described | None") -> "Described":
        """Return the description as the contact corrects it: link, place and warning are the case's words, and stay."""
        said = before or Described(first_names="")
        return replace(
            self,
            link=said.link,
            place=said.place,
            is_warned=said.is_warned,
            household=said.household,
            is_child=said.is_child,
        )

    def __repr__(self) -> str:
        """Show nothing: a repr may end up in logs and tracebacks."""
        return "Described(…)"


@dataclass(frozen=True, kw_only=True)
class ContactDetails:
    """A line of the contact list as typed."""

    described: Described
    last_contact_on: date | None
    """None if the case does not know."""
    circumstances: Circumstances
    may_disclose: bool = False


def circumstances_of(meeting: MeetingKind | None, confined_minutes: int) -> Circumstances:
    """Return the circumstances that a choice stands for; `confined_minutes` count by the rule in force. None: not known."""
    unprotected, apart = Protection.NONE, Distance.NO_FACE_TO_FACE
    elsewhere = Circumstances(lives_with_case=False)
    return {
        None: Circumstances(),
        MeetingKind.SAME_ROOF: Circumstances(lives_with_case=True),
        MeetingKind.CLOSE: replace(elsewhere, face_to_face=Distance.UNDER_1_M, protection=unprotected),
        MeetingKind.CONFINED: replace(elsewhere, confined_minutes=confined_minutes, protection=unprotected),
        MeetingKind.CARE: replace(elsewhere, care=True, protection=unprotected),
        MeetingKind.SAME_CLASS: replace(elsewhere, same_class=True),
        MeetingKind.MASKED: replace(elsewhere, protection=Protection.BOTH_MASKS),
        MeetingKind.PASSING: replace(
            elsewhere, face_to_face=apart, confined_minutes=0, care=False, cough=False, same_class=False
        ),
    }[meeting]


def completed_by(known: ContactDetails, more: ContactDetails) -> ContactDetails:
    """Return a line of the list completed by a second one of the same person: what is known stays, numbers are added.

    The later day counts, and circumstances are taken over only where none are known.
    """
    one, other = known.described, more.described
    described = replace(
        one,
        birth_name=one.birth_name or other.birth_name,
        birth_date=one.birth_date or other.birth_date,
        phones=tuple(dict.fromkeys((*one.phones, *other.phones))),
        email=one.email or other.email,
        language=one.language or other.language,
        link=one.link or other.link,
        place=one.place or other.place,
        is_warned=other.is_warned if one.is_warned is None else one.is_warned,
        household=one.household or other.household,
        is_child=one.is_child or other.is_child,
    )
    days = [day for day in (known.last_contact_on, more.last_contact_on) if day is not None]
    return replace(
        known,
        described=described,
        last_contact_on=max(days, default=None),
        circumstances=more.circumstances if known.circumstances == Circumstances() else known.circumstances,
    )


def circumstances_to_codes(met: Circumstances, answered: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Return the known circumstances in JSON form, along with the contact's own answers."""
    known = {field.name: getattr(met, field.name) for field in fields(met)}
    codes = {name: value for name, value in known.items() if value is not None}
    return codes | {ANSWERED: dict(answered)} if answered else codes


def described_circumstances(codes: Mapping[str, Any]) -> Circumstances:
    """Return the circumstances as the case described them, without the contact's answers."""
    known: dict[str, Any] = {
        name: _CODED[name](value) if name in _CODED else value
        for name, value in codes.items()
        if name != ANSWERED
    }
    return Circumstances(**known)


def circumstances_from_codes(codes: Mapping[str, Any]) -> Circumstances:
    """Return the circumstances that count: as described by the case, completed by the contact's own answers.

    A contact who is not told who the case is may not know that they live together, so a yes from either side counts.
    """
    met, answered = described_circumstances(codes), codes.get(ANSWERED, {})
    together = [one for one in (met.lives_with_case, answered.get("lives_with_case")) if one is not None]
    return replace(
        met,
        lives_with_case=any(together) if together else None,
        infected_recently=answered.get("infected_recently"),
    )


def already_named(described: Described, others: Iterable[Described]) -> bool:
    """Return whether a given name and a number are those of one person in the list."""
    given = first_given_name(described.first_names)
    return any(
        given == first_given_name(other.first_names) and set(described.phones) & set(other.phones)
        for other in others
    )


def search_window(
    pack: Pack, *, onset: date | None, sampled: date, on: date
) -> tuple[date, date, Window | None]:
    """Return the first and last day in which contacts are searched, and the rule's window if one is in force."""
    window = contagious_window(pack, onset=onset, sampled=sampled, on=on)
    if window is None:
        return sampled - LEGAL_CEILING, on, None
    return window.start, window.end, window


def confined_minutes(pack: Pack, on: date) -> int:
    """Return how many minutes in a closed space count, by the rule in force."""
    row = pack.risks.choose({}, on)
    return (row.confined_minutes if row else None) or USUAL_CONFINED_MINUTES


def is_called(risk: RiskLevel) -> bool:
    """Return whether a contact is called. One who may be at risk is: their own answers supply what is missing."""
    return risk is not RiskLevel.NEGLIGIBLE


def becomes(status: ContactStatus, met_on: date, sampled: Mapping[int, date]) -> int | None:
    """Return the case that a contact met on a day becomes, among one person's cases by day of sampling; None if none.

    It is the nearest within the days of one episode, before or after: a person sampled before they were met is also
    called as a case, not as a contact. A contact who was removed or already became a case is left out.
    """
    near = {
        case: abs((day - met_on).days)
        for case, day in sampled.items()
        if abs((day - met_on).days) <= SAME_EPISODE_DAYS
    }
    if status in NEVER_TURN or not near:
        return None
    return min(near, key=lambda case: (near[case], case))


def nearest(meetings: Iterable[tuple[date, int]], sampled_on: date) -> int:
    """Return the contact who became the case, among several met on these days: the one met nearest to the sampling.

    Of two at the same distance, the one met before the sampling, then the one named first.
    """
    return min(
        meetings,
        key=lambda met: (abs((sampled_on - met[0]).days), met[0] > sampled_on, met[1]),
    )[1]


@dataclass(frozen=True)
class TestSaid:
    """A test that a contact told of: of which kind, on which day, and its result."""

    __test__ = False  # pytest: not a class of tests

    on: date
    kind: TestKind | None
    """None: they do not know."""
    is_positive: bool

    @property
    def counts(self) -> bool:
        """Whether a professional did it: a self-test, or one of an unknown kind, is to be confirmed."""
        return self.kind in PROFESSIONAL

    def to_codes(self) -> list[Any]:
        """Return it in JSON form."""
        return [self.on.isoformat(), self.kind.value if self.kind else None, self.is_positive]

    @classmethod
    def from_codes(cls, codes: Sequence[Any]) -> Self:
        """Read back what `to_codes` wrote."""
        on, kind, is_positive = codes
        return cls(date.fromisoformat(on), TestKind(kind) if kind else None, is_positive)


@dataclass(frozen=True, kw_only=True)
class ContactSituation:
    """All that decides what is asked of a contact."""

    last_contact: date
    circumstances: Circumstances
    vaccination: str | None = None
    age: int | None = None
    immunodepressed: bool | None = None
    symptoms_on: date | None = None
    """None without symptoms."""
    tests: tuple[TestSaid, ...] = ()
    """Those that they told of."""
    variant: str | None = None
    """Of the case."""
    case_isolation_end: date | None = None
    is_outside: bool = False
    """Met outside the contagious days, and not kept in the list."""
    case_is_none: bool = False
    """The result of the case was withdrawn."""
    doctor_risk: RiskLevel | None = None
    """The risk as a doctor decided it apart from the rule."""
    doctor_measure: MeasureRuling | None = None
    """What a doctor decided about the isolation or quarantine."""
    on: date
    """The day whose rules decide."""
    notified: date | None = None
    """The day on which they were told, if that is another one: delays are counted from it."""


def measure_of(pack: Pack, said: ContactSituation) -> Quarantine:
    """Return what the rules ask of a contact: the isolation or quarantine, with every test, its kind and its day.

    This is the one decision that is said on the telephone, shown, noted and compared with what was told. A negligible
    risk asks for nothing; symptoms ask for isolation and a test whatever the risk, the vaccination or an earlier infection,
    and so does a positive self-test, until a professional's test is negative. What a doctor decided applies instead, as
    long as the result of the case stands.
    """
    if said.case_is_none:
        return Quarantine(measure=Measure.NOT_REQUIRED)
    return as_ruled(_by_rule(pack, said), said.doctor_measure)


def _by_rule(pack: Pack, said: ContactSituation) -> Quarantine:
    risk = contact_risk(pack, said.circumstances, on=said.on)
    if said.is_outside or (said.doctor_risk or risk.level) is RiskLevel.NEGLIGIBLE:
        exempt = Quarantine(measure=Measure.NOT_REQUIRED, rule=_why(risk))
        return possible_case(pack, exempt, **_signs(said), on=said.on, notified=said.notified)
    done = [TestDone(test.on, test.is_positive) for test in said.tests if test.counts]
    return quarantine(
        pack,
        last_contact=said.last_contact,
        lives_with_case=bool(said.circumstances.lives_with_case),
        vaccination=Vaccination.answered(said.vaccination),
        age=said.age,
        on=said.on,
        infected_recently=said.circumstances.infected_recently,
        immunodepressed=said.immunodepressed,
        case_isolation_end=said.case_isolation_end,
        notified=said.notified,
        first_test=min((test.on for test in done if test.on >= said.last_contact), default=None),
        **_signs(said),
        facts={"variant": said.variant},
        since=Course(tests=tuple(done)),
    )


def _signs(said: ContactSituation) -> dict[str, date | None]:
    """Return the first day of symptoms and that of a positive self-test, without those that a negative test has answered."""
    answered = max((test.on for test in said.tests if test.counts and not test.is_positive), default=date.min)
    self_test = max((test.on for test in said.tests if test.is_positive and not test.counts), default=None)
    known = {"symptoms": said.symptoms_on, "self_test": self_test}
    return {name: day if day is not None and day > answered else None for name, day in known.items()}


def together(own: Quarantine, others: Sequence[Quarantine]) -> Quarantine:
    """Return what is asked of a person for several meetings: the longest, with its tests.

    While no rule decides one meeting, what is asked for another does not say that it is all.
    """
    decided = {Measure.REQUIRED, Measure.NOT_REQUIRED}
    known = [own, *(one for one in others if one.measure in decided)]
    if own.measure not in decided or len(known) == 1:
        return own
    longest = max(known, key=_lasts_until)
    for_symptoms = next((one.symptom_rule for one in known if one.symptom_rule is not None), None)
    return replace(longest, symptom_rule=longest.symptom_rule or for_symptoms)


def _lasts_until(decided: Quarantine) -> tuple[bool, date, date]:
    """Return what puts a measure after another: asked at all, its last day, its last test.

    Until a result is no day; an end that nobody knows yet is the latest.
    """
    last = decided.last_day_in or (date.min if decided.awaits_result else date.max)
    return decided.is_required, last, max((test.on for test in decided.tests), default=date.min)


TEST_ANSWERS = ("test_result", "test_kind", "test_on")
"""The answers in which a contact tells of a test."""


def is_positive_code(code: object) -> bool:
    """Return whether the fact of a told test (`pcr_positive`) says that one by a professional was positive."""
    kind, _sep, result = str(code).rpartition("_")
    return result == "positive" and kind in PROFESSIONAL


def positive_test(tests: Iterable[TestSaid]) -> TestSaid | None:
    """Return the first positive test by a professional: with it a contact is a case."""
    return min((one for one in tests if one.is_positive and one.counts), key=lambda one: one.on, default=None)


def _why(risk: Risk) -> AppliedRule | None:
    """Return the rule of a negligible risk, with the circumstance that decided it as its sentence."""
    return None if risk.rule is None else replace(risk.rule, sentence=risk.why)
