"""Who may have a sick note from the call, and for which days."""

from datetime import date

import pytest

from tracing.programmes import get_pack
from tracing.programmes.rules import isolation, quarantine
from tracing.programmes.vocabulary import RiskLevel, Scheme, Subject, Vaccination
from tracing.sickleave.reasons import Cut
from tracing.sickleave.rules import (
    NoteAllowed,
    NoteRefused,
    NoteRequest,
    Reason,
    cuts_of,
    decide_note,
)

COVID = get_pack("covid19")
EXERCISE = get_pack("exercise-2022")
NONE, COMPLETE = Vaccination.NONE, Vaccination.COMPLETE


def day(text: str) -> date:
    return date.fromisoformat(text)


def request(subject, measure, on, pack, changes):
    usual = {
        "age": 40,
        "scheme": Scheme.RG,
        "can_telework": False,
        "sworn": True,
        "identity_verified": True,
        "risk": RiskLevel.AT_RISK if subject is Subject.CONTACT else None,
    }
    return NoteRequest(pack=pack, subject=subject, on=day(on), measure=measure, **usual | changes)


def for_case(onset="2022-01-08", *, on="2022-01-10", vaccination=COMPLETE, pack=COVID, **changes):
    measure = isolation(
        pack, onset=onset and day(onset), sampled=None, vaccination=vaccination, age=40, on=day(on)
    )
    return decide_note(request(Subject.CASE, measure, on, pack, changes))


def for_contact(
    last_contact="2022-01-08", *, on="2022-01-10", vaccination=NONE, home=False, pack=COVID, **changes
):
    measure = quarantine(
        pack,
        last_contact=day(last_contact),
        lives_with_case=home,
        vaccination=vaccination,
        age=40,
        on=day(on),
    )
    return decide_note(request(Subject.CONTACT, measure, on, pack, changes))


@pytest.mark.parametrize(
    ("onset", "on", "vaccination", "first", "last", "days"),
    [
        (
            "2022-01-08",
            "2022-01-10",
            COMPLETE,
            "2022-01-08",
            "2022-01-15",
            8,
        ),  # from J0 to the end of isolation
        ("2022-01-08", "2022-01-10", NONE, "2022-01-08", "2022-01-18", 11),
        # however late the call: only a contact's note goes back four days at most
        ("2022-01-08", "2022-01-13", COMPLETE, "2022-01-08", "2022-01-15", 8),
        ("2022-01-08", "2022-01-19", COMPLETE, "2022-01-08", "2022-01-15", 8),
        ("2021-01-08", "2021-01-09", COMPLETE, "2021-01-08", "2021-01-15", 8),
        (
            "2021-12-30",
            "2022-01-02",
            COMPLETE,
            "2021-12-30",
            "2022-01-09",
            11,
        ),  # P0-3, then P0-4a the next day
        ("2021-12-30", "2022-01-03", COMPLETE, "2021-12-30", "2022-01-06", 8),
    ],
)
def test_a_case_stays_at_home_until_the_end_of_isolation(onset, on, vaccination, first, last, days):
    note = for_case(onset, on=on, vaccination=vaccination)

    assert isinstance(note, NoteAllowed)
    assert (note.first_day, note.last_day, note.days) == (day(first), day(last), days)
    assert str(note.rule) == f"covid19@2022.2/{'N-1' if on > '2021-01-09' else 'N-0'}"


