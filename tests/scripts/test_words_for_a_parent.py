"""Who answers for somebody else hears what is asked of that person, not of themselves: a parent, a guardian, a relative."""

import re
from datetime import date
from itertools import product

import pytest

from tests.support.conversations import hold
from tracing.hand_offs.rules import due
from tracing.programmes.loader import load_packs
from tracing.programmes.rules import origin_since
from tracing.scripts import rules
from tracing.scripts.definitions import PLACEHOLDER
from tracing.scripts.library import load_library, newest
from tracing.scripts.vocabulary import FACTS, FactKind, Outcome, ScriptKind
from tracing.scripts.wording import fill, render_say, said_aloud, with_who_answers

NEWEST = [newest(load_library(), kind) for kind in ScriptKind]
BEFORE_ANYBODY_IS_KNOWN = {"opening", "person_absent", "wrong_number", "other_language", "person_refuses"}
SECOND_PERSON = re.compile(r"\b(?:vous|votre|vos|(?!chez\b|assez\b|nez\b)\w+ez)\b", re.IGNORECASE)
OF_THEMSELVES = re.compile(
    "vous isoler|votre (?:test|isolement|quarantaine|santé|nom|employeur)|chez vous|je vous demande|vous sentez|travaillez|I ask you",
    re.IGNORECASE,
)
SAID_TO_WHOEVER_ANSWERS = """
Est-ce vous|Nous vous confirmerons la date|que nous prévenons, vous |Donnez-moi leur nom|l’un de vos parents|Ce que je vous ai dit|dire le nom, le prénom|une bonne journée|un doute sur cet appel|jamais de coordonnées|les consulter|
un moment|Que vous a-t-on dit|Restez en ligne|Je vous laisse un instant|pour vous accompagner|me décrivez|
vous rappellerons|vous en souvenir|Vous avez dit que|Rien ne vous y oblige|Vous pouvez répondre oui|me redire|
assez de place chez vous|changer d’avis|Gardez de quoi|rappelez-nous au|rappelez votre caisse|faux appels|
une dernière question|Prenez soin de vous|je vous dise son nom|pas vous dire son nom|si vous le pouvez|
J’entends ce que vous|Prévenez l’école|si c’est votre cas|Si c’est votre cas|puis-je vous rappeler|Personne ne vous fait|libre de ne pas|en parler avec vous
""".replace("\n", "").split("|")
"""Parts of the sentences that speak to whoever is on the line, whoever that is."""


def ways_to_say(paragraph):
    """Yield what is said of a paragraph with each of its facts known or not, to who answers for somebody."""
    names = {name for wording in paragraph for name in PLACEHOLDER.findall(wording)} - {
        "person",
        "spoken_for",
    }
    for known in product([True, False], repeat=len(names)):
        facts = {"person": "Zoé", "spoken_for": True}
        facts |= {
            name: True if FACTS[name].kind is FactKind.FLAG else "X"
            for name, is_known in zip(sorted(names), known, strict=True)
            if is_known
        }
        yield facts


@pytest.mark.parametrize("script", NEWEST, ids=lambda script: script.kind.value)
def test_no_sentence_asks_of_who_answers_what_is_asked_of_the_person(script):
    for step in script.steps:
        if step.id in BEFORE_ANYBODY_IS_KNOWN:
            continue
        for paragraph in step.say:
            one = step.model_copy(update={"say": (paragraph,)})
            for facts in ways_to_say(paragraph):
                said = [
                    part
                    for one_said in said_aloud(one, facts, script.english)
                    for part in (one_said.french, one_said.words)
                ]
                spoken_to_the_person = render_say(one, facts | {"spoken_for": None})
                for words in said:
                    if words in spoken_to_the_person and SECOND_PERSON.search(words):
                        assert any(part in words for part in SAID_TO_WHOEVER_ANSWERS), (step.id, words)
                    elif words not in spoken_to_the_person:
                        assert not OF_THEMSELVES.search(words), (step.id, words)


