"""Days of a note that a doctor grants: they reach a note already issued, yield to a later decision, and are taken back."""

from datetime import date, datetime, timedelta

import pytest

from tests.conftest import NOW
from tests.sickleave.test_issuing_a_note import notes, read
from tests.support.story import agent
from tracing.calls.queries import get_call
from tracing.consequences import services as consequences
from tracing.consequences.picture_rules import CaseNow, MeasuredPerson, NoteNow
from tracing.consequences.rules import of_case
from tracing.escalations import services as escalations
from tracing.escalations.models import Audience, Reason
from tracing.facts.rules import FactKind, FactSource, Said, SubjectType
from tracing.facts.ruling_rules import Ground, Ruling, RulingKind, note_days_ruled
from tracing.facts.services import NewFact
from tracing.kernel.db import session, transaction
from tracing.queue import queries as queue
from tracing.sickleave.models import NoteState, SickNote
from tracing.sickleave.queries import content_of_note
from tracing.sickleave.rules import KeepReason, NoteMend

DAY = timedelta(days=1)
TODAY = NOW.date()
GRANTED = (date(2026, 3, 5), date(2026, 3, 30))


def ruling(kind: RulingKind, first_day: date | None = None, last_day: date | None = None) -> Ruling:
    return Ruling(kind=kind, ground=Ground.FRAIL, rule=None, on=TODAY, first_day=first_day, last_day=last_day)


def decided(note: SickNote, *decisions: Ruling) -> None:
    """A doctor decides about the person of a note, one decision after the other."""
    case_id = queue.get_task(note.task_id).case_id
    for minute, one in enumerate(decisions, start=1):
        fact = NewFact(
            subject=(SubjectType.CASE, case_id),
            kind=one.fact_kind,
            value=one.value,
            source=FactSource.DOCTOR,
            cohort=TODAY,
        )
        with transaction():
            consequences.record([fact], by=None, at=NOW + timedelta(minutes=minute))


GRANT = ruling(RulingKind.NOTE_DAYS, *GRANTED)


def test_days_granted_after_the_note_was_issued_are_listed_and_prolonged_by_one_button(browse, story, issued):
    decided(issued, GRANT)

    [note] = notes(session)
    assert (note.mend, note.mend_to) == (NoteMend.LONGER, GRANTED[1])
    ben = browse.as_(story.ben)
    assert note.number in ben.get("/sick-notes/to-mend").text
    assert f"/sick-notes/{note.id}" in ben.get("/first").text
    page = ben.get(f"/sick-notes/{note.id}").text
    assert "trop court" in page
    assert 'value="2026-03-30"' in page

    ben.follow(f"/sick-notes/{note.id}/prolong", {"prolong-last_day": "2026-03-30"})

    old, new = notes(session)
    assert (old.state, new.first_day, new.last_day) == (
        NoteState.PROLONGED,
        old.last_day + DAY,
        GRANTED[1],
    )
    assert new.mend is None
    assert note.number not in ben.get("/sick-notes/to-mend").text


def test_whoever_is_asked_about_a_note_reads_which_one_was_issued(browse, story, issued):
    call, task = get_call(issued.call_id), queue.get_task(issued.task_id)
    asked = escalations.raise_question(
        call,
        task,
        audience=Audience.ADVISER,
        reason=Reason.SICK_LEAVE,
        question="Peut-on la prolonger ?",
        by=agent(story.ada),
        at=NOW,
    )

    page = browse.as_(story.ben).follow(f"/escalations/{asked.id}/take").text

    assert "Les arrêts délivrés" in page
    assert issued.number in page


def test_the_panel_of_the_call_proposes_the_days_granted_meanwhile(ada, phone, issued):
    decided(issued, GRANT)

    page = ada.get(f"/calls/{issued.call_id}/tasks/{issued.task_id}/sick-note").text

    assert "30 mars" in page


