"""What the plan says is what loading does: the same rules, the same order, and nothing written before."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select, text

from tests.conftest import NOW
from tests.support.lots import arrival, expected, lot_of, secrets, take_back
from tracing.imports import jobs
from tracing.imports.errors import NotNow, OriginalGone
from tracing.imports.jobs import load, plan_file, process_next_lot
from tracing.imports.lots import originals
from tracing.imports.lots import services as lots
from tracing.imports.lots.report import MOST_EXAMPLES
from tracing.imports.models import ImportLot, ImportOriginal, ImportSource, LotState
from tracing.imports.sources import services as source_services
from tracing.kernel import clock as clocks
from tracing.kernel.config import Settings
from tracing.kernel.db import Base, transaction
from tracing.kernel.events import Event

LOTS = ("pdl-20210308-0800.csv.p7m", "pdl-20210308-1300.xlsx", "pdl-20210510-hard.csv.p7m")
CMS, HARD = LOTS[0], LOTS[2]
COUNTS = (
    *("lines", "created", "repeat", "duplicate", "not_positive", "quarantined", "withdrawn"),
    *("possible_duplicates", "new_episodes", "completed", "lost_ids", "shared_ids"),
    *("quarantine_reasons", "warnings"),
)


@pytest.fixture
def settings(tmp_path):
    return Settings(data_dir=tmp_path, fiction_numbers=True)


def receive(story, content=None, *, name=CMS, source="PDL", by=None, **changes):
    sent = arrival(name, content)
    with transaction():
        lot = lots.receive(
            sent.content,
            file_name=sent.file_name,
            source_code=source,
            one_off_secret=changes.pop("secret", secrets(name)),
            by=(by or story.ivan).id,
            at=clocks.now(),
            **changes,
        )
    return lot.id


def lot_at(session, lot_id):
    return session.get(ImportLot, lot_id, populate_existing=True)


def trust(session, code="PDL"):
    with transaction():
        source_services.get_or_create_source(code, at=NOW)
        session.get_one(ImportSource, code).is_trusted = True


def counts_of(report):
    return {name: report[name] for name in COUNTS}


def rows_in_every_table(session):
    return {
        name: session.scalar(text(f"SELECT count(*) FROM {name}"))
        for name in Base.metadata.tables
        if name not in {"run_slots", "sightings"}
        and session.scalar(text("SELECT to_regclass(:name)"), {"name": name})
    }


@pytest.mark.parametrize("batch_size", [1000, 7, 1])
def test_the_plan_of_each_lot_is_exactly_what_loading_it_does(story, session, batch_size):
    for name in LOTS:
        plan = plan_file(arrival(name), batch_size=batch_size)
        report = load(arrival(name))

        assert counts_of(plan) == counts_of(report)
        wanted = expected(name)
        assert {key: plan[key] for key in wanted if key in COUNTS} == {
            key: value for key, value in wanted.items() if key in COUNTS
        }
        session.expire_all()


IN_JANUARY = {"DATE_EXTRACTION": "08/01/2021 07:45"}


@pytest.mark.parametrize("batch_size", [1000, 3, 1])
def test_what_an_earlier_line_brings_counts_for_the_next_wherever_the_batches_end(story, session, batch_size):
    """A number that a repeat brings makes a later line a possible duplicate; an earlier sampling moves the 60 days."""
    lines = lot_of(
        [
            {"ID_RESULTAT": "A-1"},
            {"ID_RESULTAT": "A-2", "TEL_MOBILE": "0639980044"},
            {"ID_RESULTAT": "A-3", "NOM_NAISSANCE": "LE GOF", "TEL_MOBILE": "0639980044"},
            IN_JANUARY | {"ID_RESULTAT": "A-4", "DATE_PRELEVEMENT": "07/01/2021 08:30"},
            IN_JANUARY | {"ID_RESULTAT": "A-5", "DATE_PRELEVEMENT": "05/01/2021 08:30"},
            {"ID_RESULTAT": "A-6", "DATE_PRELEVEMENT": "06/03/2021 08:30"},
            {"ID_RESULTAT": "A-1", "RESULTAT": "N"},
            {"ID_RESULTAT": "A-7", "PRENOMS": ""},
            {"ID_RESULTAT": "A-7", "DATE_PRELEVEMENT": "06/03/2021 08:30"},
            {"ID_RESULTAT": "A-8"},
        ]
    )

    plan = plan_file(arrival(CMS, lines), batch_size=batch_size)
    report = load(arrival(CMS, lines), batch_size=batch_size, with_lines=True)

    assert counts_of(plan) == counts_of(report)
    assert report["outcomes"] == {
        "A-1": "created",
        "A-2": "repeat",
        "A-3": "created:possible",
        "A-4": "repeat",
        "A-5": "repeat",
        "A-6": "repeat",
        "A-1#2": "quarantined:CONTRADICTION",
        "A-7": "quarantined:MISSING_FIELD",
        "A-7#2": "repeat",
        "A-8": "created:new_episode",
    }


def test_a_plan_asked_from_the_command_line_writes_nothing_at_all(story, session):
    session.commit()
    before = rows_in_every_table(session)

    plan_file(arrival(HARD))

    assert rows_in_every_table(session) == before


def test_a_received_lot_waits_with_its_plan_and_only_then_is_loaded(story, session, settings):
    lot_id = receive(story)
    before = rows_in_every_table(session)

    assert process_next_lot(settings) == lot_id

    lot = lot_at(session, lot_id)
    wanted = {key: value for key, value in expected(CMS).items() if key in COUNTS}
    assert lot.state is LotState.PLANNED
    assert {key: lot.plan[key] for key in wanted} == wanted
    # how its columns are read is known of the source now; of the lot nothing is taken in
    also = {"events": before["events"] + 2, "source_mappings": before["source_mappings"] + 1}
    assert rows_in_every_table(session) == before | also
    assert process_next_lot(settings) is None

    with transaction():
        lots.accept(lot_id, by=story.ivan.id, at=NOW)
    assert process_next_lot(settings) == lot_id

    lot = lot_at(session, lot_id)
    assert lot.state is LotState.LOADED
    assert counts_of(lot.counts) == counts_of(lot.plan)
    assert (lot.committed_by, lot.received_by) == (story.ivan.id, story.ivan.id)


def test_the_lots_of_a_trusted_source_are_loaded_without_a_word(story, session, settings):
    trust(session)
    lot_id = receive(story)

    process_next_lot(settings)

    lot = lot_at(session, lot_id)
    assert lot.state is LotState.LOADED
    assert lot.counts["created"] == expected(CMS)["created"]


def test_examples_name_rows_and_results_and_nobody(story):
    lines = [{"ID_RESULTAT": f"B-{n}", "PRENOMS": "", "NOM_NAISSANCE": "KERGOAT"} for n in range(8)]
    plan = plan_file(arrival(CMS, lot_of([{}, *lines])))

    examples = plan["examples"]
    assert examples["created"] == [{"row": 2, "id": "PDL-1"}]
    assert len(examples["quarantined"]) == len(examples["MISSING_FIELD"]) == MOST_EXAMPLES
    assert examples["MISSING_FIELD"][0] == {"row": 3, "id": "B-0"}
    assert "GOFF" not in str(plan)
    assert "KERGOAT" not in str(plan)


def test_a_discarded_lot_brings_nothing_and_can_be_taken_up_again(story, session, settings):
    lot_id = receive(story)
    process_next_lot(settings)
    with transaction():
        lots.discard(lot_id, by=story.ivan.id, at=NOW)
    assert process_next_lot(settings) is None
    with pytest.raises(NotNow), transaction():
        lots.accept(lot_id, by=story.ivan.id, at=NOW)

    with transaction():
        lots.restore_discarded(lot_id, by=story.ivan.id, at=NOW)
    process_next_lot(settings)

    assert lot_at(session, lot_id).state is LotState.PLANNED


def test_the_file_is_kept_sealed_for_its_days_and_what_opens_it_until_it_is_loaded(
    story, session, settings, clock
):
    content = arrival(CMS).content
    lot_id = receive(story, keep_days=3)
    kept = session.get_one(ImportOriginal, lot_id)
    assert content not in kept.content
    assert b"BEGIN" not in kept.secret
    assert originals.content_of(lot_id) == content
    assert originals.secret_of(lot_id) == secrets(CMS)

    process_next_lot(settings)
    with transaction():
        lots.accept(lot_id, by=story.ivan.id, at=NOW)
    process_next_lot(settings)
    session.expire_all()
    assert session.get_one(ImportOriginal, lot_id).secret is None

    clock.move_to(NOW + timedelta(days=2, hours=23))
    assert jobs.remove_originals(clocks.now()) == 0
    clock.move_to(NOW + timedelta(days=3, minutes=1))
    assert jobs.remove_originals(clocks.now()) == 1
    with pytest.raises(OriginalGone):
        originals.content_of(lot_id)
    assert lot_at(session, lot_id).file_sha256


def test_a_lot_whose_file_is_gone_is_refused_in_words(story, session, settings):
    lot_id = receive(story)
    session.delete(session.get_one(ImportOriginal, lot_id))
    session.commit()

    process_next_lot(settings)

    lot = lot_at(session, lot_id)
    assert lot.state is LotState.REFUSED
    assert "n’est plus conservé" in lot.refusal


def test_a_file_sent_in_clear_is_refused_and_not_kept(story, session, settings):
    lot_id = receive(story, b"nom;prenom\r\nDUPONT;Marie\r\n")

    process_next_lot(settings)

    assert lot_at(session, lot_id).state is LotState.REFUSED
    assert session.scalar(select(func.count()).select_from(ImportOriginal)) == 0


def test_a_file_that_a_wrong_key_did_not_open_can_be_opened_with_another(story, session, settings):
    lot_id = receive(story, secret=None)
    process_next_lot(settings)
    assert lot_at(session, lot_id).refusal_code == "key_missing"

    with transaction():
        lots.open_with(lot_id, secrets(CMS), by=story.ivan.id, at=NOW)
    process_next_lot(settings)

    lot = lot_at(session, lot_id)
    assert (lot.state, lot.refusal, lot.refusal_code) == (LotState.PLANNED, None, None)


def test_no_step_of_a_lot_writes_an_identity_into_the_journal(story, session, settings):
    lot_id = receive(story, lot_of([{}, {"ID_RESULTAT": "B-1", "NOM_NAISSANCE": "KERGOAT", "PRENOMS": ""}]))
    process_next_lot(settings)
    with transaction():
        lots.accept(lot_id, by=story.ivan.id, at=NOW)
    process_next_lot(settings)
    take_back(lot_id, by=story.ivan.id)

    told = [(event.kind, event.detail) for event in session.scalars(select(Event))]
    assert {"lot.received", "lot.planned", "lot.committed", "lot.loaded", "lot.undo_asked", "lot.undone"} <= {
        kind for kind, _ in told
    }
    assert "GOFF" not in str(told)
    assert "KERGOAT" not in str(told)
