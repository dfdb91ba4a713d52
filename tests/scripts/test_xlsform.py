"""A script as an XLSForm: the tool of that format reads it, and what it cannot hold is listed."""

from io import BytesIO

import pytest
from pyxform.xls2xform import convert

from tracing.scripts.library import load_library, newest
from tracing.scripts.publishing.xlsform import form_of, write_xlsform
from tracing.scripts.vocabulary import ScriptKind


@pytest.mark.parametrize("kind", ScriptKind)
def test_the_tool_of_the_format_reads_it_without_a_warning(kind):
    script = newest(load_library(), kind)

    read = convert(BytesIO(write_xlsform(script)), file_type=".xlsx", validate=False)

    assert read.warnings == []
    for question in script.questions:
        assert f"/{question}" in read.xform


def test_branches_endings_and_wordings_are_conditions_and_what_is_lost_is_named(p0):
    form = form_of(p0)
    rows = {row.get("name"): row for row in form.survey}

    assert "${person_on_line} = 'absent'" in rows["step_person_absent"]["relevant"]
    assert rows["step_identity"]["relevant"].endswith("= 0")
    assert rows["say_opening_2_2"]["relevant"] == "${fact_person} != '' and not(${fact_rang_us} = 'true')"
    assert rows["onset_on"]["relevant"] == "${has_symptoms} = 'yes'"
    lost = dict(form.missing)
    assert "how the call ends" in lost[p0.step("person_absent").title]
