"""What a lot leaves behind: calls to make, at the right site, by the right time; whatever stopped on the way."""

import json
import os
import subprocess
import sys
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from tests.conftest import NOW
from tests.support.lots import EXTRACTS, arrival, expected, lot_of
from tests.support.story import agent, case
from tracing.calls import services as calls
from tracing.cases.models import Case, CaseStatus, LabResult
from tracing.cases.rules import reference
from tracing.imports.jobs import load
from tracing.imports.models import ImportLine, ImportLot, LotState
from tracing.kernel import db
from tracing.people.models import Household, Person, PossibleDuplicate
from tracing.queue.models import CallTask, QueueEntry, TaskState

CMS, HARD = "pdl-20210308-0800.csv.p7m", "pdl-20210510-hard.csv.p7m"
ROOT = Path(__file__).parents[3]


def take_in(*lines, **kwargs):
    """Load a lot of lines, each given as what differs from a good one."""
    return load(arrival(CMS, lot_of(lines)), **kwargs)


def only_task(session):
    return session.scalars(select(CallTask)).one()


@pytest.mark.parametrize(
    ("fund", "site"), [("201", "ajaccio"), ("441", "nantes"), ("999", "nantes"), ("", "nantes")]
)
def test_a_case_is_called_by_the_site_of_its_fund_within_four_hours_of_the_arrival(
    story, session, fund, site
):
    arrived = NOW - timedelta(minutes=20)

    load(replace(arrival(CMS, lot_of([{"CODE_CAISSE": fund}])), received_at=arrived))

    task, opened = only_task(session), session.scalars(select(Case)).one()
    assert task.due_at == arrived + timedelta(hours=4)
    assert task.site_id == opened.site_id == getattr(story, site).id
    assert task.state is TaskState.OPEN
    assert session.scalars(select(QueueEntry)).one().site_id == task.site_id


@pytest.mark.parametrize(
    ("line", "earlier", "zone"),
    [
        ({"CODE_POSTAL": "44000", "CODE_INSEE": ""}, 0, "Europe/Paris"),
        ({"CODE_POSTAL": "97400", "CODE_INSEE": ""}, 0, "Indian/Reunion"),
        ({"DATE_NAISSANCE": "17/05/1940"}, 60, None),
        ({"HEBERGEMENT": "E"}, 90, None),
        ({"SYMPTOMES": "S24"}, 30, None),
        ({"DATE_NAISSANCE": "17/05/1940", "HEBERGEMENT": "C", "SYMPTOMES": "SP7"}, 180, None),
    ],
)
def test_what_a_line_tells_decides_where_a_case_stands_in_the_queue(story, session, line, earlier, zone):
    plain = {
        "DATE_NAISSANCE": "17/05/1980",
        "HEBERGEMENT": "I",
        "SYMPTOMES": "ASY",
        "DATE_DEBUT_SYMPTOMES": "",
    }

    take_in(plain | line)

    entry = session.scalars(select(QueueEntry)).one()
    assert entry.due_at - entry.rank_at == timedelta(minutes=earlier)
    assert zone in {None, entry.time_zone}
    assert entry.time_zone == session.scalars(select(Person.time_zone)).one()


def test_a_case_without_a_number_stands_on_a_list_of_its_own_and_not_in_the_queue(story, session):
    take_in({"TEL_MOBILE": ""})

    assert only_task(session).state is TaskState.NO_NUMBER
    assert session.scalar(select(func.count()).select_from(QueueEntry)) == 0


def test_a_withdrawn_result_puts_the_case_before_a_human_and_nobody_calls(story, session):
    take_in({})
    report = take_in({"RESULTAT": "N"})

    withdrawn, result = session.scalars(select(Case)).one(), session.scalars(select(LabResult)).one()
    assert report["withdrawn"] == 1
    assert withdrawn.status is CaseStatus.WITHDRAWN
    assert result.withdrawn_at is not None
    assert only_task(session).state is TaskState.CANCELLED
    assert calls.take_next(agent(story.ada), at=NOW) is None


def test_an_earlier_sampling_moves_the_first_sampling_back(story, session):
    take_in({})
    take_in({"ID_RESULTAT": "PDL-2", "DATE_PRELEVEMENT": "05/03/2021 09:00"})

    assert session.scalars(select(Case)).one().first_sampled_at.day == 5
    assert session.scalar(select(func.count()).select_from(LabResult)) == 2


def test_a_repeat_with_a_new_number_makes_the_person_callable_there(story, session):
    take_in({})
    take_in({"ID_RESULTAT": "PDL-2", "TEL_MOBILE": "0639980044", "TEL_FIXE": ""})
    take_in({"ID_RESULTAT": "PDL-3", "PRENOMS": "Jean", "SEXE": "M", "TEL_MOBILE": "0639980044"})

    people = session.scalars(select(Person)).all()
    assert len(people) == 2
    assert len({person.household_id for person in people}) == 1


