"""The invented people of a training site never meet, complete or join a real one."""

from datetime import timedelta

from tests.conftest import NOW
from tests.support.story import Story, identity, waiting_case
from tracing.people import queries as people
from tracing.people.models import KeyKind
from tracing.people.rules import given_birth_key
from tracing.queue import queries


def test_the_same_number_at_the_school_and_at_nantes_makes_two_households(story: Story) -> None:
    real = waiting_case(story.nantes, identity("Marie"), at=NOW)
    invented = waiting_case(story.school, identity("Marie"), at=NOW + timedelta(minutes=1))

    assert queries.get_task(real.id).household_id != queries.get_task(invented.id).household_id


def test_somebody_invented_is_found_among_the_invented_only(story: Story) -> None:
    who = identity("Marie")
    real = waiting_case(story.nantes, who, at=NOW)
    invented = waiting_case(story.school, who, at=NOW)

    def found(*, is_invented: bool) -> list[int]:
        key = given_birth_key(who)
        return [one.id for one in people.find_by_key(KeyKind.GIVEN_BIRTH, key, is_invented=is_invented)]

    assert found(is_invented=False) == [real.person_id]
    assert found(is_invented=True) == [invented.person_id]
