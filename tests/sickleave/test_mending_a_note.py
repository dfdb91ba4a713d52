"""A note after the call: prolonged, replaced, cancelled, kept, countersigned; the person is told in writing."""

from datetime import date, timedelta

import pytest
from sqlalchemy import select

from tests.conftest import NOW
from tests.sickleave.test_issuing_a_note import notes
from tests.support.story import agent, identity, waiting_case
from tracing.consequences import services as consequences
from tracing.facts.rules import FactKind, FactSource, SubjectType
from tracing.facts.services import NewFact
from tracing.kernel.db import session, transaction
from tracing.messages import queries as messages
from tracing.messages import services as message_services
from tracing.messages.models import Message
from tracing.messages.rules import Channel, MessageState
from tracing.queue import queries as queue
from tracing.sickleave import queries as note_queries
from tracing.sickleave.errors import NoteChanged
from tracing.sickleave.mending import services
from tracing.sickleave.mending.services import InCall
from tracing.sickleave.models import NoteState, SickNote
from tracing.sickleave.rules import CancelReason, KeepReason, NoteMend
from tracing.vault import services as vault

DAY = timedelta(days=1)
WRONG = CancelReason.WRONG_DAYS


def sampled(note: SickNote, day: str) -> None:
    """A doctor corrects the day of sampling: the isolation moves with it."""
    case_id = queue.get_task(note.task_id).case_id
    fact = NewFact(
        subject=(SubjectType.CASE, case_id),
        kind=FactKind.SAMPLED,
        value=day,
        source=FactSource.DOCTOR,
        cohort=NOW.date(),
    )
    with transaction():
        consequences.record([fact], by=None, at=NOW)


def states() -> list[NoteState]:
    return [one.state for one in notes(session)]


def letters() -> list[dict[str, str]]:
    found = session.scalars(select(Message).where(Message.channel == Channel.LETTER).order_by(Message.id))
    return [vault.unseal("messages", one.id, one.cohort, one.sealed) for one in found]


def test_a_note_too_short_is_prolonged_from_the_list_without_a_gap(browse, story, issued):
    first = issued.number
    sampled(issued, "2026-03-10")
    dora = browse.as_(story.dora)
    assert first in dora.get("/sick-notes/to-mend").text
    page = dora.get(f"/sick-notes/{issued.id}")
    assert "trop court" in page.text
    assert 'value="2026-03-20"' in page.text

    dora.follow(f"/sick-notes/{issued.id}/prolong", {"prolong-last_day": "2026-03-20"})

    old, new = notes(session)
    assert (old.state, new.state) == (NoteState.PROLONGED, NoteState.ISSUED)
    assert (new.first_day, new.last_day) == (old.last_day + DAY, date(2026, 3, 20))
    assert new.prolongs_id == old.id
    assert new.number.startswith("AI-440-2026-0000002-"), "no number is left out"
    assert (old.mend, new.mend) == (None, None)
    assert first not in dora.get("/sick-notes/to-mend").text
    [letter] = letters()
    assert first in letter["text"]
    assert new.number in letter["slip"]
    assert "20 mars 2026" in letter["slip"]


def test_a_note_too_long_is_replaced_and_the_old_one_is_worth_nothing(browse, story, issued):
    sampled(issued, "2026-03-08")
    ben = browse.as_(story.ben)
    assert "trop long" in ben.get(f"/sick-notes/{issued.id}").text

    ben.follow(
        f"/sick-notes/{issued.id}/replace",
        {
            "replace-first_day": "2026-03-09",
            "replace-last_day": "2026-03-18",
            "replace-why": "wrong_days",
        },
    )

    old, new = notes(session)
    assert (old.state, new.state) == (NoteState.REPLACED, NoteState.ISSUED)
    assert (new.first_day, new.last_day, new.replaces_id) == (old.first_day, date(2026, 3, 18), old.id)
    assert old.cancelled_because is WRONG
    assert not old.to_countersign, "an adviser did it"
    assert "Remplacé par" in ben.get(f"/sick-notes/{old.id}").text
    assert ben.get(f"/sick-notes/{old.id}/insured").data.startswith(b"%PDF")


