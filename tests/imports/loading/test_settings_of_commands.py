"""The commands that read files follow the settings of their data folder: a demo's invented numbers are numbers."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.support.live import Live, committed
from tests.support.lots import EXTRACTS, lot_of
from tests.support.story import member
from tracing.cli import main
from tracing.demo.staff import COLLEAGUES
from tracing.imports.lots import routing
from tracing.imports.models import ImportSource
from tracing.kernel import clock, db
from tracing.kernel.config import Settings
from tracing.staff.models import Role

Command = Callable[..., str]


@pytest.fixture
def command(live_database: Live, tmp_path: Path) -> Iterator[Command]:
    """Run a command of a data folder whose databases are those of this test."""
    for name, content in (("keys/master.key", live_database.master), ("secrets/demo_password", b"x" * 9)):
        path = tmp_path / name
        path.parent.mkdir(mode=0o700)
        path.write_bytes(content)
        path.chmod(0o600)
    env = {
        "TRACING_DATA_DIR": str(tmp_path),
        "TRACING_DATABASE_URL": live_database.url,
        "TRACING_KEYS_URL": live_database.keys_url,
    }
    bound = dict(db.session.session_factory.kw)

    def run(*words: str) -> str:
        result = CliRunner(env=env).invoke(main, words)
        assert result.exit_code == 0, result.output
        return result.stdout

    yield run
    db.session.remove()
    db.session.configure(**bound)


def test_load_and_its_plan_accept_the_numbers_of_a_demo(
    command: Command, live_database: Live, tmp_path: Path
):
    committed(
        lambda at: member(COLLEAGUES[0].login, "Lucie", (Role.TRACER, live_database.story.nantes), at=at)
    )
    keys = [
        "--key-file",
        f"{EXTRACTS}/keys/site-rsa.key.pem",
        "--cert-file",
        f"{EXTRACTS}/keys/site-rsa.cert.pem",
    ]
    lot = tmp_path / "lot.p7m"
    lot.write_bytes(lot_of([{"TEL_MOBILE": "0639980111"}]))
    words = ["imports", "load", str(lot), "--source", "PDL", *keys, "--json"]

    assert json.loads(command(*words, "--plan"))["warnings"] == {}
    assert json.loads(command(*words))["warnings"] == {}


def test_a_training_sites_source_is_read_as_its_site_works(live_database: Live, tmp_path: Path):
    school = live_database.story.school
    with db.transaction() as session:
        session.add(
            ImportSource(
                code="ECOLE",
                label="École",
                layout="x",
                created_at=clock.now(),
                site_id=school.id,
                is_trusted=True,
            )
        )
    settings = Settings(data_dir=tmp_path)

    with db.transaction():
        terms = routing.terms_of_source("ECOLE", settings)
        unknown = routing.terms_of_source("NOBODY", settings)

    assert (terms.allow_fiction, terms.programme) == (True, school.programme)
    assert (unknown.allow_fiction, unknown.is_trusted) == (False, False)
