"""What becomes of a line: exactly one outcome, tested in the order of the format."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from tests.support.lots import PARIS, Store, parsed
from tracing.imports.lots.report import report_line_of, report_of
from tracing.imports.rules import Decision, EarlierLine, KnownCase, KnownPerson, Outcome, decide

SEEN, CHANGED = b"seen", b"changed"
POSITIVE, NEGATIVE, EMPTY = parsed(), parsed(RESULTAT="N"), parsed(PRENOMS="")


def outcome(line, *earlier, fingerprint=CHANGED, candidates=(), zone=PARIS):
    """Decide a line after what came earlier, each an outcome and a result."""
    before = [EarlierLine(SEEN, Outcome(name), result) for name, result in earlier]
    return decide(line, fingerprint=fingerprint, earlier=before, candidates=candidates, zone=zone)


@pytest.mark.parametrize(
    ("earlier", "line", "expected"),
    [
        ([], POSITIVE, "created"),
        ([], NEGATIVE, "not_positive"),
        ([], EMPTY, "quarantined"),
        ([("created", "P")], POSITIVE, "duplicate"),
        ([("repeat", "P")], POSITIVE, "duplicate"),
        ([("created", "P"), ("duplicate", "P")], POSITIVE, "duplicate"),
        ([("created", "P")], EMPTY, "duplicate"),
        ([("created", "P")], NEGATIVE, "withdrawn"),
        ([("repeat", "P")], NEGATIVE, "withdrawn"),
        ([("created", "P"), ("duplicate", "P")], NEGATIVE, "withdrawn"),
        ([("created", "P"), ("withdrawn", "N")], NEGATIVE, "duplicate"),
        ([("created", "P"), ("withdrawn", "I")], NEGATIVE, "withdrawn"),
        ([("created", "P"), ("withdrawn", "N")], POSITIVE, "created"),
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
    assert outcome(line, (earlier, "P"), fingerprint=SEEN) == Decision(Outcome.DUPLICATE)


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
    assert outcome(line, *earlier).settles is settles


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
