"""The papers of a note reach the person as they choose: a letter, or a link that is read to them. The state is on the note."""

import re
from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy import func, select, update

from tests.casefiles.test_a_note_for_the_next_caller import COMPLAINT
from tests.conftest import NOW
from tests.sickleave.test_issuing_a_note import read
from tests.support.pages import check_fragment
from tests.support.story import agent
from tracing.cases.queries import get_case
from tracing.consequences import services as consequences
from tracing.facts.rules import FactKind, FactSource, SubjectType
from tracing.facts.services import NewFact
from tracing.kernel.db import session, transaction
from tracing.kernel.events import Event
from tracing.messages import services as messages
from tracing.messages.models import Message
from tracing.messages.rules import Channel, MessageState
from tracing.people import queries as people
from tracing.people import services as people_services
from tracing.public.services import Checks
from tracing.queue import languages
from tracing.queue.queries import get_task
from tracing.sickleave import queries as note_queries
from tracing.sickleave.delivery import papers, services
from tracing.sickleave.delivery.rules import (
    MOST_WRONG,
    LinkKeys,
    as_typed,
    is_a_code,
    is_a_link,
    link_text,
    proven_text,
)
from tracing.sickleave.errors import NoPublicPages
from tracing.sickleave.models import NOTE_CHECK, NoteDelivery, NoteLinkPapers, NoteState, SickNote
from tracing.sickleave.rules import DeliveryWay
from tracing.vault import services as vault

BORN = date(1980, 5, 17)
SPELLED = re.compile(r'class="spelled"[^>]*>([^<]+)<')


def given(ada, phone, note, way="link", **kwargs):
    page = ada.fragment(f"{phone.path}/{note.id}/give", {"way": way}, **kwargs).text
    check_fragment(page)
    return page


def waiting(channel):
    found = session.scalars(
        select(Message).where(Message.channel == channel, Message.state == MessageState.QUEUED)
    )
    return [vault.unseal("messages", one.id, one.cohort, one.sealed)["text"] for one in found]


def happened(kind):
    return session.scalar(select(func.count()).where(Event.kind == kind))


def test_a_link_is_read_with_its_code_and_opens_the_signed_papers(ada, phone, issued, browse, story):
    assert "à choisir" in ada.fragment(phone.path, method="get").text

    page = given(ada, phone, issued)

    link, code = SPELLED.findall(page)
    [text] = waiting(Channel.SMS)
    assert link in text
    assert as_typed(code) not in as_typed(text), "the code is only said"
    for known in ("Dupont", issued.number, "arrêt"):
        assert known not in text
    sealed = session.scalars(select(NoteLinkPapers)).one()
    keys = LinkKeys.of(vault.blind(NOTE_CHECK, proven_text(link, BORN, code)))
    both = papers.opened(sealed.sealed, keys.opening, vault.blind(NOTE_CHECK, link_text(link)))
    assert "Dupont" in read(both.insured).title()
    assert both.employer.startswith(b"%PDF")
    assert b"/ByteRange" in both.employer
    wrong = LinkKeys.of(vault.blind(NOTE_CHECK, proven_text(link, BORN + timedelta(days=1), code)))
    assert papers.opened(sealed.sealed, wrong.opening, vault.blind(NOTE_CHECK, link_text(link))) is None
    # the public process, with its one key, comes to the same
    made = session.scalars(select(NoteDelivery)).one()
    ticket = Checks(session.get_bind(), vault.keys().index_key(NOTE_CHECK)).ticket(link, BORN, code)
    assert (ticket.link, ticket.keys) == (made.link_hash, keys)
    assert made.proof == keys.proof

    said = ada.fragment(f"{phone.path}/{issued.id}/link-said").text
    assert "pas encore ouvert" in said
    dora = browse.as_(story.dora)
    note = dora.get(f"/sick-notes/{issued.id}").text
    file = dora.follow(
        "/files", {"key": get_case(get_task(phone.task_id).case_id).reference} | COMPLAINT
    ).text
    for page in (note, file):
        assert "lien donné, pas encore ouvert" in page
        assert code not in page
    assert link not in note
    session.scalars(select(NoteDelivery)).one().opened_at = NOW
    session.flush()
    assert "lien ouvert" in browse.as_(story.dora).get(f"/sick-notes/{issued.id}").text