def test_days_that_an_adviser_has_shortened_stand_and_the_tracer_reads_who_and_why(
    browse, story, ada, phone, issued
):
    ben = browse.as_(story.ben)
    days = {
        "replace-first_day": "2026-03-09",
        "replace-last_day": "2026-03-15",
        "replace-why": "wrong_days",
    }
    page = ben.follow(f"/sick-notes/{issued.id}/replace", days).text

    new = notes(session)[-1]
    assert (new.last_day, new.mend, new.accepted_because) == (
        date(2026, 3, 15),
        None,
        KeepReason.DOCTOR_AGREES,
    )
    assert "trop court" not in page
    assert new.number not in ben.get("/first").text
    panel = ada.fragment(phone.path, method="get").text
    assert "Ses jours sont faux" in panel
    assert story.ben.display_name in panel
    assert "Prolonger jusqu’au" not in panel
    sampled(issued, "2026-03-10")
    assert notes(session)[-1].mend is NoteMend.LONGER, "other days are another question"


@pytest.mark.parametrize(
    ("last_day", "why"),
    [
        ("2026-03-20", "Le dernier jour doit être entre le 09/03/2026 et le 19/03/2026"),
        ("2026-03-08", "Le premier jour est après le dernier"),
    ],
)
def test_no_note_is_replaced_by_days_that_the_rule_does_not_give(browse, story, issued, last_day, why):
    answer = browse.as_(story.ben).post(
        f"/sick-notes/{issued.id}/replace",
        {"replace-first_day": "2026-03-09", "replace-last_day": last_day, "replace-why": "wrong_days"},
        status=422,
    )

    assert why in answer.text
    assert states() == [NoteState.ISSUED]


def test_no_note_is_replaced_by_one_that_covers_a_day_worked(browse, story, issued):
    answer = browse.as_(story.ben).post(
        f"/sick-notes/{issued.id}/replace",
        {"replace-first_day": "2026-03-05", "replace-last_day": "2026-03-17", "replace-why": "wrong_days"},
        status=422,
    )

    assert "avant le 09/03/2026" in answer.text, "worked until the 8th"
    assert states() == [NoteState.ISSUED]


def test_whoever_goes_back_to_work_earlier_has_a_shorter_note_that_is_not_listed_again(browse, story, issued):
    browse.as_(story.dora).follow(
        f"/sick-notes/{issued.id}/replace",
        {"replace-first_day": "2026-03-09", "replace-last_day": "2026-03-13", "replace-why": "back_at_work"},
    )

    new = notes(session)[-1]
    assert new.last_day == date(2026, 3, 13)
    assert (new.mend, new.accepted_because) == (None, KeepReason.AS_ASKED)
    sampled(new, "2026-03-08")
    assert notes(session)[-1].mend is NoteMend.LONGER, "another change is another difference"


def test_what_a_supervisor_cancels_after_a_day_is_countersigned_by_an_adviser(browse, story, clock, issued):
    clock.move_to(NOW + 2 * DAY)
    dora, ben = browse.as_(story.dora), browse.as_(story.ben)
    dora.follow(f"/sick-notes/{issued.id}/cancel", {"cancel-why": "asked"})
    [note] = notes(session)
    assert (note.state, note.to_countersign) == (NoteState.CANCELLED, True)
    assert note.number in ben.get("/sick-notes?state=to_countersign").text
    dora.post(f"/sick-notes/{note.id}/countersign", status=403)

    ben.follow(f"/sick-notes/{note.id}/countersign")

    [note] = notes(session)
    assert note.countersigned_by == story.ben.id
    assert note.number not in ben.get("/sick-notes?state=to_countersign").text
    assert note.number in ben.get("/sick-notes?state=cancelled").text


