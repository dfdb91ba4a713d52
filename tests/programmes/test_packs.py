"""Packs are written by people: what is wrong stops the start and says where."""

import shutil
from datetime import date

import pytest

from tracing.programmes import InvalidPack, UnknownProgramme, get_pack, load_packs
from tracing.programmes.checks import overlaps
from tracing.programmes.disease_names import disease_named
from tracing.programmes.loader import FOLDER, read_pack
from tracing.programmes.rules import RuleRef, age_on
from tracing.programmes.tables import Cell
from tracing.programmes.vocabulary import TestKind
from tracing.sickleave.documents.neutral import neutral


def test_the_programmes_are_there():
    assert set(load_packs()) == {"covid19", "exercise-2022", "measles", "meningococcal"}
    assert get_pack("exercise-2022").exercise
    assert not get_pack("covid19").exercise


def test_an_unknown_programme_is_named():
    with pytest.raises(UnknownProgramme, match="cholera"):
        get_pack("cholera")


@pytest.mark.parametrize("code", ["covid19", "exercise-2022", "measles", "meningococcal"])
def test_the_label_for_employers_says_nothing_of_the_disease(code):
    label = get_pack(code).neutral_label.lower()

    assert not any(
        word in label
        for word in ("covid", "virus", "maladie", "santé", "isolement", "contact", "rougeole", "méningo")
    )


@pytest.mark.parametrize("code", ["covid19", "exercise-2022", "measles", "meningococcal"])
def test_the_disease_of_every_programme_is_heard_by_nobody_else_and_read_by_no_employer(code):
    disease = get_pack(code).disease

    assert disease_named(disease) is not None
    assert disease_named(get_pack(code).english[disease]) is not None
    assert neutral(f"Pôle {disease}") == ""
    assert neutral(f"Pôle {disease.upper()}") == ""
    assert disease_named("Bonjour, je vous appelle de la caisse de Nantes.") is None
    assert disease_named(get_pack(code).neutral_label) is None


def broken(tmp_path, file, *changes):
    """Return what is said of covid19 after a change in one of its files."""
    folder = shutil.copytree(FOLDER / "covid19", tmp_path / "covid19")
    path = folder / file
    text = path.read_text(encoding="utf-8")
    for before, after in changes:
        assert before in text
        text = text.replace(before, after, 1)
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InvalidPack) as refused:
        read_pack(folder)
    return str(refused.value)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (("    - vaccination\n", ""), "vaccination is not held: 'data_fields' does not enable vaccination"),
        (("    - sick_note\n", ""), "row N-0 lets the fund write notes, which 'data_fields' does not enable"),
        (("    - telephone\n", ""), "nobody is called without: telephone"),
        (("    - email\n", "    - email\n    - religion\n"), "both enabled and forbidden: religion"),
        (("    - email\n", "    - shoe_size\n"), "field data_fields.enabled.4"),
    ],
)
def test_a_rule_reads_nothing_that_the_programme_does_not_hold(tmp_path, change, why):
    changes = [change, (", sick_note, support_needs]", ", support_needs]")]
    if "sick_note" not in change[0]:
        changes = [change]
    said = broken(tmp_path, "programme.yaml", *changes)

    assert why in said
    assert said.startswith("covid19/")


def line_of(file, text):
    lines = (FOLDER / "covid19" / file).read_text(encoding="utf-8").splitlines()
    return next(number for number, line in enumerate(lines, start=1) if text in line)


P0_4A = "    - id: P0-4a\n"


def test_a_wrong_value_names_file_line_row_and_field(tmp_path):
    said = broken(
        tmp_path,
        "case.yaml",
        (
            "days: 10\n      fever: {hours: 48, counts: on_last",
            "days: dix\n      fever: {hours: 48, counts: on_last",
        ),
    )

    line = line_of("case.yaml", "id: P0-3") + 3
    assert said.startswith(f"covid19/case.yaml, line {line}, row P0-3, field days: ")


