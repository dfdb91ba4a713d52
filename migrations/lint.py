"""Lint the SQL of the migrations that are not released yet. Part of `make check`; needs no database.

Squawk finds what would block pages or break the release that still runs. Where a finding does no harm, the migration
says so itself: `lint_exceptions = {"rule": "the reason"}`.
"""

import io
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from alembic.migration import MigrationContext
from alembic.operations import Operations
from alembic.script import Script, ScriptDirectory

from tracing.kernel.postgres import migrate

RULES = migrate.ROOT / "squawk.toml"
SQUAWK = Path(sys.executable).with_name("squawk")
EXCEPTIONS = "lint_exceptions"


def main() -> int:
    """Print what is wrong; return the exit code."""
    wrong = [line for store in migrate.STORES.values() for line in faults(store)]
    sys.stdout.write("".join(f"{line}\n" for line in wrong))
    return 1 if wrong else 0


def faults(store: migrate.Store) -> Iterator[str]:
    """Return what squawk finds in the migrations of a store that may still be changed, and needless exceptions."""
    for script in _unreleased(store):
        name = f"{store.released_as}{Path(script.path).name}"
        exceptions = dict(getattr(script.module, EXCEPTIONS, {}))
        found = _squawk(sql_of(script), name)
        for one in found:
            if one["rule_name"] not in exceptions:
                yield f"{name}: {one['rule_name']}: {one['message']} {one['help'] or ''}".rstrip()
        for rule in exceptions.keys() - {one["rule_name"] for one in found}:
            yield f"{name}: {rule} is excepted and was not found."


def _unreleased(store: migrate.Store) -> list[Script]:
    """Return the migrations that are not released, oldest first."""
    lines = migrate.RELEASED.read_text(encoding="utf-8").splitlines()
    released = {line.split()[1] for line in lines if not line.startswith("#")}
    scripts = ScriptDirectory(str(store.folder)).walk_revisions()
    return [one for one in scripts if f"{store.released_as}{Path(one.path).name}" not in released][::-1]


def sql_of(script: Script) -> str:
    """Return the SQL of the upgrade as it is run: with the lock timeout, inside a transaction."""
    written = io.StringIO()
    context = MigrationContext.configure(
        dialect_name="postgresql", opts={"as_sql": True, "literal_binds": True, "output_buffer": written}
    )
    with Operations.context(context), context.begin_transaction():
        script.module.upgrade()
    return f"SET lock_timeout = '{migrate.WAIT_FOR_A_TABLE}';\n\n{written.getvalue()}"


def _squawk(sql: str, name: str) -> list[dict[str, str]]:
    command = [str(SQUAWK), "--config", str(RULES), "--reporter", "json", "--stdin-filepath", name]
    ran = subprocess.run(command, input=sql, capture_output=True, text=True, check=False)
    if ran.returncode not in {0, 1} or not ran.stdout:
        raise RuntimeError(f"squawk did not run: {ran.stderr}")
    found: list[dict[str, str]] = json.loads(ran.stdout)
    return found


if __name__ == "__main__":
    sys.exit(main())