@pytest.mark.parametrize("script", NEWEST, ids=lambda script: script.kind.value)
@pytest.mark.parametrize(
    ("says", "is_minor"),
    [
        ({"person_on_line": "person", "representative_confirmed": "yes"}, True),
        ({"person_on_line": "representative", "representative_confirmed": "yes"}, False),
        ({"person_on_line": "helper", "helper_agreed": "yes"}, False),
    ],
)
def test_who_answers_hears_of_the_person_from_the_question_who_they_are_on(
    script, says, is_minor, adult_with_symptoms, contact_at_work
):
    says = {**adult_with_symptoms, **contact_at_work, "new_symptoms": "no", "isolation_kept": "hard", **says}
    facts = with_who_answers({"person": "Zoé Petit", "is_minor": is_minor}, says)

    held = hold(script, says, facts)

    assert held.steps[-1] == "closing"
    assert "Zoé Petit" in " ".join(render_say(script.step("red_flags"), facts))
    assert rules.follow(script, held.stored, facts).can_complete


@pytest.mark.parametrize("script", NEWEST, ids=lambda script: script.kind.value)
def test_nothing_is_said_to_a_relative_without_the_persons_consent(script):
    says = {"person_on_line": "helper", "helper_agreed": "no"}

    facts = with_who_answers({"person": "Zoé Petit"}, says)

    held = hold(script, says, facts)

    assert held.steps == ["opening", "helper", "helper_not_agreed"]
    assert rules.follow(script, held.stored, facts).end.outcome is Outcome.CALLBACK


def test_an_adult_is_spoken_to_as_before(contact, contact_facts):
    said = " ".join(render_say(contact.step("announcement"), contact_facts))

    assert "Vous avez été en contact avec une personne dont le test de Covid-19 est positif." in said
    assert "Je ne peux pas vous dire son nom." in said
    assert "spoken_for" not in with_who_answers(contact_facts, {"person_on_line": "person"})


def test_a_parent_is_sent_to_the_school_only_when_the_child_stays_at_home(contact):
    when = contact.step("child").when

    assert "quarantine_required" in str(when)


@pytest.mark.parametrize("spoken_for", [None, True])
def test_a_contact_hears_that_a_negative_test_ends_the_quarantine_where_the_rule_says_so(
    contact, contact_facts, spoken_for
):
    step = contact.step("quarantine")
    facts = contact_facts | {"spoken_for": spoken_for}

    assert "test négatif" not in " ".join(render_say(step, facts))
    assert "se termine avec un test négatif" in " ".join(render_say(step, facts | {"test_lifts": True}))


def test_nobody_is_referred_to_a_rule_that_was_not_given(contact, contact_facts):
    facts = contact_facts | {"quarantine_required": False, "quarantine_end": None}

    assert "règle que je viens" not in " ".join(render_say(contact.step("tests"), facts))


@pytest.mark.parametrize(
    ("person", "said"),
    [
        ("Axel Roy", "Le test d’Axel Roy est là, dès qu’Axel Roy va mieux."),
        ("Élise Roy", "Le test d’Élise Roy est là, dès qu’Élise Roy va mieux."),
        ("Yves Roy", "Le test d’Yves Roy est là, dès qu’Yves Roy va mieux."),
        ("Yann Roy", "Le test de Yann Roy est là, dès que Yann Roy va mieux."),
        ("huit heures", "Le test de huit heures est là, dès que huit heures va mieux."),
        ("un mois", "Le test d’un mois est là, dès qu’un mois va mieux."),
        ("Marie Roy", "Le test de Marie Roy est là, dès que Marie Roy va mieux."),
    ],
)
def test_a_name_that_begins_with_a_vowel_is_said_as_french_is(person, said):
    assert fill("Le test de {person} est là, dès que {person} va mieux.", {"person": person}) == said
    assert fill("The test de {person}", {"person": person}, "en") == f"The test de {person}"


