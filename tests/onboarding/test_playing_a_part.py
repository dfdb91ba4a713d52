"""In practice the part of the invented person stands beside the script; in a real call it never does."""

import pytest

from tests.conftest import NOW
from tests.desk.walking import P0, take_call
from tests.support.story import identity, waiting_case
from tracing.onboarding.part_words import CASE_PARTS, CONTACT_PARTS, part_of
from tracing.scripts.library import load_library, newest
from tracing.scripts.vocabulary import ScriptKind

MARIE = identity("Marie", "Kergoat", phones=("+33639980001",))


def part_on(walk):
    found = walk.page.select_one(".practice-part")
    return found and plain(found.text)


def plain(words):
    return " ".join(str(words).split())


def test_a_recruit_sees_what_the_invented_person_answers_at_each_step(story, browse):
    task = waiting_case(story.school, MARIE, at=NOW)
    walk = take_call(browse.as_(story.theo), P0)
    part = part_of(task.case_id, is_contact=False, age=40)

    assert plain(part.who) in part_on(walk)
    assert "La personne elle-même" in part_on(walk)
    walk.to("recall")
    assert plain(part.says["recall"]) in part_on(walk)
    walk.to("work")
    assert "Exerce une activité professionnelle" in part_on(walk)
    walk.to("closing")
    assert "à son idée" in part_on(walk)


def test_a_real_call_has_no_part(story, browse):
    waiting_case(story.nantes, MARIE, at=NOW)

    walk = take_call(browse.as_(story.ada), P0).to("recall")

    assert part_on(walk) is None


@pytest.mark.parametrize("part", CASE_PARTS + CONTACT_PARTS)
def test_every_answer_is_one_that_a_script_offers(part):
    offered: dict[str, set[str]] = {}
    steps = set()
    for kind in ScriptKind:
        for step in newest(load_library(), kind).steps:
            steps.add(step.id)
            for question in step.questions:
                offered.setdefault(question.id, set()).update(one.value for one in question.options)
    assert set(part.answers) <= set(offered)
    assert set(part.says) <= steps
    for question, answer in part.answers.items():
        chosen = {answer} if isinstance(answer, str) else set(answer) if isinstance(answer, tuple) else set()
        assert not offered[question] or chosen <= offered[question] | {"yes", "no", "unknown"}, question


@pytest.mark.parametrize("is_contact", [False, True])
def test_the_part_fits_the_age_of_the_person(is_contact):
    for number in range(6):
        aged = part_of(number, is_contact=is_contact, age=91)
        child = part_of(number, is_contact=is_contact, age=9)

        assert aged.answers["works"] == child.answers["works"] == "no"
        assert aged.answers["person_on_line"] == "person"
        assert child.answers["person_on_line"] == "representative"
