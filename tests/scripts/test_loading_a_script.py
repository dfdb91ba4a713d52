"""A script file that is wrong is refused with a sentence that says where and why."""

import json
import shutil

import pytest

from tracing.scripts.definitions import Script
from tracing.scripts.errors import ScriptInvalid
from tracing.scripts.library import LIBRARY, load_library, load_script, newest

P0 = (LIBRARY / "p0-2026.1.yaml").read_text()
CONTACT = (LIBRARY / "contact-2026.1.yaml").read_text()


def refused(tmp_path, text, name="p0-2026.1.yaml"):
    path = tmp_path / name
    path.write_text(text)
    with pytest.raises(ScriptInvalid) as wrong:
        load_script(path)
    return wrong.value.problems


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        # shape
        ('version: "2026.1"', "version: 2026.1", "version: Input should be a valid string"),
        ("language: fr", "language: de", "language: Input should be 'fr'"),
        ('    title: "Chercher une urgence"\n', "", "step 'red_flags', title: Field required"),
        ("section: Santé", "section: Santé et premiers symptômes", "step 'red_flags', section: String should have at most 16"),
        ("type: identity\n", "type: identitie\n", "step 'identity', question 'identity_confirmed', type: Input should be"),
        ("        max_length: 80\n", "", "step 'work', question 'profession': a free text needs max_length"),
        ("        or_unknown: true\n\n  - id: sampling", "        lowest: 1\n\n  - id: sampling",
         "question 'onset_on': lowest or highest has no meaning for a question of type date"),
        ("when: {answer: red_flags, is: yes}", "when: {reply: red_flags}", "step 'emergency', when: a condition is all, any"),
        ("when: {answer: fragile, is: yes}", "when: {answer: fragile, is: true}", "step 'fragile_advice', when, is: Input"),
        ("    escalation: RED_FLAGS\n", "", "step 'emergency': widget escalate and an escalation reason go together"),
        ("{outcome: callback}", "{outcome: coffee}", "step 'person_absent', end, outcome: Input should be 'completed'"),
        ("widget: sick_note", "widget: sicknote", "step 'sick_note', widget: Input should be"),
        ('{value: school, label: "École', '{value: nursery, label: "École', "'collectivities': two options have the same"),
        ("language: fr", "language: fr\nlanguage: fr", "line 7: 'language' is written twice"),
        ("language: fr", "language: fr\ncontent_hash: abc", "content_hash: it is computed"),
        ("steps:\n", "steps: [\n", "this is not readable YAML"),
        # references
        ("id: purpose\n", "id: opening\n", "step 'opening', id: another step has this id"),
        ("- id: has_masks", "- id: works", "step 'masks_and_tests', question 'works': another question has this id"),
        ("when: {answer: red_flags, is: yes}", "when: {answer: wants_note, is: yes}",
         "step 'emergency', when: 'wants_note' is not a question asked before this point"),
        ("when: {answer: red_flags, is: yes}", "when: {answer: red_flags, is: oui}",
         "step 'emergency', when: 'oui' is not an answer to 'red_flags'"),
        ("when: {answer: has_symptoms, is: yes}", "when: {answer: lives_in, in: [home, moon]}",
         "question 'onset_on', when: 'moon' is not an answer to 'lives_in'"),
        ("{fact: tracer_is_adviser, is: true}", "{fact: tracer_is_wise, is: true}",
         "step 'result_by_adviser', when: 'tracer_is_wise' is not a fact of a p0 script"),
        ("when: {known: isolation_end}", "when: {known: quarantine_end}",
         "question 'end_date_repeated', when: 'quarantine_end' is not a fact of a p0 script"),
        ("when: {known: isolation_end}", "when: {fact: isolation_end, is: true}",
         "the fact 'isolation_end' is a day and cannot be compared with True"),
        ("min: today-60", "min: birthday", "question 'onset_on', min: 'birthday' is neither today nor a day"),
        ("to: window_end", "to: retention", "step 'recall', days: 'retention' is neither today nor a day"),
        # words
        ("Bonjour, je m’appelle {tracer}", "Bonjour, je m’appelle {tracker}",
         "step 'opening', say: {tracker} is not something a p0 script can say"),
        ("Bonjour, je m’appelle {tracer}", "Bonjour, je m’appelle {disease}",
         "step 'opening', say: {disease} is sensitive and this step is not"),
        ("Bonjour, je m’appelle {tracer}", "Bonjour, je m’appelle {tracer", "step 'opening', say: a brace stands alone"),
        ("Le silence vaut non.", "Le silence de {person} vaut non.", "step 'name_consent', note, title or label: only"),
        # identity
        ("type: identity\n", "type: yes_no\n", "one step must ask the identity, 0 do"),
        ("id: identity_confirmed", "id: identity_checked", "the identity question is 'identity_confirmed', required"),
        ('    confirm: "Identité demandée"\n    gate: true\n', "", "step 'identity', gate: the identity step is a gate"),
        ('    confirm: "Présentation faite"\n', "    sensitive: true\n", "step 'opening', sensitive: health content cannot"),
        ("when: {answer: identity_confirmed, is: no}", "when: {answer: identity_confirmed, is: yes}",
         "step 'identity', questions: no step ends the call when the identity is not confirmed"),
        # statements and rules
        ("id: data_notice\n", "id: data_note\n", "the mandatory statement 'data_notice' is missing"),
        ('    mandatory: true\n    sensitive: true\n    say:\n      - "Si votre état change',
         '    sensitive: true\n    say:\n      - "Si votre état change', "step 'next_steps', mandatory: this statement must"),
        ('        - "Pour protéger les autres, je vous demande de rester en isolement. Nous vous confirmerons la date de fin."\n',
         "", "step 'isolation', say: a mandatory statement begins with words that need no {fact}"),
        ("- id: knows_result", "- id: knows_the_result", "the question 'knows_result' is missing, and the rules need it"),
        ('type: yes_no\n        label: "À l’hôpital', 'type: yes_no_unknown\n        label: "À l’hôpital',
         "question 'hospitalised', type: must be yes_no, not yes_no_unknown"),
        ("{value: partial,", "{value: half,", "question 'vaccination', options: must be exactly complete, none, partial"),
        # ends
        ("    end: {outcome: completed}\n", "", "step 'closing', end: the last step ends a completed call"),
        ("    widget: closing\n", "", "step 'closing', widget: the last step opens the closing"),
        ("    when: {answer: red_flags, is: yes}\n", "", "step 'emergency', end: without when this end would cut off"),
        ("{outcome: refused}", "{outcome: completed}", "step 'person_refuses', end: only the last step ends a completed"),
        # its name
        ('version: "2026.1"', 'version: "2026.2"', "version: a p0 script 2026.2 must be in p0-2026.2.yaml"),
    ],
)  # fmt: skip
def test_a_wrong_file_is_refused_with_its_place(tmp_path, old, new, problem):
    assert old in P0

    problems = refused(tmp_path, P0.replace(old, new, 1))

    assert any(problem in sentence for sentence in problems), problems
    assert all(sentence.startswith("p0-2026.1.yaml") for sentence in problems)