@pytest.mark.parametrize(
    ("file", "change", "said"),
    [
        ("case.yaml", (P0_4A, f"{P0_4A}      dayz: 10\n"), "row P0-4a, field dayz: "),
        (
            "contact.yaml",
            ("end: [{anchor: last_contact, days: 14}]", "end: [{anchor: yesterday, days: 14}]"),
            "row C-1.h, field end.0.anchor: ",
        ),
        (
            "case.yaml",
            ("to: 2022-01-03\n      days: 10", "to: 2021-01-03\n      days: 10"),
            "row P0-3: 'to' must come after 'from'",
        ),
        ("case.yaml", ("id: P0-4a", "id: P0-3"), "two rows are named P0-3"),
        ("programme.yaml", ("text_after: 2", "text_after: 3"), "'text_after' must be less than 'max'"),
        ("programme.yaml", ("exercise: false\n", ""), "covid19, field exercise: Field required"),
        ("follow_up.yaml", ("# Calls", "code: covid19\n# Calls"), "it is in follow_up.yaml already"),
        ("case.yaml", ("windows:", "windows: ["), "covid19/case.yaml: not readable as YAML"),
        ("laboratory.yaml", ("94500-6", "94500-7"), "94500-7 is no LOINC code"),
        ("laboratory.yaml", ("SARS.?COV", "(SARS.?COV"), "field laboratory.name: "),
        # a word that is not in the vocabulary
        ("case.yaml", ("{age: ", "{aage: "), "'inputs' must name every fact of its conditions: aage"),
        (
            "case.yaml",
            ("variant: [v2, v3]", "variant: [v2, v4]"),
            "row P0-2v, field when.0.variant: variant cannot be v4",
        ),
        ("case.yaml", ('age: "< 12"', "age: complete"), "age is a number"),
        # rules seen together
        (
            "case.yaml",
            (
                "from: 2022-01-03\n      to: 2023-02-01\n      days: 10",
                "from: 2022-01-04\n      to: 2023-02-01\n      days: 10",
            ),
            "no rule decides on 2022-01-03",
        ),
        (
            "case.yaml",
            ("from: 2023-02-01\n      text", "from: 2023-02-02\n      text"),
            "no rule decides on 2023-02-01",
        ),
        (
            "contact.yaml",
            (
                "when: {lives_with_case: true}\n      end: [{anchor: last_contact",
                "end: [{anchor: last_contact",
            ),
            "row C-1 is never reached: C-1.h comes first",
        ),
        (
            "case.yaml",
            ('        - {age: "< 12"}\n', '        - {age: "< 12"}\n        - {age: "< 6"}\n'),
            "row P0-4a, field when.2: line 3 is never reached: P0-4a comes first",
        ),
    ],
)
def test_a_mistake_is_refused_and_named(tmp_path, file, change, said):
    assert said in broken(tmp_path, file, change)


def test_the_order_of_overlapping_rules_is_shown():
    found = {(one.decides, one.hidden) for one in overlaps(get_pack("covid19"))}

    assert ("C-3o.h", "C-3h") in found
    assert ("C-3h", "C-3o.h") not in found


@pytest.mark.parametrize(
    ("written", "value", "accepts"),
    [
        (True, True, True),
        (True, None, None),
        ("not true", None, True),
        ("not true", True, False),
        (["v2", "v3"], "v3", True),
        ("not omicron", "omicron", False),
        ("< 12", 11, True),
        ("< 12", 12, False),
        ("<= 12", 12, True),
        ("> 5", 5, False),
        (">= 15", 15, True),
        ("6..11", 11, True),
        ("6..11", 12, False),
        ("6..11", None, None),
    ],
)
def test_a_condition_holds_for_what_it_says(written, value, accepts):
    assert Cell.model_validate(written).accepts(value) is accepts


def test_a_rule_may_leave_measures_under_way_to_the_one_before():
    table = get_pack("covid19").isolations
    spared = table.model_copy(
        update={
            "rules": tuple(
                rule.model_copy(update={"applies_to_ongoing": rule.id != "P0-3"}) for rule in table.rules
            )
        }
    )
    before, since = date(2021, 2, 21), date(2021, 2, 22)

    assert table.choose({}, since, began=before).id == "P0-3"
    assert spared.choose({}, since, began=before).id == "P0-2"
    assert spared.choose({}, since, began=since).id == "P0-3"


@pytest.mark.parametrize("code", ["measles", "meningococcal"])
def test_a_disease_that_no_doctor_has_checked_says_so(code):
    pack = get_pack(code)

    assert pack.needs_medical_validation
    assert pack.hand_offs[0].immediate
    assert pack.notes.choose({"subject": "case"}, date(2026, 11, 1)).issuer == "doctor"


@pytest.mark.parametrize(
    ("code", "loinc", "kind", "name"),
    [
        ("covid19", "94500-6", TestKind.PCR, "ARN du SARS-CoV-2"),
        ("covid19", "94558-4", TestKind.ANTIGEN, "Antigène Covid"),
        ("measles", "48508-6", TestKind.PCR, "Rougeole, PCR"),
        ("meningococcal", "49671-1", TestKind.PCR, "N. meningitidis"),
    ],
)
def test_a_programme_knows_the_tests_for_its_disease(code, loinc, kind, name):
    for pack in load_packs().values():
        ours = pack.disease == get_pack(code).disease
        assert pack.laboratory.kind_of(loinc) is (kind if ours else None)
        assert pack.laboratory.is_named(name) is ours
    assert get_pack("covid19").laboratory.is_other_pathogen("92142-9")
    assert get_pack("covid19").laboratory.names_other_pathogen("Virus respiratoire syncytial (VRS)")


def test_an_old_decision_can_still_be_explained():
    reference = RuleRef.parse("covid19@2022.2/C-4v.2")

    assert reference == RuleRef("covid19", "2022.2", "C-4v.2")
    assert str(reference) == "covid19@2022.2/C-4v.2"
    assert get_pack(reference.programme).find_rule(reference.rule_id).in_force_from == date(2022, 1, 12)


@pytest.mark.parametrize(
    "text", ["", "covid19/P0-3", "covid19@2022.2", "covid19@2022.2/P0-3 ", "COVID@2022.2/P0-3"]
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