def test_an_adviser_who_does_not_agree_makes_the_note_valid_again(browse, story, clock, issued):
    clock.move_to(NOW + 2 * DAY)
    dora = browse.as_(story.dora)
    dora.follow(f"/sick-notes/{issued.id}/cancel", {"cancel-why": "asked"})
    [cancelled] = session.scalars(select(Message).where(Message.channel == Channel.LETTER)).all()
    dora.follow(f"/messages/{cancelled.id}/posted")

    browse.as_(story.ben).follow(f"/sick-notes/{issued.id}/restore")

    [note] = notes(session)
    assert (note.state, note.cancelled_at, note.to_countersign) == (NoteState.ISSUED, None, False)
    assert "de nouveau valable" in letters()[-1]["text"]


def test_a_cancellation_that_the_person_knows_nothing_of_is_undone_without_a_word(
    browse, story, clock, issued
):
    clock.move_to(NOW + 2 * DAY)
    browse.as_(story.dora).follow(f"/sick-notes/{issued.id}/cancel", {"cancel-why": "asked"})

    page = browse.as_(story.ben).follow(f"/sick-notes/{issued.id}/restore").text

    assert "Rien n’était encore parti" in page
    found = session.scalars(select(Message)).all()
    assert {one.state for one in found} == {MessageState.STOPPED}
    assert len(letters()) == 1
    late = browse.as_(story.dora).post(f"/messages/{found[0].id}/posted", status=409)
    assert "ce qu’elle annonce a été repris" in late.text


def test_nobody_is_told_that_a_letter_waits_whose_messages_are_stopped(browse, story, issued):
    message_services.stop_all(issued.person_id, by=None, at=NOW)

    page = browse.as_(story.dora).follow(f"/sick-notes/{issued.id}/cancel", {"cancel-why": "asked"}).text

    assert "aucune lettre ne part" in page
    assert "attend dans les messages" not in page


def test_a_note_with_a_wrong_name_is_made_out_anew_with_all_of_its_chain(browse, story, issued):
    sampled(issued, "2026-03-10")
    dora = browse.as_(story.dora)
    dora.follow(f"/sick-notes/{issued.id}/prolong", {"prolong-last_day": "2026-03-20"})
    path = f"/sick-notes/{issued.id}/bearer"
    assert "Dupont" in dora.get(path).text
    right = {"first_names": "Marie", "birth_name": "Durand", "usual_name": "",
             "address": "3 rue des Lilas", "postcode": "44000", "city": "Nantes"}  # fmt: skip
    assert "rien à refaire" in dora.post(path, right | {"birth_name": "Dupont"}, status=422).text

    for _ in range(2):
        dora.follow(path, right)

    old, longer, new, newer = notes(session)
    assert [one.state for one in (old, longer)] == [NoteState.REPLACED] * 2
    assert (new.state, newer.state) == (NoteState.PROLONGED, NoteState.ISSUED)
    assert (new.replaces_id, newer.replaces_id, newer.prolongs_id) == (old.id, longer.id, new.id)
    assert [(one.first_day, one.last_day) for one in (new, newer)] == [
        (one.first_day, one.last_day) for one in (old, longer)
    ]
    printed = [note_queries.content_of_note(one).bearer.last_name for one in (old, new, newer)]
    assert printed == ["DUPONT", "DURAND", "DURAND"]
    by_age = select(Message).where(Message.channel == Channel.LETTER).order_by(Message.id)
    prolonged, letter, prolonged_again = session.scalars(by_age).all()
    assert prolonged.state is MessageState.STOPPED, "its note was replaced before it left"
    assert f"{new.number}, du 9 mars 2026 au 19 mars 2026 inclus, est prolongé" in letters()[2]["text"]
    assert f"/sick-notes/{newer.id}/insured" in dora.get(f"/messages/{prolonged_again.id}/letter").text
    page = dora.get(f"/messages/{letter.id}/letter").text
    assert f"/sick-notes/{new.id}/insured" in page, "it is enclosed"
    assert f"/sick-notes/{new.id}/employer" in page


