"""A parent hears what is asked of the child, not of themselves; a contact hears that a negative test ends it."""

import pytest

from tracing.scripts.wording import render_say, said_aloud

SPOKEN_TO_THE_CHILD = [
    "vous avez été en contact",
    "votre test",
    "comment vous sentez-vous",
    "travaillez-vous",
]
STEPS = {
    "contact": ["announcement", "red_flags", "tested", "became_case", "quarantine", "tests", "work", "needs"],
    "p0": ["purpose", "red_flags", "isolation", "work", "needs"],
}


@pytest.mark.parametrize("kind", STEPS)
def test_a_parent_hears_the_name_of_the_child(kind, request):
    script = request.getfixturevalue(kind)
    facts = request.getfixturevalue(f"{kind}_facts") | {"is_minor": True}

    for name in STEPS[kind]:
        french = " ".join(render_say(script.step(name), facts))
        english = " ".join(one.words for one in said_aloud(script.step(name), facts, script.english))
        assert facts["person"] in french, name
        assert facts["person"] in english, name
        assert not [one for one in SPOKEN_TO_THE_CHILD if one in french.lower()], name


def test_an_adult_is_spoken_to_as_before(contact, contact_facts):
    said = " ".join(render_say(contact.step("announcement"), contact_facts))

    assert "Vous avez été en contact avec une personne dont le test est positif pour la Covid-19." in said
    assert "Je ne peux pas vous dire son nom." in said


def test_a_parent_is_sent_to_the_school_only_when_the_child_stays_at_home(contact):
    when = contact.step("child").when

    assert "quarantine_required" in str(when)


@pytest.mark.parametrize("is_minor", [False, True])
def test_a_contact_hears_that_a_negative_test_ends_the_quarantine_where_the_rule_says_so(
    contact, contact_facts, is_minor
):
    step = contact.step("quarantine")
    facts = contact_facts | {"is_minor": is_minor}

    assert "test négatif" not in " ".join(render_say(step, facts))
    assert "se termine avec un test négatif" in " ".join(render_say(step, facts | {"test_lifts": True}))


def test_nobody_is_referred_to_a_rule_that_was_not_given(contact, contact_facts):
    facts = contact_facts | {"quarantine_required": False, "quarantine_end": None}

    assert "règle que je viens" not in " ".join(render_say(contact.step("tests"), facts))