@pytest.mark.parametrize("script", NEWEST, ids=lambda script: script.kind)
def test_words_that_address_nobody_in_french_address_nobody_in_english(script):
    for wording in (one for step in script.steps for paragraph in step.say for one in paragraph):
        english = re.sub(r"^(?:\{\w+\})*(?:Thank you)?", "", script.english[wording])
        if not SECOND_PERSON.search(wording):
            assert not re.search(r"\byou(?:rs?|rself)?\b", english, re.IGNORECASE), english


@pytest.mark.parametrize("script", NEWEST, ids=lambda script: script.kind)
def test_who_picks_up_for_somebody_hears_words_for_a_child_a_parent_or_a_guardian(script):
    def heard(step, *, on_line, **known):
        facts = with_who_answers({"person": "Zoé Petit", **known}, {"person_on_line": on_line})
        return " ".join(render_say(script.step(step), facts))

    child = heard("representative", on_line="person", is_minor=True, is_young_child=True)
    assert "une grande personne" in child
    teenager = heard("representative", on_line="person", is_minor=True)
    assert "l’un de vos parents" in teenager
    parent = heard("representative", on_line="representative", is_minor=True, is_young_child=True)
    assert "un parent, ou à l’adulte qui en a la charge. Est-ce vous" in parent
    guardian = heard("representative", on_line="representative")
    assert "tuteur, curateur ou mandataire" in guardian
    assert "parent" not in guardian
    assert "parent" not in heard("representative_absent", on_line="representative")


@pytest.mark.parametrize("kind", ["p0", "contact"])
def test_a_parent_hears_of_the_school_and_of_a_note_only_where_the_rule_gives_one(
    kind, request, adult_with_symptoms, contact_at_work
):
    script, facts = request.getfixturevalue(kind), request.getfixturevalue(f"{kind}_facts")
    says = adult_with_symptoms if kind == "p0" else contact_at_work
    says = says | {"person_on_line": "representative", "representative_confirmed": "yes"}
    child = with_who_answers(facts | {"is_minor": True, "parent_note": True}, says)

    assert "child" in hold(script, says, child).steps
    school, note = render_say(script.step("child"), child)
    assert school.startswith("Prévenez l’école")
    assert "peut avoir un arrêt" in note
    assert len(render_say(script.step("child"), child | {"parent_note": False})) == 1
    place = script.step("recall" if kind == "p0" else "work")
    assert "quelle classe" in " ".join(render_say(place, child))
    assert "works" in hold(script, says, child).stored
    too_young = child | {"too_young_to_work": True}
    asked = hold(script, says, too_young)
    assert {"works", "profession", "last_work_on"}.isdisjoint(asked.stored)
    assert "collectivities" in asked.stored
    said = " ".join(" ".join(render_say(script.step(step), too_young)) for step in asked.steps)
    assert said.count("école, une crèche") == 0, "the school is asked for once"
    assert "travaille, ou est en apprentissage" not in said
    assert not re.search(r"avec un masque(?! si son âge le permet)", said)