def test_what_was_cancelled_together_comes_back_together_even_from_its_last(browse, story, clock, issued):
    sampled(issued, "2026-03-10")
    clock.move_to(NOW + 2 * DAY)
    dora, ben = browse.as_(story.dora), browse.as_(story.ben)
    dora.follow(f"/sick-notes/{issued.id}/prolong", {"prolong-last_day": "2026-03-20"})
    dora.follow(f"/sick-notes/{issued.id}/cancel", {"cancel-why": "not_due"})
    assert [one.to_countersign for one in notes(session)] == [True, False], "the prolongation is of today"

    ben.follow(f"/sick-notes/{notes(session)[1].id}/restore")

    assert states() == [NoteState.PROLONGED, NoteState.ISSUED]
    late = ben.post(f"/sick-notes/{issued.id}/countersign", status=409)
    assert "a été rétabli entre-temps" in late.text
    assert [one.countersigned_at for one in notes(session)] == [None, None]


def test_a_note_does_not_come_back_without_the_one_that_it_prolongs(browse, story, clock, issued):
    sampled(issued, "2026-03-10")
    browse.as_(story.dora).follow(f"/sick-notes/{issued.id}/prolong", {"prolong-last_day": "2026-03-20"})
    last = notes(session)[1].id
    clock.move_to(NOW + 2 * DAY)
    dora, ben = browse.as_(story.dora), browse.as_(story.ben)
    dora.follow(f"/sick-notes/{last}/cancel", {"cancel-why": "asked"})
    clock.move_to(NOW + 2 * DAY + timedelta(minutes=1))
    dora.follow(f"/sick-notes/{issued.id}/cancel", {"cancel-why": "asked"})

    refused = ben.post(f"/sick-notes/{last}/restore", status=409)

    assert "rétablissez-le d’abord" in refused.text
    assert states() == [NoteState.CANCELLED] * 2
    ben.follow(f"/sick-notes/{issued.id}/restore")
    ben.follow(f"/sick-notes/{last}/restore")
    assert states() == [NoteState.PROLONGED, NoteState.ISSUED]


def test_a_letter_about_a_note_is_not_the_letter_that_asks_to_call(browse, story, issued):
    browse.as_(story.dora).follow(f"/sick-notes/{issued.id}/cancel", {"cancel-why": "asked"})

    assert len(letters()) == 1
    assert messages.letters_to([issued.person_id]) == {}


def test_what_is_cancelled_within_a_day_needs_nobody_else(browse, story, issued):
    browse.as_(story.dora).follow(f"/sick-notes/{issued.id}/cancel", {"cancel-why": "asked"})

    assert not notes(session)[0].to_countersign


def test_a_cancelled_prolongation_gives_the_first_note_its_place_back(browse, story, issued):
    sampled(issued, "2026-03-10")
    dora = browse.as_(story.dora)
    dora.follow(f"/sick-notes/{issued.id}/prolong", {"prolong-last_day": "2026-03-20"})

    dora.follow(f"/sick-notes/{notes(session)[1].id}/cancel", {"cancel-why": "asked"})

    old, new = notes(session)
    assert (old.state, new.state) == (NoteState.ISSUED, NoteState.CANCELLED)
    assert old.mend is NoteMend.LONGER, "it is too short again, and listed as such"


def test_cancelling_a_prolonged_note_cancels_what_goes_on_from_it(browse, story, issued):
    sampled(issued, "2026-03-10")
    dora = browse.as_(story.dora)
    dora.follow(f"/sick-notes/{issued.id}/prolong", {"prolong-last_day": "2026-03-20"})

    dora.follow(f"/sick-notes/{issued.id}/cancel", {"cancel-why": "not_due"})

    assert states() == [NoteState.CANCELLED] * 2


