"""Packs are written by people: what is wrong stops the start and says where."""

from datetime import date

import pytest
import yaml

from tracing.programmes import InvalidPack, UnknownProgramme, get_pack, load_packs
from tracing.programmes.loader import FOLDER, read_pack
from tracing.programmes.rules import RuleRef, age_on


def test_both_packs_are_there():
    assert set(load_packs()) == {"covid19", "exercise-2022"}
    assert get_pack("exercise-2022").exercise
    assert not get_pack("covid19").exercise


def test_an_unknown_programme_is_named():
    with pytest.raises(UnknownProgramme, match="measles"):
        get_pack("measles")


@pytest.mark.parametrize("code", ["covid19", "exercise-2022"])
def test_the_label_for_employers_says_nothing_of_the_disease(code):
    label = get_pack(code).neutral_label.lower()

    assert not any(word in label for word in ("covid", "virus", "maladie", "santé", "isolement", "contact"))


def broken(tmp_path, change):
    content = yaml.safe_load((FOLDER / "covid19.yaml").read_text(encoding="utf-8"))
    change(content)
    path = tmp_path / "broken.yaml"
    path.write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")
    with pytest.raises(InvalidPack) as refused:
        read_pack(path)
    return str(refused.value)


def test_a_wrong_value_names_file_row_and_field(tmp_path):
    said = broken(tmp_path, lambda pack: pack["isolations"][1].update(days="sept"))

    assert said.startswith("broken.yaml, row P0-4a, field days: ")


def test_a_field_nobody_knows_is_refused(tmp_path):
    said = broken(tmp_path, lambda pack: pack["isolations"][0].update(dayz=10))

    assert "row P0-3, field dayz" in said


def test_a_field_inside_a_row_is_named_with_its_path(tmp_path):
    said = broken(tmp_path, lambda pack: pack["quarantines"][-1]["end"][0].update(anchor="yesterday"))

    assert "row C-4n, field end.0.anchor" in said


def test_a_rule_cannot_end_before_it_starts(tmp_path):
    said = broken(tmp_path, lambda pack: pack["isolations"][0].update(to=date(2021, 1, 1)))

    assert "row P0-3: " in said
    assert "'to' must come after 'from'" in said


def test_two_rules_cannot_have_one_name(tmp_path):
    said = broken(tmp_path, lambda pack: pack["isolations"][1].update(id="P0-3"))

    assert "two rows are named P0-3" in said


def test_a_rule_that_can_never_apply_is_refused(tmp_path):
    said = broken(tmp_path, lambda pack: pack["isolations"].insert(1, pack["isolations"].pop(2)))

    assert "P0-4a is never reached" in said


def test_no_text_asks_somebody_to_ring_back_whom_nobody_will_call_any_more(tmp_path):
    said = broken(tmp_path, lambda pack: pack["attempts"].update(text_after=3))

    assert "'text_after' must be less than 'max'" in said


def test_a_file_that_is_no_yaml_is_named(tmp_path):
    path = tmp_path / "broken.yaml"
    path.write_text("code: [", encoding="utf-8")

    with pytest.raises(InvalidPack, match=r"broken\.yaml: not readable"):
        read_pack(path)


def test_an_old_decision_can_still_be_explained():
    reference = RuleRef.parse("covid19@2022.1/C-4v.2")

    assert reference == RuleRef("covid19", "2022.1", "C-4v.2")
    assert str(reference) == "covid19@2022.1/C-4v.2"
    assert get_pack(reference.programme).find_rule(reference.rule_id).in_force_from == date(2022, 1, 12)


@pytest.mark.parametrize(
    "text", ["", "covid19/P0-3", "covid19@2022.1", "covid19@2022.1/P0-3 ", "COVID@2022.1/P0-3"]
)
def test_what_is_no_rule_reference_is_refused(text):
    with pytest.raises(ValueError, match="not a rule reference"):
        RuleRef.parse(text)


@pytest.mark.parametrize(
    ("born", "on", "age"),
    [
        (date(2010, 1, 10), date(2022, 1, 9), 11),
        (date(2010, 1, 10), date(2022, 1, 10), 12),
        (date(2004, 2, 29), date(2022, 2, 28), 17),
        (date(2004, 2, 29), date(2022, 3, 1), 18),
        (date(2004, 2, 29), date(2024, 2, 29), 20),
        (date(2022, 1, 1), date(2022, 1, 1), 0),
    ],
)
def test_age_changes_on_the_birthday(born, on, age):
    assert age_on(born, on) == age