@pytest.mark.parametrize(
    ("last_contact", "on", "home", "first_day", "first", "last"),
    [
        (
            "2022-01-08",
            "2022-01-10",
            False,
            None,
            "2022-01-10",
            "2022-01-16",
        ),  # seven days from the call, whenever the quarantine ends
        ("2022-01-09", "2022-01-09", False, None, "2022-01-09", "2022-01-15"),
        ("2022-01-25", "2022-02-01", False, None, "2022-02-01", "2022-02-07"),
        (
            "2022-01-05",
            "2022-01-09",
            False,
            "2022-01-05",
            "2022-01-05",
            "2022-01-11",
        ),  # stayed at home before the call
        (
            "2022-01-08",
            "2022-01-10",
            False,
            "2022-01-07",
            "2022-01-08",
            "2022-01-14",
        ),  # not before the last contact
        (
            "2022-01-08",
            "2022-01-10",
            True,
            None,
            "2022-01-10",
            "2022-01-16",
        ),  # the end of the household's is not known
        ("2021-03-01", "2021-03-02", True, None, "2021-03-02", "2021-03-08"),  # J17, but seven days a note
    ],
)
def test_a_contact_has_a_note_for_seven_days(last_contact, on, home, first_day, first, last):
    note = for_contact(last_contact, on=on, home=home, first_day=first_day and day(first_day))

    assert isinstance(note, NoteAllowed)
    assert (note.first_day, note.last_day) == (day(first), day(last))
    assert str(note.rule) == "covid19@2022.2/N-2"


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"identity_verified": False}, Reason.IDENTITY_NOT_VERIFIED),
        ({"age": 15}, Reason.TOO_YOUNG),
        ({"age": None}, Reason.AGE_UNKNOWN),
        ({"scheme": None}, Reason.SCHEME_UNKNOWN),
        ({"scheme": Scheme.SPECIAL}, Reason.OTHER_SCHEME),
        ({"scheme": Scheme.AME}, Reason.NO_SCHEME),
        ({"scheme": Scheme.NONE}, Reason.NO_SCHEME),
        ({"can_telework": True}, Reason.CAN_TELEWORK),
        ({"can_telework": None}, Reason.TELEWORK_UNKNOWN),
        ({"sworn": False}, Reason.NOT_SWORN),
        ({"stopped_by_doctor": True}, Reason.STOPPED_BY_DOCTOR),
        ({"in_hospital": True}, Reason.IN_HOSPITAL),
        ({"first_day": date(2022, 1, 20)}, Reason.OVER),
        ({"first_day": date(2022, 1, 10), "other_notes": ((date(2022, 1, 1), date(2022, 1, 10)),)}, Reason.OVERLAP),
        ({"other_notes": ((date(2022, 1, 15), date(2022, 1, 20)),)}, Reason.OVERLAP),
        ({"other_notes": ((date(2022, 1, 8), date(2022, 1, 15)),)}, Reason.OVER),
        ({"days_already": 15}, Reason.TOO_LONG),
    ],
)  # fmt: skip
@pytest.mark.parametrize("decide", [for_case, for_contact])
def test_a_refusal_says_why(decide, changes, reason):
    refusal = decide(**changes)

    assert isinstance(refusal, NoteRefused)
    assert refusal.reason is reason
    assert refusal.sentence.endswith(".")
    assert "%" not in refusal.sentence


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"contact_registered": False}, Reason.NOT_REGISTERED),
        ({"risk": RiskLevel.NEGLIGIBLE}, Reason.NEGLIGIBLE),
        ({"risk": RiskLevel.UNDETERMINED}, Reason.RISK_UNDETERMINED),
        ({"risk": None}, Reason.RISK_UNDETERMINED),
        ({"vaccination": COMPLETE}, Reason.NOT_REQUIRED),  # exempted from quarantine
        ({"caregiver": True}, Reason.CAREGIVER),
        ({"scheme": Scheme.FP_ETAT}, Reason.CIVIL_SERVANT_CONTACT),
        ({"scheme": Scheme.FP_TERR}, Reason.CIVIL_SERVANT_CONTACT),
        ({"scheme": Scheme.FP_HOSP}, Reason.CIVIL_SERVANT_CONTACT),
        ({"on": "2022-03-20", "last_contact": "2022-03-10"}, Reason.OVER),
    ],
)
def test_a_contact_is_refused_where_a_case_would_not_be(changes, reason):
    assert for_contact(**changes).reason is reason


def test_a_civil_servant_in_contact_hears_of_the_leave_of_absence():
    assert "autorisation spéciale d’absence" in for_contact(scheme=Scheme.FP_ETAT).sentence
    assert for_case(scheme=Scheme.FP_ETAT).reason is Reason.CIVIL_SERVANT


def test_a_caregiver_who_is_a_case_has_a_note():
    assert isinstance(for_case(caregiver=True), NoteAllowed)


@pytest.mark.parametrize("scheme", [Scheme.RG, Scheme.SSI])
def test_three_schemes_give_notes(scheme):
    assert isinstance(for_case(scheme=scheme), NoteAllowed)
    assert isinstance(for_contact(scheme=scheme), NoteAllowed)


def test_sixteen_is_old_enough():
    assert isinstance(for_case(age=16), NoteAllowed)
    assert "16 ans" in for_case(age=15).sentence