def test_a_note_that_the_isolation_does_not_outlast_is_not_prolonged(browse, story, issued):
    answer = browse.as_(story.dora).post(
        f"/sick-notes/{issued.id}/prolong", {"prolong-last_day": "2026-03-25"}, status=422
    )

    assert "il n’y a rien à prolonger" in answer.text
    assert states() == [NoteState.ISSUED]


def test_a_second_click_prolongs_once(browse, story, issued):
    sampled(issued, "2026-03-10")
    dora = browse.as_(story.dora)

    for _ in range(2):
        dora.follow(f"/sick-notes/{issued.id}/prolong", {"prolong-last_day": "2026-03-20"})

    assert len(notes(session)) == 2
    assert len(letters()) == 1


def test_of_two_who_prolong_to_different_days_the_second_is_told_and_nothing_changes(browse, story, issued):
    sampled(issued, "2026-03-12")
    browse.as_(story.ben).follow(f"/sick-notes/{issued.id}/prolong", {"prolong-last_day": "2026-03-20"})

    answer = browse.as_(story.dora).post(
        f"/sick-notes/{issued.id}/prolong", {"prolong-last_day": "2026-03-21"}, status=409
    )

    assert "prolongé entre-temps par Ben" in answer.text
    assert notes(session)[-1].last_day == date(2026, 3, 20)


def test_a_prolongation_that_is_still_too_short_stays_on_the_list(browse, story, issued):
    sampled(issued, "2026-03-12")

    browse.as_(story.ben).follow(f"/sick-notes/{issued.id}/prolong", {"prolong-last_day": "2026-03-20"})

    new = notes(session)[-1]
    assert (new.mend, new.accepted_because) == (NoteMend.LONGER, None)


def test_of_two_who_decide_otherwise_the_second_sees_what_the_first_did(browse, story, issued):
    sampled(issued, "2026-03-08")
    browse.as_(story.ben).follow(f"/sick-notes/{issued.id}/cancel", {"cancel-why": "asked"})

    answer = browse.as_(story.dora).post(
        f"/sick-notes/{issued.id}/replace",
        {"replace-first_day": "2026-03-09", "replace-last_day": "2026-03-18", "replace-why": "wrong_days"},
        status=409,
    )

    assert "annulé entre-temps par Ben" in answer.text
    with pytest.raises(NoteChanged):
        services.leave_as_it_is(issued.id, KeepReason.DAYS_PAST, by=agent(story.dora), at=NOW)


def test_the_letter_is_printed_with_its_slip_and_noted_as_posted(browse, story, issued):
    dora = browse.as_(story.dora)
    dora.get(f"/sick-notes/{issued.id}/employer")  # printed, so that they may have it
    dora.follow(f"/sick-notes/{issued.id}/cancel", {"cancel-why": "asked"})
    [message] = session.scalars(select(Message).where(Message.channel == Channel.LETTER)).all()
    assert "Imprimer" in dora.get("/messages").text

    letter = dora.get(f"/messages/{message.id}/letter").text
    dora.follow(f"/messages/{message.id}/posted")

    assert "DUPONT" in letter
    assert "À détacher et à remettre à l’employeur" in letter
    [message] = session.scalars(select(Message).where(Message.channel == Channel.LETTER)).all()
    assert message.state is MessageState.WRITTEN


def test_the_lists_show_a_day_of_a_state_and_no_name(browse, story, issued):
    dora = browse.as_(story.dora)

    there = dora.get("/sick-notes?state=issued&day=2026-03-10").text
    elsewhere = dora.get("/sick-notes?state=issued&day=2026-03-09").text

    assert issued.number in there
    assert issued.number not in elsewhere
    for page in (there, dora.get(f"/sick-notes/{issued.id}").text):
        assert "DUPONT" not in page.upper().replace("DUPONT-", "")