def test_the_letter_encloses_both_papers_and_the_last_choice_counts(ada, phone, issued, browse, story):
    for _ in range(2):
        page = given(ada, phone, issued, "letter")
    assert "lettre à poster" in page
    [letter] = session.scalars(select(Message).where(Message.channel == Channel.LETTER))
    dora = browse.as_(story.dora)
    printed = dora.get(f"/messages/{letter.id}/letter").text
    assert f"/sick-notes/{issued.id}/insured" in printed

    first = given(ada, phone, issued)
    second = given(ada, phone, issued)

    assert session.get(Message, letter.id).state is MessageState.STOPPED
    assert len(waiting(Channel.SMS)) == 1, "that of the first link is stopped"
    assert SPELLED.findall(first) != SPELLED.findall(second)
    assert session.scalar(select(func.count()).select_from(NoteLinkPapers)) == 1
    assert happened("note.delivered") == 3
    dora.follow(f"/sick-notes/{issued.id}/give", {"way": "letter"})
    assert session.scalar(select(func.count()).select_from(NoteLinkPapers)) == 0
    assert "n’a pas de lien" in dora.follow(f"/sick-notes/{issued.id}/link").text


def test_a_supervisor_reads_the_link_to_whoever_rings_and_it_is_recorded(ada, phone, issued, browse, story):
    link, code = SPELLED.findall(given(ada, phone, issued))
    dora = browse.as_(story.dora)

    page = dora.post(f"/sick-notes/{issued.id}/link", status=200).text

    assert link in page
    assert code in page
    assert happened("note.link_shown") == 1
    for other in (story.ada, story.cleo, story.rose):
        browse.as_(other).post(f"/sick-notes/{issued.id}/link", status=403)
    dora.follow(f"/sick-notes/{issued.id}/link-said")
    dora.follow(f"/sick-notes/{issued.id}/link-said")
    assert happened("note.link_said") == 1


def test_to_whoever_is_called_in_english_the_link_is_read_in_english(ada, phone, issued, browse, story):
    languages.switch_language(get_task(phone.task_id), in_english=True, by=story.ada.id, at=NOW)

    aloud = given(ada, phone, issued)

    for page in (aloud, browse.as_(story.dora).post(f"/sick-notes/{issued.id}/link", status=200).text):
        assert len(SPELLED.findall(page)) == 2
        assert "choose “Open my papers”" in page
        assert re.search(r"Until (Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day \d+ \w+, the link", page)
        assert "votre date de naissance" not in page


def test_a_note_that_is_cancelled_posts_no_papers_and_offers_none(ada, phone, issued, browse, story):
    given(ada, phone, issued, "letter")
    dora = browse.as_(story.dora)

    dora.follow(f"/sick-notes/{issued.id}/cancel", {"cancel-why": "asked"})

    [told] = waiting(Channel.LETTER)
    assert "est annulé" in told
    assert "Faire un lien" not in dora.get(f"/sick-notes/{issued.id}").text
    assert "n’a pas de lien" in dora.follow(f"/sick-notes/{issued.id}/link").text
    assert "ne vaut plus rien" in dora.follow(f"/sick-notes/{issued.id}/give", {"way": "link"}).text


def test_without_public_pages_no_link_is_made_that_nobody_could_open(issued, story):
    with transaction(), pytest.raises(NoPublicPages):
        services.give(issued.id, DeliveryWay.LINK, address=None, by=agent(story.dora), at=NOW)


def test_no_letter_is_promised_to_somebody_whose_messages_are_stopped(ada, phone, issued):
    messages.stop_all(issued.person_id, by=None, at=NOW)

    refused = given(ada, phone, issued, "letter", status=409)

    assert "Choisissez le lien" in refused
    given(ada, phone, issued)
    assert waiting(Channel.SMS) == []


def test_nothing_is_given_of_somebody_who_has_died(issued, browse, story, clock):
    death = NewFact(
        subject=(SubjectType.PERSON, issued.person_id),
        kind=FactKind.DEATH,
        value=True,
        source=FactSource.RELATIVE,
        cohort=NOW.date(),
    )
    with transaction():
        consequences.record([death], by=None, at=NOW)
    note_id, number = issued.id, issued.number
    clock.move_to(NOW + timedelta(hours=2))
    dora = browse.as_(story.dora)

    for way in DeliveryWay:
        refused = dora.follow(f"/sick-notes/{note_id}/give", {"way": way.value})
        assert "déclarée décédée" in refused.text
    assert number not in dora.get("/sick-notes?state=to_deliver").text


def test_a_note_whose_papers_nobody_has_is_listed_until_they_are_on_their_way(
    ada, phone, issued, browse, story, clock
):
    def listed():
        return issued.number in browse.as_(story.dora).get("/sick-notes?state=to_deliver").text

    assert not listed(), "the call goes on"
    given(ada, phone, issued)
    assert not listed()
    session.execute(update(NoteDelivery).values(wrong_tries=MOST_WRONG))
    assert listed(), "nobody opens a link that is closed, whatever is still said"
    session.execute(update(NoteDelivery).values(superseded_at=NOW))
    assert not listed()
    clock.move_to(NOW + timedelta(hours=2))
    assert listed()
    browse.as_(story.dora).follow(f"/sick-notes/{issued.id}/give", {"way": "link"})
    assert not listed()
    clock.move_to(NOW + timedelta(hours=51))
    assert listed(), "two days, and not opened"
    browse.as_(story.dora).follow(f"/sick-notes/{issued.id}/give", {"way": "letter"})
    assert not listed()