@pytest.mark.parametrize(("first_day", "allowed"), [("2022-01-08", True), ("2022-01-07", False)])
def test_a_contact_s_note_goes_back_four_days_and_no_more(first_day, allowed):
    note = for_contact("2022-01-07", on="2022-01-12", vaccination=NONE, first_day=day(first_day))

    assert isinstance(note, NoteAllowed) is allowed
    if not allowed:
        assert note.reason is Reason.TOO_FAR_BACK
        assert "4 jours" in note.sentence


def test_a_contact_who_becomes_a_case_goes_on_from_the_day_after():
    note = for_case("2022-01-08", other_notes=((date(2022, 1, 6), date(2022, 1, 12)),))

    assert (note.first_day, note.last_day) == (date(2022, 1, 13), date(2022, 1, 15))


def test_twenty_days_in_all_are_allowed_without_a_medical_adviser():
    assert isinstance(for_case(days_already=12), NoteAllowed)
    refusal = for_case(days_already=13)
    assert refusal.reason is Reason.TOO_LONG
    assert "20 jours" in refusal.sentence


@pytest.mark.parametrize("decide", [for_case, for_contact])
@pytest.mark.parametrize("on", ["2023-02-01", "2026-11-21"])
def test_only_a_doctor_writes_notes_since_february_2023(decide, on):
    refusal = decide(on, on=on)

    assert refusal.reason is Reason.DOCTOR_ONLY
    assert "médecin" in refusal.sentence


def test_contacts_have_no_more_notes_from_21_march_2022():
    assert isinstance(for_contact("2022-03-18", on="2022-03-20"), NoteAllowed)
    assert for_contact("2022-03-18", on="2022-03-21").reason is Reason.NO_LONGER_ISSUED
    assert isinstance(for_case("2022-03-18", on="2022-03-21"), NoteAllowed)


def test_a_day_without_a_rule_gets_no_guess():
    assert for_case("2020-05-09", on="2020-05-10").reason is Reason.NO_RULE
    assert for_case(None).reason is Reason.DATES_MISSING


@pytest.mark.parametrize("decide", [for_case, for_contact])
def test_the_exercise_writes_notes_today(decide):
    note = decide("2026-11-20", on="2026-11-21", pack=EXERCISE, vaccination=NONE)

    assert isinstance(note, NoteAllowed)
    assert str(note.rule).startswith("exercise-2022@2022.2/N-")


def test_an_insured_of_another_fund_is_sent_there():
    for refused in (for_case(scheme=Scheme.MSA), for_contact(scheme=Scheme.MSA)):
        assert isinstance(refused, NoteRefused)
        assert refused.reason is Reason.OTHER_FUND
        assert "caisse de MSA" in refused.sentence


@pytest.mark.parametrize(
    ("subject", "started", "on", "changes", "cut"),
    [
        (Subject.CASE, "2022-01-08", "2022-01-10", {"free_from": day("2022-01-10")}, [Cut.FROM_CALL]),
        (Subject.CASE, "2022-01-08", "2022-01-10", {"free_from": day("2022-01-09")}, [Cut.WORKED]),
        (
            Subject.CASE,
            "2022-01-08",
            "2022-01-10",
            {"other_notes": ((day("2022-01-02"), day("2022-01-09")),)},
            [Cut.COVERED],
        ),
        (Subject.CONTACT, "2022-01-08", "2022-01-10", {}, [Cut.FROM_CALL]),
        (
            Subject.CONTACT,
            "2022-01-04",
            "2022-01-10",
            {"first_day": day("2022-01-06"), "free_from": day("2022-01-05")},
            [Cut.RETROACTIVE],
        ),
        (Subject.CASE, "2022-01-08", "2022-01-10", {"free_from": day("2022-01-01")}, []),
    ],
)
def test_what_a_note_does_not_cover_is_said_with_its_reason(subject, started, on, changes, cut):
    if subject is Subject.CASE:
        measure = isolation(COVID, onset=day(started), sampled=None, vaccination=COMPLETE, age=40, on=day(on))
    else:
        measure = quarantine(
            COVID, last_contact=day(started), lives_with_case=False, vaccination=NONE, age=40, on=day(on)
        )
    asked = request(subject, measure, on, COVID, changes)
    note = decide_note(asked)

    assert isinstance(note, NoteAllowed)
    assert [one for one, _figures in cuts_of(asked, note)] == cut
