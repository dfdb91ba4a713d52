"""Whoever was told and has a note rings back: what they say then redoes the note in that call, however often it changes."""

from dataclasses import dataclass
from datetime import timedelta

import pytest

from tests.conftest import NOW
from tests.desk.walking import P0, Walk, soup, take_call
from tests.sickleave.test_issuing_a_note import notes
from tests.support.story import identity, waiting_case
from tests.support.web import Visitor
from tracing.kernel.db import session
from tracing.queue import queries as queue
from tracing.queue.models import TaskState
from tracing.sickleave.models import NoteState

SAYS = P0 | {
    "onset_on": "2026-03-08",
    "vaccination": "none",
    "can_telework": "no",
    "last_work_on": "2026-03-07",
    "wants_note": "yes",
    "sworn_no_work": "yes",
}
ADDRESS = {
    "note-sworn": "y",
    "note-address": "3 rue des Lilas",
    "note-postcode": "44000",
    "note-city": "Nantes",
    "note-address_confirmed": "y",
}
RINGS = {"key": "06 39 98 00 01", "born": "1980-05-17"}


@dataclass
class RingBack:
    """Marie on the line again, after she was told and had a note."""

    walk: Walk
    task_id: int

    @property
    def visitor(self) -> Visitor:
        return self.walk.visitor

    @property
    def path(self) -> str:
        return f"{self.walk.call}/tasks/{self.task_id}/sick-note"

    def says(self, step: str, **said: str) -> None:
        """Go back to a step and answer it in other words."""
        self.walk.says |= said
        self.walk.page = soup(self.visitor.get(f"{self.walk.call}?task={self.task_id}&step={step}"))
        self.walk.send()

    def panel(self) -> str:
        return self.visitor.fragment(self.path, method="get").text.replace("\u202f", " ")

    def mend(self, note, what: str, **days: str) -> None:
        self.visitor.fragment(f"{self.path}/{note.id}/{what}", days)


@pytest.fixture
def back(story, browse) -> RingBack:
    task = waiting_case(story.nantes, identity(nir="280054410900172"), at=NOW)
    task_id = task.id
    first = take_call(browse.as_(story.ada), SAYS).to("closing")
    path = f"{first.call}/tasks/{task_id}/sick-note"
    first.visitor.fragment(path, ADDRESS | {"note-first_day": "2026-03-08"})
    first.visitor.follow(f"{first.call}/tasks/{task_id}/end", {"outcome": "completed"})
    assert queue.get_task(task_id).state is TaskState.DONE
    abel = browse.as_(story.abel)
    walk = Walk(abel, dict(SAYS), soup(abel.follow("/incoming", RINGS)))
    walk.to("symptoms")
    return RingBack(walk, task_id)


def states():
    session.expire_all()
    return [one.state for one in notes(session)]


def test_a_later_first_day_prolongs_it_and_an_earlier_one_replaces_that_again(back):
    [note] = notes(session)
    until = note.last_day

    back.says("symptoms", onset_on="2026-03-10")
    later = (until + timedelta(days=2)).isoformat()
    assert "Prolonger jusqu’au" in back.panel()
    back.mend(note, "prolong", last_day=later)
    panel = back.panel()
    assert all(f"/{one.id}/give" in panel for one in notes(session)), (
        "the papers of both are still to be given"
    )
    assert states() == [NoteState.PROLONGED, NoteState.ISSUED]

    back.says("symptoms", onset_on="2026-03-09")
    panel = back.panel()
    assert "Remplacer" in panel
    prolonged = notes(session)[1]
    back.mend(
        prolonged,
        "replace",
        first_day=prolonged.first_day.isoformat(),
        last_day=(until + timedelta(days=1)).isoformat(),
    )
    assert states() == [NoteState.PROLONGED, NoteState.REPLACED, NoteState.ISSUED]
    assert notes(session)[2].last_day == until + timedelta(days=1)
    assert notes(session)[2].mend is None

    back.says("symptoms", onset_on="2026-03-08")
    assert "l’arrêt d’avant reste valable" in back.panel(), (
        "a prolongation of which no day is due has no other days"
    )
    back.mend(notes(session)[2], "cancel")
    assert states() == [NoteState.ISSUED, NoteState.REPLACED, NoteState.CANCELLED]
    first = notes(session)[0]
    assert (first.last_day, first.mend) == (until, None), "the first note is the last of its chain again"


def test_whoever_can_work_by_now_has_it_cancelled_and_may_have_another(back):
    [note] = notes(session)

    back.says("sick_note", can_telework="yes")
    assert "Annuler" in back.panel()
    back.mend(note, "cancel")
    assert states() == [NoteState.CANCELLED]

    back.says("sick_note", can_telework="no")
    back.visitor.fragment(back.path, ADDRESS | {"note-first_day": "2026-03-08"})
    assert states() == [NoteState.CANCELLED, NoteState.ISSUED]


def test_a_cancelled_note_is_issued_anew_from_a_later_day_and_once(back):
    [note] = notes(session)
    back.mend(note, "cancel")

    for _click in range(2):
        back.visitor.fragment(back.path, ADDRESS | {"note-first_day": "2026-03-09"})

    assert states() == [NoteState.CANCELLED, NoteState.ISSUED]
    assert notes(session)[1].first_day == note.first_day + timedelta(days=1)