def test_a_later_decision_that_nothing_is_asked_comes_before_the_days_granted(browse, story, issued):
    decided(issued, GRANT)
    ben = browse.as_(story.ben)
    ben.follow(f"/sick-notes/{issued.id}/prolong", {"prolong-last_day": "2026-03-30"})
    last = notes(session)[-1]

    decided(issued, GRANT, ruling(RulingKind.NO_MEASURE))

    assert notes(session)[-1].mend is NoteMend.NOT_DUE
    assert f"/sick-notes/{last.id}" in ben.get("/first").text
    page = ben.get(f"/sick-notes/{last.id}").text
    assert "Cet arrêt n’est plus dû" in page
    assert "Un deuxième arrêt continue" not in page, "nothing is prolonged past the decision"
    ben.post(f"/sick-notes/{last.id}/prolong", {"prolong-last_day": "2026-04-05"}, status=422)
    assert len(notes(session)) == 2


def test_days_granted_after_that_decision_count_but_nothing_past_them(browse, story, issued):
    decided(issued, ruling(RulingKind.NO_MEASURE), GRANT)
    ben = browse.as_(story.ben)
    ben.follow(f"/sick-notes/{issued.id}/prolong", {"prolong-last_day": "2026-03-30"})

    last = notes(session)[-1]
    assert last.mend is None
    assert "Un deuxième arrêt continue" not in ben.get(f"/sick-notes/{last.id}").text
    ben.post(f"/sick-notes/{last.id}/prolong", {"prolong-last_day": "2026-04-05"}, status=422)


def test_days_granted_are_taken_back_and_the_note_follows_the_rule_again(browse, story, issued):
    by_rule = issued.last_day
    decided(issued, GRANT)
    browse.as_(story.ben).follow(f"/sick-notes/{issued.id}/prolong", {"prolong-last_day": "2026-03-30"})

    decided(issued, GRANT, ruling(RulingKind.NOTE_BY_RULE))

    last = notes(session)[-1]
    assert (last.mend, last.mend_to) == (NoteMend.SHORTER, by_rule)


def test_a_prolongation_of_days_taken_back_is_shortened_to_the_days_that_are_used(
    browse, story, issued, clock
):
    ben = browse.as_(story.ben)
    decided(issued, GRANT)
    ben.follow(f"/sick-notes/{issued.id}/prolong", {"prolong-last_day": "2026-03-30"})
    decided(issued, GRANT, ruling(RulingKind.NOTE_BY_RULE))
    last = notes(session)[-1]
    assert "Annulez-le" in ben.get(f"/sick-notes/{last.id}").text, "none of its days is used yet"
    clock.move_to(NOW + 12 * DAY)
    today = TODAY + 12 * DAY
    ben = browse.as_(story.ben)

    page = ben.get(f"/sick-notes/{last.id}").text
    assert f'value="{today}"' in page
    days = {"replace-first_day": str(last.first_day), "replace-last_day": str(today)}
    ben.follow(f"/sick-notes/{last.id}/replace", days | {"replace-why": "not_due"})

    first, old, new = notes(session)
    assert (old.state, new.state, new.last_day) == (NoteState.REPLACED, NoteState.ISSUED, today)
    assert (new.prolongs_id, new.mend, new.accepted_because) == (first.id, None, KeepReason.IN_GOOD_FAITH)
    assert content_of_note(new).last_day == today


def test_the_paper_of_days_granted_says_whose_decision_they_are_and_no_other_last_day(browse, story, issued):
    ben = browse.as_(story.ben)
    by_rule = read(ben.get(f"/sick-notes/{issued.id}/insured").data)
    decided(issued, GRANT)
    ben.follow(f"/sick-notes/{issued.id}/prolong", {"prolong-last_day": "2026-03-30"})

    granted = read(ben.get(f"/sick-notes/{notes(session)[-1].id}/insured").data)

    assert "Dernier jour d’isolement" in by_rule
    assert "Dernier jour d’isolement" not in granted
    assert "Un médecin-conseil a accordé ces jours" in granted


def known(*decisions: tuple[datetime, Ruling]) -> dict[FactKind, Said]:
    return {
        one.fact_kind: Said(
            fact_id=place, kind=one.fact_kind, value=one.value, source=FactSource.DOCTOR, said_at=at
        )
        for place, (at, one) in enumerate(decisions, start=1)
    }