def test_papers_that_no_link_opens_are_forgotten(ada, phone, issued):
    given(ada, phone, issued)

    services.forget_papers(at=NOW + timedelta(days=6))
    assert session.scalar(select(func.count()).select_from(NoteLinkPapers)) == 1
    services.forget_papers(at=NOW + timedelta(days=8))
    assert session.scalar(select(func.count()).select_from(NoteLinkPapers)) == 0


@pytest.mark.parametrize(
    ("typed",            "is_one"),
    [
        ("7kq4 m2xp-9DTR", True),
        ("7KQ4M2XP9DTR",   True),
        ("7KQ4-M2XP-9DT",  False),
        ("7KQ4-M2XP-9DTO", False),
        ("7KQ4-M2XP-9DTRé", True),
    ],
)  # fmt: skip
def test_a_link_is_known_however_it_is_typed(typed, is_one):
    assert is_a_link(typed) is is_one
    assert is_a_code("48 21-07")
    assert not is_a_code("48210")
    assert proven_text(typed, BORN, "48 21 07") == proven_text(as_typed(typed), BORN, "482107")


def corrected(note, born: date) -> None:
    """The birth date of the note's person turns out to be another one."""
    person = people.get_person(note.person_id)
    identity = people.find_identity(person.id)
    people_services.revise(person, replace(identity, birth_date=born))


def test_a_corrected_birth_date_tells_of_the_link_and_one_key_makes_note_and_papers_anew(
    ada, phone, issued, browse, story, clock
):
    given(ada, phone, issued)
    corrected(issued, date(1980, 5, 18))
    assert "identité a été corrigée" in ada.fragment(phone.path, method="get").text
    clock.move_to(NOW + timedelta(hours=2))
    dora = browse.as_(story.dora)
    listed = dora.get("/sick-notes?state=to_deliver").text
    assert issued.number in listed
    clock.move_to(NOW + timedelta(days=9))
    dora = browse.as_(story.dora)
    assert "Refaire" in dora.get(f"/sick-notes/{issued.id}").text, "expired or not"
    assert 'aria-keyshortcuts="r"' in listed

    for _ in range(2):
        page = dora.follow(f"/sick-notes/{issued.id}/renew")

    first, second = session.scalars(select(SickNote).order_by(SickNote.id))
    assert (first.state, second.state, second.replaces_id) == (NoteState.REPLACED, NoteState.ISSUED, first.id)
    assert note_queries.content_of_note(second).bearer.birth_date == date(1980, 5, 18)
    assert second.number in page.text
    assert second.number not in dora.get("/sick-notes?state=to_deliver").text


def test_a_date_put_right_again_leaves_the_link_as_it_was(ada, phone, issued):
    given(ada, phone, issued)

    corrected(issued, date(1980, 5, 18))
    corrected(issued, BORN)

    assert session.scalars(select(NoteDelivery)).one().birth_corrected_at is None


def test_a_corrected_name_closes_the_link_until_it_is_taken_back_and_a_later_link_opens(ada, phone, issued):
    given(ada, phone, issued)
    page = phone.path.removesuffix("/sick-note") + "/identity"
    who = {"first_names": "Marie", "birth_date": "1980-05-17", "source": "person"}
    who |= {"address": "3 rue des Lilas", "postcode": "44000", "city": "Nantes"}

    def closed():
        session.expire_all()
        every = session.scalars(select(NoteDelivery).order_by(NoteDelivery.id))
        return [one.birth_corrected_at is not None for one in every]

    ada.post(page, who | {"birth_name": "Dupond"}, status=303)
    assert closed() == [True]
    ada.post(f"{page}/take-back", status=303)
    assert closed() == [False]

    ada.post(page, who | {"birth_name": "Dupond"}, status=303)
    given(ada, phone, issued)
    people_services.revise(
        people.get_person(issued.person_id),
        replace(people.find_identity(issued.person_id), email="marie@example.org"),
    )
    assert closed() == [True, False]
    ada.post(page, who | {"birth_name": "Dupont-Martin"}, status=303)
    assert closed() == [True, True]


def test_a_link_made_after_the_correction_opens_with_the_persons_own_date(ada, phone, issued):
    corrected(issued, date(1980, 5, 18))

    link, code = SPELLED.findall(given(ada, phone, issued))

    keys = LinkKeys.of(vault.blind(NOTE_CHECK, proven_text(link, date(1980, 5, 18), code)))
    assert session.scalars(select(NoteDelivery)).one().proof == keys.proof
