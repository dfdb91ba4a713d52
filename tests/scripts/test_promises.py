"""Whoever answers, in whatever programme: one order at most, no empty placeholder, and no promise without its action."""

import re
from datetime import date, timedelta
from itertools import product

import pytest

from tests.support.conversations import hold
from tracing.hand_offs.rules import due
from tracing.programmes.loader import load_packs
from tracing.scripts import rules
from tracing.scripts.library import load_library, newest
from tracing.scripts.vocabulary import ScriptKind, Widget
from tracing.scripts.wording import said_aloud, with_who_answers

PACKS = load_packs()
FIRST = (ScriptKind.P0, ScriptKind.CONTACT)
ON = date(2026, 3, 10)
WHO = {
    "person": ({"person_on_line": "person"}, {}),
    "parent": (
        {"person_on_line": "representative", "representative_confirmed": "yes"},
        {"is_minor": True, "is_young_child": True, "parent_note": True},
    ),
    "child": ({"person_on_line": "person", "representative_confirmed": "yes"}, {"is_minor": True}),
    "guardian": ({"person_on_line": "representative", "representative_confirmed": "yes"}, {}),
    "relative": ({"person_on_line": "helper", "helper_agreed": "yes"}, {}),
    "staff": ({"person_on_line": "staff", "referent_on_line": "yes"}, {}),
}
MEASURES = {
    "required": {"required": True, "end": ON + timedelta(days=5), "over": False},
    "no day": {"required": True},
    "over": {"required": True, "end": ON - timedelta(days=1), "over": True},
    "none": {"required": False},
    "no rule": {},
}
SITUATIONS = [
    *product(WHO.keys() - {"staff"}, MEASURES, ["home"]),
    *product(["staff"], MEASURES, ["care_home", "prison", "shelter", "other"]),
]
"""Who answers, what is asked of the person, where they live."""
ORDERED = {
    "isolation", "isolation_over", "isolation_advised", "isolation_unknown", "isolation_in_hospital",
    "establishment_isolation", "establishment_hospital", "establishment_isolation_over",
    "establishment_isolation_advised", "establishment_isolation_unknown", "quarantine", "quarantine_over", "quarantine_not_required", "quarantine_unknown",
    "negligible_risk", "result_awaited",
}  # fmt: skip
"""Steps that say what is asked of the person, each something else."""


def facts_of(code, kind, measure, **more):
    pack, name = PACKS[code], "isolation" if kind is ScriptKind.P0 else "quarantine"
    known = {
        "tracer": "Ada Lemaire",
        "site": "Caisse de Nantes",
        "person": "Alix Roy",
        "programme": code,
        "masks_help": pack.masks_help,
        "has_boosters": pack.has_boosters,
        "notes_issued": True,
        "callback_number": "01 99 00 12 34",
    }
    known |= {f"{name}_{part}": value for part, value in measure.items()}
    return known | more


@pytest.mark.parametrize("kind", FIRST)
@pytest.mark.parametrize("code", PACKS)
def test_whoever_answers_hears_one_order_and_no_promise_without_its_action(
    code, kind, adult_with_symptoms, contact_at_work
):
    script = newest(load_library(), kind)
    usual = adult_with_symptoms if kind is ScriptKind.P0 else contact_at_work
    for who, measure, lives_in in SITUATIONS:
        answers, known = WHO[who]
        says = usual | answers | {"lives_in": lives_in, "needs": ["medicines"], "needs_consent": "yes"}
        facts = with_who_answers(facts_of(code, kind, MEASURES[measure], **known), says)

        held = hold(script, says, facts)

        assert rules.follow(script, held.stored, facts).can_complete, (who, measure, held.steps[-1])
        assert len(ORDERED & set(held.steps)) <= 1, (who, measure, held.steps)
        handed_off = due(PACKS[code].hand_offs, held.stored, is_case=kind is ScriptKind.P0, on=ON)
        for step in map(script.step, held.steps):
            for one in said_aloud(step, facts, script.english):
                assert not re.search(r"[{}\[\]]|None|  ", one.french + one.words), (who, step.id, one.french)
                if "agence régionale de santé" in one.french:
                    assert handed_off or step.widget is Widget.ESCALATE, (who, lives_in, step.id)
                if re.search("nous (?:allons appeler|les appelons)", one.french, re.IGNORECASE):
                    assert step.widget is Widget.CONTACTS, (who, step.id)
                if "médecin-conseil" in one.french:
                    assert step.widget in {Widget.ESCALATE, Widget.ISOLATION}, (who, step.id)
                if re.search("rappellerons le|rappellerons vendredi", one.french):
                    assert facts.get("next_follow_up"), step.id
