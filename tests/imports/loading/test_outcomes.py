"""What becomes of a line: exactly one outcome, tested in the order of the format."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from tests.support.lots import PARIS, READING, Store, parsed
from tracing.imports.format.columns import RawLine
from tracing.imports.format.faults import Problem
from tracing.imports.format.line import parse
from tracing.imports.format.own_fields import own_fields, person_in, values_of
from tracing.imports.lots.report import report_line_of, report_of
from tracing.imports.rules import Decision, EarlierLine, KnownCase, KnownPerson, Outcome, Said, decide

SEEN, CHANGED = b"seen", b"changed"
POSITIVE, NEGATIVE, EMPTY = parsed(), parsed(RESULTAT="N"), parsed(PRENOMS="")


CASE = 100
"""The case of the person whom all these lines name."""


def earlier_line(name, result, **about):
    taken_in = name in ("created", "repeat", "withdrawn") or about.pop("repeats", False)
    waits = "MISSING_FIELD" if name == "quarantined" else ""
    return EarlierLine(
        about.pop("fingerprint", SEEN),
        Outcome(name),
        result,
        **{"case_id": CASE if taken_in else None, "waits_for": waits, **about},
    )


def outcome(line, *earlier, fingerprint=CHANGED, candidates=(), zone=PARIS):
    """Decide a line after what came earlier of the same person, each an outcome and a result."""
    before = [earlier_line(name, result) for name, result in earlier]
    if any(one.case_id for one in before):
        candidates = [KnownPerson(7, POSITIVE.identity, [KnownCase(CASE, POSITIVE.facts.sampled_at)])]
    named = person_in(own_fields(line.fingerprint_content))
    return decide(
        line, fingerprint=fingerprint, earlier=before, candidates=candidates, zone=zone, named=named
    )


@pytest.mark.parametrize(
    ("earlier", "line", "expected"),
    [
        ([], POSITIVE, "created"),
        ([], NEGATIVE, "not_positive"),
        ([], EMPTY, "quarantined"),
        ([("created", "P")], POSITIVE, "duplicate"),
        ([("repeat", "P")], POSITIVE, "duplicate"),
        ([("created", "P"), ("duplicate", "P")], POSITIVE, "duplicate"),
        ([("created", "P")], EMPTY, "quarantined"),
        ([("created", "P")], NEGATIVE, "withdrawn"),
        ([("repeat", "P")], NEGATIVE, "withdrawn"),
        ([("created", "P"), ("duplicate", "P")], NEGATIVE, "withdrawn"),
        ([("created", "P"), ("withdrawn", "N")], NEGATIVE, "duplicate"),
        ([("created", "P"), ("withdrawn", "I")], NEGATIVE, "withdrawn"),
        ([("created", "P"), ("withdrawn", "N")], POSITIVE, "repeat"),
        ([("not_positive", "N")], NEGATIVE, "duplicate"),
        ([("not_positive", "I")], NEGATIVE, "not_positive"),
        ([("not_positive", "N")], POSITIVE, "created"),
        ([("not_positive", "N")], EMPTY, "quarantined"),
        ([("quarantined", "P")], POSITIVE, "created"),
        ([("quarantined", "P")], EMPTY, "quarantined"),
        ([("quarantined", "P")], NEGATIVE, "not_positive"),
        ([("quarantined", "P"), ("duplicate", "P")], POSITIVE, "created"),
        ([("quarantined", "P"), ("created", "P")], POSITIVE, "duplicate"),
        ([("quarantined", "Z")], POSITIVE, "created"),
        ([("created", "P")], parsed(RESULTAT="Z"), "quarantined"),
    ],
)
def test_a_changed_line_is_judged_by_what_stands(earlier, line, expected):
    assert outcome(line, *earlier).outcome == expected


@pytest.mark.parametrize("earlier", ["created", "repeat", "quarantined", "not_positive", "withdrawn"])
@pytest.mark.parametrize("line", [POSITIVE, NEGATIVE, EMPTY])
def test_a_line_seen_before_is_a_duplicate_whatever_became_of_it(earlier, line):
    assert outcome(line, (earlier, "P"), fingerprint=SEEN).outcome is Outcome.DUPLICATE


@pytest.mark.parametrize(
    ("earlier", "line", "settles"),
    [
        ([("quarantined", "P")], POSITIVE, True),
        ([("quarantined", "P")], NEGATIVE, True),
        ([("quarantined", "P")], EMPTY, True),
        ([("quarantined", "P"), ("duplicate", "P")], POSITIVE, True),
        ([("not_positive", "N")], POSITIVE, False),
        ([], POSITIVE, False),
    ],
)
def test_a_corrected_line_settles_the_one_in_quarantine(earlier, line, settles):
    assert bool(outcome(line, *earlier).settles) is settles


BENOIT = {"NOM_NAISSANCE": "MARTIN", "PRENOMS": "Benoit", "SEXE": "M", "DATE_NAISSANCE": "12/03/1982"}
OTHER, NOBODY = parsed(**BENOIT), parsed(NOM_NAISSANCE="", PRENOMS="")
NINE, TEN, ELEVEN = (datetime(2021, 3, 8, hour, tzinfo=UTC) for hour in (9, 10, 11))


def after(line, *earlier, said=None, at=None, fingerprint=CHANGED):
    """Decide a line after earlier ones, given whole; the known person is the one whom most lines name."""
    if at is not None:
        line = line._replace(extracted_at=at)
    person = KnownPerson(7, POSITIVE.identity, [KnownCase(CASE, POSITIVE.facts.sampled_at)])
    return decide(
        line,
        fingerprint=fingerprint,
        earlier=earlier,
        candidates=[person],
        zone=PARIS,
        named=person_in(own_fields(line.fingerprint_content)),
        said=said,
    )


TAKEN = earlier_line("created", "P", extracted_at=NINE)
BACK = earlier_line("withdrawn", "N", fingerprint=b"back", extracted_at=TEN)


@pytest.mark.parametrize(
    "line", [OTHER, parsed(RESULTAT="N", **BENOIT), NOBODY, parsed(RESULTAT="N", PRENOMS="")]
)
def test_an_id_that_names_somebody_else_or_nobody_waits_and_withdraws_nothing(line):
    decision = after(line, TAKEN)

    assert (decision.outcome, decision.reason) == (Outcome.QUARANTINED, Problem.ID_TAKEN)
    assert report_line_of(line, decision).reasons[0] == "ID_TAKEN"


def test_two_nirs_that_count_and_differ_are_two_people_under_one_id():
    one, other = (parsed(NIR=nir) for nir in ("285074912260754", "2850749122608"))
    person = KnownPerson(7, one.identity, [KnownCase(CASE, POSITIVE.facts.sampled_at)])

    decision = decide(other, fingerprint=CHANGED, earlier=[TAKEN], candidates=[person], zone=PARIS)

    assert decision.reason is Problem.ID_TAKEN


@pytest.mark.parametrize(
    ("line", "earlier", "fingerprint", "at", "expected"),
    [
        (POSITIVE, [TAKEN, BACK], SEEN, NINE, "duplicate"),  # the old file again
        (POSITIVE, [TAKEN, BACK], SEEN, ELEVEN, "repeat"),  # said anew
        (POSITIVE, [TAKEN, BACK], CHANGED, NINE, "repeat"),
        (NEGATIVE, [TAKEN, BACK], b"back", ELEVEN, "duplicate"),
        (POSITIVE, [TAKEN], SEEN, ELEVEN, "duplicate"),
        (NEGATIVE, [TAKEN], CHANGED, NINE, "withdrawn"),
        (NEGATIVE, [TAKEN._replace(is_in_lot=True)], CHANGED, NINE, "quarantined"),
        (
            NEGATIVE,
            [TAKEN, earlier_line("duplicate", "P", repeats=True, is_in_lot=True)],
            CHANGED,
            TEN,
            "quarantined",
        ),
        (POSITIVE, [TAKEN, BACK._replace(is_in_lot=True)], SEEN, NINE, "repeat"),  # one lot says both
    ],
)
def test_what_stands_is_what_was_said_last_and_a_lot_never_contradicts_itself(
    line, earlier, fingerprint, at, expected
):
    assert after(line, *earlier, fingerprint=fingerprint, at=at).outcome == expected


def test_a_positive_result_that_comes_back_is_the_same_result_of_the_same_case():
    decision = after(POSITIVE, TAKEN, BACK)

    assert (decision.reinstates, decision.case_id, decision.person_id) == (True, CASE, 7)


def test_a_person_says_once_whom_a_line_names():
    negative = parsed(RESULTAT="N", **BENOIT)
    in_lot = TAKEN._replace(is_in_lot=True)

    assert after(OTHER, TAKEN, said=Said(None)).outcome is Outcome.CREATED
    assert after(OTHER, TAKEN, said=Said(None)).is_shared
    assert after(negative, TAKEN, said=Said(None)).outcome is Outcome.NOT_POSITIVE
    assert after(negative, TAKEN, said=Said(CASE)).outcome is Outcome.WITHDRAWN
    assert after(negative, in_lot, said=Said(CASE)).reason is Problem.CONTRADICTION
    assert after(negative, in_lot, said=Said(CASE, withdraws=True)).outcome is Outcome.WITHDRAWN


def test_each_of_two_people_under_one_id_has_a_result_of_their_own():
    """A person said that Benoit is another patient: his withdrawal is his alone."""
    benoit = KnownPerson(8, OTHER.identity, [KnownCase(200, POSITIVE.facts.sampled_at)])
    earlier = [TAKEN, earlier_line("created", "P", fingerprint=b"his", case_id=200)]

    decision = decide(
        parsed(RESULTAT="N", **BENOIT),
        fingerprint=CHANGED,
        earlier=earlier,
        candidates=[benoit],
        zone=PARIS,
        named=OTHER.identity,
    )

    assert (decision.outcome, decision.case_id) == (Outcome.WITHDRAWN, 200)


def test_a_line_of_somebody_else_does_not_settle_one_that_waits():
    waiting = earlier_line("quarantined", "P", person=person_in(own_fields(NOBODY.fingerprint_content)))
    broken = parsed(DATE_NAISSANCE="31/02/1985")
    named = waiting._replace(person=person_in(own_fields(broken.fingerprint_content)))

    assert after(POSITIVE, named).settles == (0,)
    assert after(OTHER, named).settles == ()
    taken = earlier_line("quarantined", "P", waits_for="ID_TAKEN", person=OTHER.identity, fingerprint=b"his")
    assert after(POSITIVE, TAKEN, BACK, taken).settles == ()
    assert after(OTHER, TAKEN, taken).settles == (1,)


@pytest.mark.parametrize(
    ("fields", "at", "adds"),
    [
        ({"TEL_FIXE": "0240000000"}, TEN, True),
        ({"ADRESSE": "9 avenue Nouvelle", "CODE_POSTAL": "44000"}, TEN, True),
        ({"DATE_DEBUT_SYMPTOMES": "05/03/2021"}, TEN, True),
        ({"TEL_MOBILE": "+33 6 12 34 56 78"}, TEN, False),
        ({"TEL_MOBILE": ""}, TEN, False),
        ({"LIB_LABO": "LABO"}, TEN, False),
        ({"TEL_FIXE": "0240000000"}, NINE - timedelta(hours=1), False),
    ],
)
def test_a_changed_duplicate_completes_what_is_known(fields, at, adds):
    line = parsed(**fields)

    decision = after(line, TAKEN, at=at)

    assert (decision.outcome, decision.completes) == (Outcome.DUPLICATE, adds)
    assert not after(line, TAKEN, fingerprint=SEEN, at=at).completes


@pytest.mark.parametrize("sent", ["1,67683E+15", "1.67683E+15", "1.67683e+15", "1.67683E15", "2E+15"])
def test_an_id_in_scientific_notation_is_none(sent):
    line = parsed(ID_RESULTAT=sent)

    assert (line.result_id, line.problems) == ("", ())
    assert report_line_of(line, Decision(Outcome.CREATED)).has_lost_id


@pytest.mark.parametrize("sent", ["PDL-1", "12E4567", "E+15", "1676830000000001", "9E12", "ABE+1"])
def test_any_other_id_is_one(sent):
    assert parsed(ID_RESULTAT=sent).result_id == sent


def test_a_line_can_be_read_back_from_its_fingerprint():
    line = parsed(
        TEL_MOBILE="06.12.34.56.78", CODE_POSTAL="01000", DATE_DEBUT_SYMPTOMES="05/03/2021", ADRESSE="3 rue Œ"
    )

    again = parse(RawLine(2, values_of(line, PARIS)), READING)

    assert again == line


def known(person_id=7, *cases, **fields):
    """Return a known person with cases, the number of days before the line's sampling."""
    person = parsed(**fields).identity
    sampled = POSITIVE.facts.sampled_at
    first = [KnownCase(100 + at, sampled - timedelta(days=days)) for at, days in enumerate(cases)]
    return KnownPerson(person_id, person, first)


