"""Balancers and monitors ask whether a process is alive and ready: without a session, an identity or a page's cost."""

import json
from collections.abc import Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine, text

from tests.support.dead import NOWHERE, dead_database
from tests.support.live import Live
from tests.support.relay import Relay
from tracing.app import create_app
from tracing.app.health import Readiness, answer_probes
from tracing.app.scheduler import EVERY
from tracing.kernel import clock, db
from tracing.kernel.config import Settings
from tracing.kernel.job_slots import take_slot
from tracing.staff.access import COOKIE

KEYS_FIT = {"database": "ok", "key_store": "ok", "master_key": "ok"}


@pytest.fixture
def app(tmp_path) -> Flask:
    return create_app(Settings(data_dir=tmp_path), secret_key="for tests only")


@pytest.fixture
def engines(live_engines: tuple[Engine, Engine, Live]) -> Iterator[tuple[Engine, Engine]]:
    """The engines of a process, as it makes them."""
    ways = live_engines[2]
    made = db.make_engine(ways.url), db.make_engine(ways.keys_url)
    yield made
    for engine in made:
        engine.dispose()


def probed(app: Flask, ready: Readiness) -> FlaskClient:
    app.wsgi_app = answer_probes(app.wsgi_app, ready.report)
    return app.test_client()


def asked(app: Flask, ready: Readiness) -> tuple[int, dict]:
    answer = probed(app, ready).get("/readyz", headers={"Host": "10.0.0.7:8000"})
    assert answer.mimetype == "application/json"
    assert "Set-Cookie" not in answer.headers
    return answer.status_code, json.loads(answer.text)


def test_a_process_whose_databases_are_there_is_ready(app: Flask, engines: tuple[Engine, Engine]):
    status, report = asked(app, Readiness(*engines, lambda: True))

    assert (status, report["ready"], report["checks"]) == (200, True, KEYS_FIT)


def test_how_long_ago_each_job_ran_is_told_and_fails_no_host(
    app: Flask, engines: tuple[Engine, Engine], live_database: Live
):
    with db.transaction():
        at = clock.database_now()
        take_slot("promote", at, at=at)

    status, report = asked(app, Readiness(*engines, lambda: True))

    assert status == 200
    ages = report["seconds_since_job"]
    assert set(ages) == set(EVERY)
    assert ages.pop("promote") >= 0
    assert set(ages.values()) == {None}


@pytest.mark.parametrize("which", [0, 1])
def test_a_database_that_is_not_there_makes_it_unready(
    app: Flask, engines: tuple[Engine, Engine], which: int
):
    dead = db.make_engine(NOWHERE)
    ways = [dead if number == which else engine for number, engine in enumerate(engines)]

    status, report = asked(app, Readiness(*ways, lambda: True))

    assert status == 503
    assert report["checks"][("database", "key_store")[which]] == "does not answer"
    assert "s3cret" not in json.dumps(report)


def test_a_database_that_is_silent_makes_it_unready(
    app: Flask, engines: tuple[Engine, Engine], live_engines: tuple[Engine, Engine, Live]
):
    with Relay(live_engines[2].url) as relay:
        cut_off = db.make_engine(relay.url)
        relay.fall_silent()

        status, report = asked(app, Readiness(cut_off, engines[1], lambda: True))

        assert (status, report["checks"]["database"]) == (503, "does not answer")
        cut_off.dispose()


def test_another_master_key_makes_it_unready(app: Flask, engines: tuple[Engine, Engine]):
    status, report = asked(app, Readiness(*engines, lambda: False))

    assert (status, report["checks"]["master_key"]) == (503, "not the key store's")


@pytest.mark.parametrize(
    ("revision", "status"), [("0001", 503), ("9999", 200)], ids=["of an older release", "of a later one"]
)
def test_tables_of_another_release(
    app: Flask,
    engines: tuple[Engine, Engine],
    live_engines: tuple[Engine, Engine, Live],
    revision: str,
    status: int,
):
    """During an update the new release migrates while the old hosts go on serving."""
    owner = live_engines[0]
    with owner.begin() as connection:
        here = connection.scalar(text("SELECT version_num FROM alembic_version"))
        connection.execute(text("UPDATE alembic_version SET version_num = :at"), {"at": revision})
    try:
        answer, report = asked(app, Readiness(*engines, lambda: True))
    finally:
        with owner.begin() as connection:
            connection.execute(text("UPDATE alembic_version SET version_num = :at"), {"at": here})

    assert answer == status
    assert report["checks"]["database"] == ("ok" if status == 200 else "not migrated")


def test_many_that_ask_cost_the_databases_one_question(
    app: Flask, engines: tuple[Engine, Engine], live_engines: tuple[Engine, Engine, Live]
):
    with Relay(live_engines[2].url) as relay:
        counted = db.make_engine(relay.url)
        client = probed(app, Readiness(counted, engines[1], lambda: True, keeps=3600))

        assert {client.get("/readyz").status_code for _ in range(20)} == {200}

        assert relay.accepted == 1
        counted.dispose()


def test_alive_asks_nobody(app: Flask, caplog: pytest.LogCaptureFixture):
    client = probed(app, Readiness(db.make_engine(NOWHERE), db.make_engine(NOWHERE), lambda: True))
    client.set_cookie(COOKIE, "a token")

    with dead_database(), caplog.at_level("INFO"):
        answers = [client.get("/healthz"), client.head("/healthz")]

    assert [answer.status_code for answer in answers] == [200, 200]
    assert [answer.text for answer in answers] == ['{\n "alive": true\n}\n', ""]
    assert caplog.records == []
    assert client.post("/healthz").status_code == 405