def state_of(session):
    """Return everything a lot left, without the numbers that the database chose."""
    lots = session.scalars(select(ImportLot)).all()
    references = dict(session.execute(select(Case.id, LabResult.source_result_id).join(LabResult)).all())
    members = Counter(session.scalars(select(Person.household_id).where(Person.household_id.is_not(None))))
    return {
        "lots": [
            (lot.state, {name: value for name, value in lot.counts.items() if name != "lot"}) for lot in lots
        ],
        "lines": session.execute(
            select(
                ImportLine.row_number, ImportLine.outcome, ImportLine.reasons, ImportLine.warnings
            ).order_by(ImportLine.row_number)
        ).all(),
        "cases": Counter(session.execute(select(Case.site_id, Case.episode, Case.status)).all()),
        "cases_of_results": len(references),
        "tasks": Counter(session.execute(select(CallTask.site_id, CallTask.state, CallTask.due_at)).all()),
        "entries": Counter(session.execute(select(QueueEntry.site_id, QueueEntry.state)).all()),
        "households": sorted(members.values()),
        "switchboards": session.scalar(select(func.count()).where(Household.is_institution)),
        "possible": session.scalar(select(func.count()).select_from(PossibleDuplicate)),
    }


def in_one_run(session):
    """Return what a clean run leaves, and take it back."""
    session.commit()
    before = db.session.get_bind().begin_nested()
    load(arrival(HARD))
    state = state_of(db.session)
    db.session.remove()
    before.rollback()
    return state


@pytest.mark.parametrize("after_batches", [1, 2, 5])
def test_a_lot_stopped_between_two_batches_is_finished_as_if_nothing_had_happened(
    story, session, after_batches
):
    clean = in_one_run(session)
    told = []

    def stop(done, total):
        told.append((done, total))
        if len(told) == after_batches:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        load(arrival(HARD), batch_size=7, progress=stop)
    half = db.session.scalars(select(ImportLot)).one()
    assert half.state is LotState.LOADING
    report = load(arrival(HARD), batch_size=7)

    assert state_of(db.session) == clean
    assert {name: report[name] for name in expected(HARD) if name != "outcomes"} == {
        name: value for name, value in clean["lots"][0][1].items() if name in expected(HARD)
    }
    assert told[-1] == (after_batches * 7, clean["lots"][0][1]["lines"])


def test_an_error_inside_a_batch_leaves_nothing_of_that_batch_and_the_lot_can_be_finished(story, session):
    """A case stands in the way of the second batch: it has the reference that comes there."""
    lot = arrival(CMS, lot_of([{"ID_RESULTAT": f"G-{n}", "NOM_NAISSANCE": f"NOM{n}"} for n in range(5)]))
    in_the_way = case(story.nantes, at=NOW)
    taken = int(in_the_way.reference.split("-")[2])
    in_the_way.reference = reference(2026, taken + 4)
    session.commit()

    with pytest.raises(IntegrityError, match="uq_cases_reference"):
        load(lot, batch_size=3)
    done = session.scalars(select(ImportLine.source_result_id)).all()
    assert sorted(done) == ["G-0", "G-1", "G-2"]
    assert session.scalar(select(func.count()).select_from(Case)) == 1 + 3

    report = load(lot, batch_size=3)
    assert (report["lines"], report["created"]) == (5, 5)
    assert session.scalar(select(func.count()).select_from(CallTask)) == 5


def run_command(data_dir, *arguments):
    return subprocess.run(
        [sys.executable, "-m", "tracing.cli", "imports", "load", *map(str, arguments)],
        cwd=ROOT,
        env=os.environ | {"TRACING_DATA_DIR": str(data_dir), "TRACING_FICTION_NUMBERS": "on"},
        capture_output=True,
        text=True,
        timeout=170,
        check=False,
    )


def test_the_command_loads_a_lot_into_a_fresh_folder_and_refuses_a_wrong_key(tmp_path):
    keys = EXTRACTS / "keys"
    opened_with = ("--source", "PDL", "--key-file", keys / "site-rsa.key.pem")

    loaded = run_command(tmp_path, EXTRACTS / CMS, *opened_with, "--json")
    refused = run_command(
        tmp_path, EXTRACTS / CMS, "--source", "PDL", "--key-file", keys / "site-rsa.cert.pem"
    )

    assert loaded.returncode == 0, loaded.stderr
    report = json.loads(loaded.stdout)
    assert {name: report[name] for name in expected(CMS)} == expected(CMS)
    assert refused.returncode == 2
    assert refused.stdout == ""
    assert len(refused.stderr.strip().splitlines()) == 1
    assert "clé" in refused.stderr