@pytest.mark.parametrize(
    ("days", "expected", "new_episode"),
    [
        (0, "repeat", False),
        (60, "repeat", False),
        (-60, "repeat", False),
        (61, "created", True),
        (-61, "created", True),
    ],
)
def test_sixty_days_either_way_are_one_episode(days, expected, new_episode):
    decision = outcome(POSITIVE, candidates=[known(7, days)])

    assert (decision.outcome, decision.person_id, decision.new_episode) == (expected, 7, new_episode)


def test_days_are_those_of_the_site_and_not_of_utc():
    line = POSITIVE._replace(
        facts=POSITIVE.facts._replace(sampled_at=datetime(2021, 5, 7, 22, 30, tzinfo=UTC))
    )
    first = KnownPerson(7, POSITIVE.identity, [KnownCase(1, datetime(2021, 3, 8, 22, 30, tzinfo=UTC))])

    # Half past midnight of the 8th of May in Paris, where summer time came in between.
    assert outcome(line, candidates=[first], zone=ZoneInfo("UTC")).outcome == "repeat"
    assert outcome(line, candidates=[first], zone=PARIS).outcome == "created"


def test_a_repeat_joins_the_nearest_case_and_may_move_its_first_sampling_back():
    later_case = outcome(POSITIVE, candidates=[known(7, 80, 50, -3)])
    earlier_case = outcome(POSITIVE, candidates=[known(7, 80, 50)])

    assert (later_case.case_id, later_case.moves_first_sampling) == (102, True)
    assert (earlier_case.case_id, earlier_case.moves_first_sampling) == (101, False)


