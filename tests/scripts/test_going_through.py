"""Going through every path of a script finds what nobody reaches, what is passed by, and how long each ending takes."""

import pytest

from tracing.scripts.library import newest
from tracing.scripts.publishing import paths, rules
from tracing.scripts.publishing.branch_map import draw
from tracing.scripts.publishing.branches import condition_of, groups_of, same
from tracing.scripts.publishing.differences import compare, words_apart
from tracing.scripts.vocabulary import Outcome, ScriptKind


def changed(script, *, step, **fields):
    """Return a script with other fields in one step; `after` adds it after another."""
    content = rules.content_of(script)
    after = fields.pop("after", None)
    old = next((one for one in content["steps"] if one["id"] == step), {"id": step})
    written = {"section": "Essai", "title": "Essai", **old, **fields}
    written = {key: value for key, value in written.items() if value is not None}
    return rules.read_script(
        script.kind, rules.with_step(content, written, after=after), version=script.version
    )


def asked(name, label, **fields):
    return [{"id": name, "type": "yes_no", "label": label, "required": True, **fields}]


NEVER = {"all": [{"answer": "works", "is": "yes"}, {"answer": "works", "is": "no"}]}


def test_the_published_scripts_have_nothing_unreachable_and_every_ending_has_its_time(library):
    for script in library.values():
        found = paths.go_through(script)

        assert found.unreachable | found.never_asked == frozenset()
        # the first versions of first calls ordered without a rule: why there are others
        is_first_call = script.kind in {ScriptKind.P0, ScriptKind.CONTACT}
        assert bool(found.ordered) == (is_first_call and script.version == "2026.1")
        assert (found.dead_end, found.too_many) == (False, False)
        assert {one.step.id for one in found.endings} == {step.id for step in script.steps if step.end}
        complete = [one for one in found.endings if one.outcome is Outcome.COMPLETED]
        whole = [one for one in complete if one.step is script.steps[-1]]
        shortest, longest = (3, 10) if is_first_call else (1, 5)
        assert all(shortest < one.shortest <= one.longest < longest for one in whole)
        limits = {"establishment_end": 6}
        assert all(one.longest < limits.get(one.step.id, 3) for one in complete if one not in whole)


@pytest.mark.parametrize("kind", ScriptKind)
def test_what_is_said_in_english_takes_no_longer_than_in_french(library, kind):
    script = newest(library, kind)

    french, english = (paths.go_through(script, in_english=one) for one in (False, True))

    assert dict(english.long_steps) == {}
    for one, other in zip(french.endings, english.endings, strict=True):
        assert other.longest <= one.longest * 1.15 + 0.1, one.step.id


@pytest.mark.parametrize(
    ("fields", "finding", "expected"),
    [
        ({"when": NEVER, "say": [["Bonjour."]]}, "unreachable", {"new"}),
        ({"when": {"answer": "person_on_line", "is": "absent"}, "say": [["Non."]]}, "unreachable", {"new"}),
        ({"questions": asked("q", "Qui ?", when=NEVER)}, "never_asked", {"q"}),
        ({"questions": asked("q", "Qui ?")}, "unread", {"q"}),
        ({"say": [["un " * 26]] * 3}, "long_steps", {"new"}),
        ({"say": [["Je vous demande de rester chez vous."]]}, "ordered", {"new"}),
        ({"questions": asked("q", "régime", when=None)}, "asked_twice", {("q", "insurance_scheme")}),
    ],
)
def test_what_is_wrong_with_a_new_step_is_found(p0, fields, finding, expected):
    written = changed(p0, step="new", after="work", **fields)

    assert set(getattr(paths.go_through(written), finding)) == expected


def test_a_statement_that_gets_a_condition_can_be_passed_by_and_an_end_on_no_path_is_a_dead_end(p0):
    before = paths.go_through(p0)
    written = changed(p0, step="data_notice", when={"answer": "person_on_line", "is": "person"})
    assert paths.go_through(written).skippable - before.skippable == {"data_notice"}

    assert paths.go_through(changed(p0, step="closing", when={"answer": "works", "is": "yes"})).dead_end


def test_two_hundred_steps_are_gone_through(p0):
    long = p0
    for number in range(150):
        long = changed(
            long,
            step=f"step_{number}",
            after="work",
            say=[["Bonjour."]],
            when={"answer": "works", "is": "yes"},
            questions=asked(f"q_{number}", f"Question {number}"),
        )

    assert not paths.go_through(long).too_many


def test_every_condition_is_the_same_after_it_was_shown_in_groups(library):
    for script in library.values():
        for step in script.steps:
            groups = groups_of(step.when)
            content = {**rules.step_content(step), "when": condition_of(groups)}
            content = {key: value for key, value in content.items() if value is not None}
            assert same(groups_of(rules.read_step(content).when), groups), step.id


def test_two_versions_differ_in_the_words_that_differ(p0):
    pairs = compare(
        p0,
        changed(
            p0,
            step="time",
            say=[
                ["Avez-vous un moment ?"],
                *rules.content_of(p0)["steps"][[one.id for one in p0.steps].index("time")]["say"][1:],
            ],
        ),
    )

    [pair] = [one for one in pairs if one.change != "same"]
    [line, english] = [one for one in pair.lines if one.differs]
    assert (english.field, english.texts[1]) == ("english", "")
    assert [one.text for one in line.after if one.differs] == []
    assert "tranquillement" in "".join(one.text for one in line.before if one.differs)
    left, right = words_apart("jusqu’au {day}.", "jusqu’au {free_on}.")
    assert [one.text for one in (*left, *right) if one.differs] == ["{day}", "{free_on}"]


def test_the_drawing_has_an_arc_from_each_question_to_what_it_opens_or_keeps_away(p0):
    written = changed(
        p0, step="new", after="work", say=[["Oui."]], when={"not": {"answer": "works", "is": "yes"}}
    )
    drawn = draw(written)

    arcs = {(arc.first.id, arc.opened.id): arc.opens for arc in drawn.arcs}
    assert (arcs["work", "caregiver_advice"], arcs["work", "new"]) == (True, False)
    assert [row.step.id for row in drawn.rows if row.is_conditional and row.by_facts][:1] == [
        "representative"
    ]