def test_several_notes_behind_one_number_in_a_week_are_shown_and_those_of_two_people_are_not(
    browse, story, clock, issued
):
    task = queue.get_task(issued.task_id)
    ben = browse.as_(story.ben)
    for serial in (1, 2):
        assert issued.number not in ben.get("/sick-notes?state=same_number").text
        other = waiting_case(story.nantes, identity("Luc", f"Pareil{serial}"), at=NOW)
        other.household_id = task.household_id
        session.add(
            SickNote(
                number=f"AI-440-2026-000090{serial}-1",
                site_id=story.nantes.id,
                person_id=other.person_id,
                task_id=other.id,
                call_id=issued.call_id,
                kind=issued.kind,
                first_day=NOW.date(),
                last_day=NOW.date(),
                rule="test/N-1",
                issued_at=NOW,
                issued_by=story.ada.id,
                cohort=NOW.date(),
            )
        )
        session.flush()

    assert issued.number in ben.get("/sick-notes?state=same_number").text
    clock.move_to(NOW + 8 * DAY)
    assert issued.number not in browse.as_(story.ben).get("/sick-notes?state=same_number").text


def waiting_letters() -> list[str]:
    found = session.scalars(
        select(Message)
        .where(Message.channel == Channel.LETTER, Message.state == MessageState.QUEUED)
        .order_by(Message.id)
    )
    return [vault.unseal("messages", one.id, one.cohort, one.sealed)["text"] for one in found]


def test_a_prolongation_that_is_cancelled_before_its_letter_left_is_never_heard_of(
    browse, story, clock, issued
):
    sampled(issued, "2026-03-10")
    dora = browse.as_(story.dora)
    dora.follow(f"/sick-notes/{issued.id}/prolong", {"prolong-last_day": "2026-03-20"})
    last = notes(session)[1]
    clock.move_to(NOW + 2 * DAY)
    dora = browse.as_(story.dora)

    page = dora.follow(f"/sick-notes/{last.id}/cancel", {"cancel-why": "not_due"})

    assert "Rien n’était encore parti" in page.text
    assert waiting_letters() == []
    assert {one.state for one in session.scalars(select(Message))} == {MessageState.STOPPED}
    # the adviser does not agree: the paper leaves after all
    browse.as_(story.ben).follow(f"/sick-notes/{last.id}/restore")
    [letter] = waiting_letters()
    assert f"{issued.number}, du 9 mars 2026 au 19 mars 2026 inclus, est prolongé" in letter
    assert last.number in letter


def test_a_replacement_that_is_cancelled_before_its_letter_left_cancels_what_the_person_holds(
    browse, story, issued
):
    sampled(issued, "2026-03-08")
    ben = browse.as_(story.ben)
    days = {"replace-first_day": "2026-03-09", "replace-last_day": "2026-03-18", "replace-why": "wrong_days"}
    ben.follow(f"/sick-notes/{issued.id}/replace", days)
    new = notes(session)[1]

    page = ben.follow(f"/sick-notes/{new.id}/cancel", {"cancel-why": "asked"})

    assert "La lettre attend" in page.text
    [letter] = waiting_letters()
    assert issued.number in letter
    assert "est annulé" in letter
    assert new.number not in letter


def test_a_prolongation_that_was_said_on_the_telephone_is_cancelled_in_writing(browse, story, issued):
    sampled(issued, "2026-03-10")
    later_call = InCall(issued.call_id + 1, issued.task_id)
    with transaction():
        new = services.prolong(issued.id, in_call=later_call, by=agent(story.dora), at=NOW)
        number, new_id = new.number, new.id

    browse.as_(story.dora).follow(f"/sick-notes/{new_id}/cancel", {"cancel-why": "asked"})

    [letter] = waiting_letters()
    assert number in letter
    assert "est annulé" in letter