def test_somebody_known_without_a_case_gets_their_first():
    decision = outcome(POSITIVE, candidates=[known(7)])

    assert (decision.outcome, decision.person_id, decision.new_episode) == ("created", 7, False)


def test_two_known_people_who_match_make_a_new_person_and_a_question():
    decision = outcome(POSITIVE, candidates=[known(7, 3), known(8, 3)])

    assert (decision.outcome, decision.person_id, decision.possible_with) == ("created", None, (7, 8))


def test_records_that_a_human_merged_count_as_one_person():
    decision = outcome(POSITIVE, candidates=[known(7, 90), known(7, 3, NOM_NAISSANCE="Le-Goff")])

    assert (decision.outcome, decision.person_id, decision.case_id) == ("repeat", 7, 100)


def test_somebody_one_letter_away_behind_the_same_number_is_shown_to_a_human():
    decision = outcome(POSITIVE, candidates=[known(7, 3, NOM_NAISSANCE="LE GFOF")])

    assert (decision.outcome, decision.possible_with) == ("created", (7,))
    assert report_line_of(POSITIVE, decision).label == "created:possible"


def test_a_line_without_an_id_is_known_by_its_fingerprint():
    store, line = Store(), parsed(ID_RESULTAT="")

    assert store.take_in(line).outcome is Outcome.QUARANTINED
    assert store.take_in(line).outcome is Outcome.DUPLICATE
    assert store.take_in(parsed(ID_RESULTAT="", PRENOMS="Lise")).outcome is Outcome.QUARANTINED


def test_the_report_counts_warnings_only_where_a_case_was_created():
    doubtful = parsed(TEL_MOBILE="0612")
    unusable = parsed(row=9, ID_RESULTAT="", DATE_NAISSANCE="31/02/1980")

    report = report_of(
        [
            report_line_of(doubtful, Decision(Outcome.CREATED, new_episode=True)),
            report_line_of(doubtful, Decision(Outcome.REPEAT)),
            report_line_of(unusable, Decision(Outcome.QUARANTINED)),
        ],
        with_lines=True,
    )

    assert (report["lines"], report["created"], report["repeat"], report["quarantined"]) == (3, 1, 1, 1)
    assert (report["duplicate"], report["new_episodes"]) == (0, 1)
    assert report["warnings"] == {"PHONE_INVALID": 1, "NO_PHONE": 1}
    assert report["quarantine_reasons"] == {"MISSING_FIELD": 1}
    assert report["outcomes"] == {
        "PDL-1": "created:new_episode:PHONE_INVALID:NO_PHONE",
        "PDL-1#2": "repeat",
        "row 9": "quarantined:MISSING_FIELD",
    }
