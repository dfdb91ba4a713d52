"""What `make check` says about a migration that would stop the pages of the release that still runs."""

import pytest

from migrations import lint
from tracing.kernel.postgres import migrate

MIGRATION = '''
"""A migration that nobody released."""

from alembic import op

revision = "0001"
down_revision = None
{more}


def upgrade():
    {step}
'''
INDEX = 'op.create_index("ix_calls_member", "calls", ["member_id"])'
REASON = "the table has a few rows"


@pytest.fixture
def found(tmp_path):
    """Lint one migration with this step, and these lines before it."""

    def of(step, more=""):
        (tmp_path / "versions").mkdir()
        text = MIGRATION.format(step=step, more=more)
        (tmp_path / "versions" / "0001_new.py").write_text(text, encoding="utf-8")
        return list(lint.faults(migrate.Store("made up", tmp_path, "made-up/versions/")))

    return of


@pytest.mark.parametrize(
    ("step", "rule"),
    [
        (INDEX, "require-concurrent-index-creation"),
        ('op.drop_column("calls", "outcome")', "ban-drop-column"),
        ('op.alter_column("calls", "outcome", new_column_name="result")', "renaming-column"),
        ('op.execute("ALTER TABLE calls ALTER COLUMN outcome SET NOT NULL")', "adding-not-nullable-field"),
    ],
)
def test_what_blocks_or_breaks_the_running_release_is_refused(found, step, rule):
    (fault,) = found(step)

    assert fault.startswith(f"made-up/versions/0001_new.py: {rule}: ")


def test_what_may_run_beside_it_is_not(found):
    assert found('op.execute("ALTER TABLE calls ADD COLUMN note text")') == []


def test_an_exception_is_named_with_its_reason(found):
    assert found(INDEX, f'lint_exceptions = {{"require-concurrent-index-creation": "{REASON}"}}') == []


def test_an_exception_that_nothing_needs_is_refused(found):
    faults = found("pass", f'lint_exceptions = {{"ban-drop-column": "{REASON}"}}')

    assert faults == ["made-up/versions/0001_new.py: ban-drop-column is excepted and was not found."]