def test_the_p0_script_cannot_name_a_case_at_all(tmp_path):
    problems = refused(
        tmp_path, P0.replace("rester en isolement jusqu’au {isolation_end}", "protéger {case_name}", 1)
    )

    assert "{case_name} is not something a p0 script can say" in problems[0]


def test_every_wrong_file_of_a_folder_is_reported_at_once(tmp_path):
    (tmp_path / "p0-2026.1.yaml").write_text("[]")
    (tmp_path / "contact-2026.1.yaml").write_text("kind: contact")

    with pytest.raises(ScriptInvalid) as wrong:
        load_library(tmp_path)

    assert {problem.split(",")[0].split(":")[0] for problem in wrong.value.problems} == {
        "p0-2026.1.yaml",
        "contact-2026.1.yaml",
    }


def test_a_library_without_a_contact_script_is_refused(tmp_path):
    (tmp_path / "p0-2026.1.yaml").write_text(P0)

    with pytest.raises(ScriptInvalid, match="there is no contact script"):
        load_library(tmp_path)


def test_the_newest_version_counts_its_parts_as_numbers(tmp_path):
    for version in ("2026.9", "2026.10"):
        for kind, text in (("p0", P0), ("contact", CONTACT)):
            (tmp_path / f"{kind}-{version}.yaml").write_text(text.replace('"2026.1"', f'"{version}"'))
    for kind in ("case_follow_up", "contact_follow_up"):
        shutil.copy(LIBRARY / f"{kind}-2026.1.yaml", tmp_path)

    assert newest(load_library(tmp_path), "p0").version == "2026.10"


def test_one_changed_word_changes_the_fingerprint(tmp_path, p0):
    (tmp_path / "p0-2026.1.yaml").write_text(P0.replace("Prenez soin de vous", "Portez-vous bien"))

    assert load_script(tmp_path / "p0-2026.1.yaml").content_hash != p0.content_hash


def test_a_published_script_comes_back_whole_from_what_was_stored(library):
    for script in library.values():
        stored = json.dumps(script.model_dump(mode="json", by_alias=True))

        assert Script.model_validate_json(stored) == script