@pytest.mark.parametrize(
    ("other", "days"),
    [
        (ruling(RulingKind.NO_MEASURE), None),
        (ruling(RulingKind.NEGLIGIBLE), None),
        (ruling(RulingKind.AT_RISK), GRANTED),
        (ruling(RulingKind.MEASURE_BY_RULE), GRANTED),
        (ruling(RulingKind.UNTIL, last_day=date(2026, 3, 20)), (GRANTED[0], date(2026, 3, 20))),
        (ruling(RulingKind.UNTIL, last_day=date(2026, 4, 20)), GRANTED),
        (ruling(RulingKind.UNTIL, last_day=date(2026, 3, 1)), None),
    ],
)
def test_of_two_decisions_the_later_one_counts(other, days):
    assert note_days_ruled(known((NOW, GRANT), (NOW + DAY, other))) == days
    assert note_days_ruled(known((NOW, other), (NOW + DAY, GRANT))) == GRANTED


@pytest.mark.parametrize(
    ("due", "mend"),
    [
        (None, (NoteMend.SHORTER, TODAY + 3 * DAY)),
        (TODAY + DAY, (NoteMend.SHORTER, TODAY + 3 * DAY)),
        (TODAY + 5 * DAY, None),
    ],
)
def test_a_note_longer_than_the_days_granted_has_these_or_those_of_the_rule(due, mend):
    note = NoteNow(note_id=1, last_day=TODAY + 5 * DAY, granted_until=TODAY + 3 * DAY)
    person = MeasuredPerson(last_day=due, note=note)

    found = of_case(CaseNow(case_id=1, window=None, person=person, contacts=()))

    assert [(one.mend, one.day) for one in found] == ([mend] if mend else [])


def test_a_grant_that_begins_before_the_note_replaces_it_by_one_of_all_its_days(
    browse, story, ada, phone, issued
):
    issued.first_day += DAY
    decided(issued, GRANT)

    [note] = notes(session)
    assert (note.mend, note.mend_to) == (NoteMend.EARLIER, date(2026, 3, 9))
    panel = ada.fragment(phone.path, method="get").text.replace("\u202f", " ")
    assert "Remplacer : du lundi 9 mars au lundi 30 mars" in panel
    assert "Prolonger" not in panel

    ada.fragment(f"{phone.path}/{note.id}/replace", {"first_day": "2026-03-09", "last_day": "2026-03-30"})

    assert [one.mend for one in notes(session)] == [None, None]
    assert (notes(session)[-1].first_day, notes(session)[-1].last_day) == (date(2026, 3, 9), GRANTED[1])


def replaced(first_day: str, last_day: str = "2026-03-30") -> dict[str, str]:
    return {"replace-first_day": first_day, "replace-last_day": last_day, "replace-why": "wrong_days"}


def test_the_first_day_of_a_granted_note_is_made_later(browse, story, issued):
    decided(issued, GRANT)
    ben = browse.as_(story.ben)
    ben.follow(f"/sick-notes/{issued.id}/replace", replaced("2026-03-09"))
    longer = notes(session)[-1]

    ben.follow(f"/sick-notes/{longer.id}/replace", replaced("2026-03-12"))

    new = notes(session)[-1]
    assert (new.first_day, new.last_day, new.replaces_id) == (date(2026, 3, 12), GRANTED[1], longer.id)


def test_reversed_days_are_refused_and_no_typed_day_is_dropped(browse, story, issued):
    decided(issued, GRANT)
    ben = browse.as_(story.ben)

    page = ben.post(f"/sick-notes/{issued.id}/replace", replaced("2026-03-20", "2026-03-15"), status=422)

    assert "Le premier jour est après le dernier" in page.text
    assert [one.state for one in notes(session)] == [NoteState.ISSUED]
    ben.follow(f"/sick-notes/{issued.id}/prolong", {"prolong-last_day": "2026-03-30"})
    last = notes(session)[-1]
    page = ben.post(f"/sick-notes/{last.id}/replace", replaced("2026-03-24", "2026-03-28"), status=422)
    assert "Le premier jour ne peut être que le 20/03/2026" in page.text
    assert len(notes(session)) == 2
