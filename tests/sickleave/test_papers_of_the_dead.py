"""Nothing leaves, or waits to leave, for somebody who has died, however that is learnt; it leaves when it was a mistake."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from tests.conftest import NOW
from tests.support.pairs import pair
from tests.support.story import agent, case, identity
from tracing.consequences import services as consequences
from tracing.duplicates import services as duplicates
from tracing.facts import queries as fact_queries
from tracing.facts import services as facts
from tracing.facts.rules import FactKind, FactSource, NewFact, SubjectType, standing
from tracing.kernel.db import session
from tracing.messages.models import Message
from tracing.messages.rules import Channel, MessageState
from tracing.sickleave.delivery import services as delivery
from tracing.sickleave.errors import BearerDied
from tracing.sickleave.mending import services as mending
from tracing.sickleave.rules import CancelReason, DeliveryWay

LATER = NOW + timedelta(hours=2)
PAGES = "https://arrets.example"


def said_dead(person_id, source=FactSource.RELATIVE):
    death = NewFact(
        subject=(SubjectType.PERSON, person_id),
        kind=FactKind.DEATH,
        value=True,
        source=source,
        cohort=NOW.date(),
    )
    consequences.record([death], by=None, at=NOW + timedelta(hours=1))


def lives_after_all(person_id, at=LATER):
    subject = (SubjectType.PERSON, person_id)
    [said] = standing(fact_queries.facts_of(*subject))
    facts.retract(said, subject, source=FactSource.SUPERVISOR, cohort=NOW.date(), by=None, at=at)


def states(channel=Channel.LETTER):
    session.flush()
    session.expire_all()
    return list(session.scalars(select(Message.state).where(Message.channel == channel).order_by(Message.id)))


@pytest.fixture
def letter(issued, story):
    """A letter with the papers of Marie's note, which waits in the outbox."""
    delivery.give(issued.id, DeliveryWay.LETTER, address=None, by=agent(story.dora), at=NOW)
    return issued


@pytest.mark.parametrize("source", [FactSource.RELATIVE, FactSource.LABORATORY, FactSource.SUPERVISOR])
def test_a_letter_stops_whoever_says_it_and_waits_again_when_it_was_a_mistake(letter, source):
    said_dead(letter.person_id, source)
    assert states() == [MessageState.STOPPED]

    lives_after_all(letter.person_id)

    assert states() == [MessageState.QUEUED]


def test_a_letter_stops_when_another_record_of_the_person_is_that_of_the_dead(letter, story, browse, clock):
    dead = case(story.nantes, identity("Marie", "DUPOND"), at=NOW).person_id
    said_dead(dead)
    doubt = pair(dead, letter.person_id, at=NOW).id
    assert states() == [MessageState.QUEUED]

    duplicates.merge(doubt, is_sure=True, by=agent(story.ivan), at=LATER)

    clock.move_to(LATER)
    assert states() == [MessageState.STOPPED]
    number = letter.number
    assert number not in browse.as_(story.dora).get("/sick-notes?state=to_deliver").text


def test_a_letter_that_does_not_hold_any_more_stays_where_it_is(letter, story):
    said_dead(letter.person_id)
    mending.cancel(letter.id, CancelReason.ASKED, by=agent(story.dora), at=LATER)

    lives_after_all(letter.person_id)

    assert states() == [MessageState.STOPPED, MessageState.QUEUED], (
        "only the one that says that it is cancelled"
    )


def test_a_link_is_not_read_to_the_dead_and_is_listed_at_once_when_it_was_a_mistake(
    issued, story, browse, clock
):
    delivery.give(issued.id, DeliveryWay.LINK, address=PAGES, by=agent(story.dora), at=NOW)
    said_dead(issued.person_id)
    assert states(Channel.SMS) == [MessageState.STOPPED]
    with pytest.raises(BearerDied):
        delivery.read_link(issued.id, by=agent(story.dora), at=LATER)

    lives_after_all(issued.person_id)

    clock.move_to(LATER)
    assert issued.number in browse.as_(story.dora).get("/sick-notes?state=to_deliver").text


def test_a_letter_of_the_outbox_that_stopped_is_not_printed(letter, story, browse):
    [letter_id] = session.scalars(select(Message.id))
    said_dead(letter.person_id)

    page = browse.as_(story.dora).get(f"/messages/{letter_id}/letter").text

    assert "Cette lettre ne part plus" in page
    assert "Imprimer" not in page.partition("Cette lettre ne part plus")[2]


def test_a_letter_that_was_never_written_while_somebody_counted_as_dead_is_written_after_all(issued, story):
    said_dead(issued.person_id)
    mending.cancel(issued.id, CancelReason.ASKED, by=agent(story.dora), at=LATER)
    assert states() == [MessageState.STOPPED], "what is to be said of it is kept"

    lives_after_all(issued.person_id)

    assert states() == [MessageState.QUEUED]


def test_a_letter_that_was_held_and_taken_back_does_not_leave(issued, story):
    said_dead(issued.person_id)
    later = NOW + timedelta(days=3)
    mending.cancel(issued.id, CancelReason.ASKED, by=agent(story.dora), at=later)
    mending.restore(issued.id, by=agent(story.ben), at=later)

    lives_after_all(issued.person_id, at=later)

    assert MessageState.QUEUED not in states()


def test_of_days_that_are_over_no_letter_leaves_after_all_and_a_human_sees_the_papers(
    letter, story, browse, clock
):
    said_dead(letter.person_id)
    clock.move_to(NOW + timedelta(days=12))

    lives_after_all(letter.person_id, at=NOW + timedelta(days=12))

    assert states() == [MessageState.STOPPED]
    assert letter.number in browse.as_(story.dora).get("/sick-notes?state=to_deliver").text