@pytest.mark.parametrize("kind", ["p0", "contact"])
def test_the_staff_of_an_establishment_has_a_short_call_with_its_measures_and_its_list(
    kind, request, adult_with_symptoms, contact_at_work
):
    script, facts = request.getfixturevalue(kind), request.getfixturevalue(f"{kind}_facts")
    says = adult_with_symptoms if kind == "p0" else contact_at_work
    says = says | {"person_on_line": "staff", "referent_on_line": "yes", "lives_in": "care_home"}
    facts = with_who_answers(facts, says)

    held = hold(script, says, facts)

    person = hold(script, says | {"person_on_line": "person"}, facts)
    assert held.steps[-1] == "establishment_end"
    assert len(held.steps) < len(person.steps)
    assert held.stored["lives_in"] == "care_home", "by which the record is handed off"
    private = {"recall", "contacts", "name_consent", "work", "work_leave", "needs", "relatives", "safety"}
    assert private.isdisjoint(held.steps)
    assert rules.follow(script, held.stored, facts).can_complete
    words = " ".join(" ".join(render_say(script.step(step), facts)) for step in held.steps)
    assert "doit rester" in words
    assert "agence régionale de santé" in words
    assert not OF_THEMSELVES.search(words)

    assert words.count("agence régionale de santé") == 1, "announced once"
    closing = script.step("establishment_end")
    assert "rappellerons le mardi 1er février" in " ".join(
        render_say(closing, facts | {"next_follow_up": date(2022, 2, 1)})
    )

    absent = hold(script, says | {"referent_on_line": "no"}, facts)
    assert absent.steps == ["opening", "establishment", "establishment_absent"]


@pytest.mark.parametrize("who", ["person", "staff"])
def test_of_somebody_in_hospital_it_is_the_team_there_that_arranges_and_is_told(
    who, p0, p0_facts, adult_with_symptoms
):
    says = adult_with_symptoms | {"person_on_line": who, "referent_on_line": "yes", "hospitalised": "yes"}
    facts = with_who_answers(p0_facts, says)

    held = hold(p0, says, facts)

    words = " ".join(" ".join(render_say(p0.step(step), facts)) for step in held.steps)
    assert "organise les précautions à prendre" in words
    assert "à l’équipe de l’hôpital" in words
    assert "112" not in words
    assert rules.follow(p0, held.stored, facts).can_complete


@pytest.mark.parametrize(
    ("answers", "step"),
    [
        ({}, "establishment_isolation"),
        ({"isolation_over": True}, "establishment_isolation_over"),
        ({"isolation_required": False}, "establishment_isolation_advised"),
        ({"isolation_required": None}, "establishment_isolation_unknown"),
    ],
)
def test_the_staff_always_hears_what_is_asked_of_the_person(answers, step, p0, p0_facts, adult_with_symptoms):
    says = adult_with_symptoms | {"person_on_line": "staff", "referent_on_line": "yes"}

    held = hold(p0, says, with_who_answers(p0_facts | answers, says))

    assert [one for one in held.steps if one.startswith("establishment_isolation")] == [step]


@pytest.mark.parametrize("script", NEWEST, ids=lambda script: script.kind)
def test_whose_identity_is_asked_is_said(script):
    def asked(on_line, **known):
        facts = with_who_answers({"person": "Zoé Petit", **known}, {"person_on_line": on_line})
        return render_say(script.step("identity"), facts)[1]

    assert "votre date de naissance" in asked("person")
    assert "de l’enfant" in asked("representative", is_minor=True, is_young_child=True)
    for on_line in ("representative", "helper", "staff"):
        assert "de la personne pour qui vous répondez" in asked(on_line)
        assert "Zoé" not in asked(on_line)


def test_the_origin_is_looked_for_only_where_the_programme_says_how_far_back(
    p0, p0_facts, adult_with_symptoms
):
    says = adult_with_symptoms | {"origin_event": "yes"}

    assert "origin" not in hold(p0, says, p0_facts).steps
    asked = hold(p0, says, p0_facts | {"origin_since": date(2021, 12, 31)})
    assert "vendredi 31 décembre" in render_say(p0.step("origin"), {"origin_since": date(2021, 12, 31)})[0]
    assert "origin" in asked.steps

    pack = load_packs()["covid19"]
    sampled, before = date(2021, 9, 1), date(2021, 6, 30)
    assert origin_since(pack, sampled=sampled, on=sampled) == date(2021, 8, 22)
    assert origin_since(pack, sampled=before, on=before) is None
    assert "H-13" in due(pack.hand_offs, asked.stored, is_case=True, on=sampled)
