"""Somebody who holds the paper checks it on the telephone: what it is worth, and nothing else."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from tests.conftest import NOW
from tests.support.story import agent
from tracing.kernel.db import session
from tracing.sickleave import queries
from tracing.sickleave.checking import jobs
from tracing.sickleave.mending import services as mending
from tracing.sickleave.models import SickNote
from tracing.sickleave.numbering import checked_text, initials_of
from tracing.sickleave.rules import CancelReason
from tracing.staff.models import Site, SiteKind
from tracing.vault.registry import clear_cohort

UNKNOWN = "Aucun arrêt n’a exactement ce numéro"


def printed(note: SickNote) -> dict[str, str]:
    return {
        "number": note.number,
        "initials": "MD",
        "first_day": note.first_day.isoformat(),
        "last_day": note.last_day.isoformat(),
        "code": queries.content_of_note(note).verification_code,
    }


def told(visitor, typed: dict[str, str]) -> str:
    return visitor.post("/sick-notes/check", typed, status=200).text


def test_whoever_reads_out_the_paper_learns_what_it_is_worth_and_nothing_else(browse, story, clock, issued):
    dora = browse.as_(story.dora)
    paper = printed(issued)

    assert "Cet arrêt est valable." in told(dora, paper)
    loose = {
        "number": issued.number.replace("-", " ").lower(),
        "initials": "d.m",
        "code": paper["code"].lower(),
    }
    assert "Cet arrêt est valable." in told(browse.as_(story.ada), paper | loose)
    for part, wrong in (
        ("number", "AI-440-2026-0000002-1"),
        ("initials", "MA"),
        ("first_day", "2026-03-10"),
        ("last_day", "2026-03-18"),
        ("code", "2222-2222"),
    ):
        page = told(dora, paper | {part: wrong})
        assert UNKNOWN in page
        assert "est valable." not in page
    assert "Dupont" not in told(dora, paper)

    mending.cancel(issued.id, CancelReason.ASKED, by=agent(story.dora), at=NOW + timedelta(hours=1))
    assert "Cet arrêt est annulé." in told(dora, paper)


def test_a_note_of_a_training_site_is_no_note(browse, story, issued):
    paper = printed(issued)
    session.execute(
        update(Site).where(Site.id == issued.site_id).values(kind=SiteKind.TRAINING, is_default=False)
    )

    assert UNKNOWN in told(browse.as_(story.dora), paper)


def test_a_note_of_the_older_release_can_be_checked_a_minute_later_and_a_destroyed_one_never(
    browse, story, issued
):
    dora, paper = browse.as_(story.dora), printed(issued)
    hashed = issued.check_hash
    session.execute(update(SickNote).values(check_hash=None))
    assert UNKNOWN in told(dora, paper)

    assert jobs.hash_older_notes(NOW) == 1

    assert session.scalar(select(SickNote.check_hash)) == hashed
    clear_cohort(issued.cohort)  # what follows the destruction of its day's key
    assert UNKNOWN in told(dora, paper)
    assert jobs.hash_older_notes(NOW + timedelta(minutes=1)) == 0


@pytest.mark.parametrize(
    ("first_names", "last_name", "initials"),
    [
        ("Marie-Claude", "DUPONT", "MD"),
        ("Élodie", "ŒUVRARD", "EO"),
        ("Łukasz", "d’ARC", "LD"),
        ("  Anne", "'T HART", "AT"),
        ("Ольга", "İNAN", "ОI"),
        ("", "DUPONT", "D"),
    ],
)
def test_initials_are_the_letters_one_reads_on_the_paper(first_names, last_name, initials):
    assert initials_of(first_names, last_name) == initials


def test_what_is_typed_may_be_in_any_case_and_order():
    day = NOW.date()
    first = checked_text(
        number="AI-440-2026-0000001-3", initials="ÉM", first_day=day, last_day=day, code="ABCD-2345"
    )
    second = checked_text(
        number="ai 44020260000001 3", initials="m.e.", first_day=day, last_day=day, code="abcd2345"
    )

    assert first == second
