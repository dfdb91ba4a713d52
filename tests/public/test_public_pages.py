"""Whoever is called, or holds a note, asks the public pages: yes, no, what it is worth. The role can do nothing else."""

import os
import re
from datetime import UTC, date, datetime, timedelta

import psycopg
import pytest
from babel.messages.pofile import read_po
from sqlalchemy import insert, text, update
from sqlalchemy.exc import ProgrammingError

from tests.support.pages import check_page
from tests.support.source import PACKAGE
from tests.support.story import identity, waiting_case
from tests.support.words import sentences_once
from tracing.app.public_pages import create_public_app, running
from tracing.calls.models import Call
from tracing.calls.queries import get_call
from tracing.calls.spoken_proof import WORDS, as_stored, draw, shown
from tracing.facts.models import Fact
from tracing.facts.rules import FactKind, FactSource, SubjectType
from tracing.kernel import db
from tracing.kernel.config import CannotStart, Settings
from tracing.kernel.postgres import migrate
from tracing.kernel.postgres.roles import PUBLIC_PAGES
from tracing.messages.models import MessageStop
from tracing.programmes import load_packs
from tracing.public.models import PublicTry
from tracing.public.services import Checks
from tracing.public.tidying import forget_tries
from tracing.sickleave.delivery import papers
from tracing.sickleave.delivery.papers import Papers
from tracing.sickleave.delivery.rules import LinkKeys, link_text, proven_text
from tracing.sickleave.models import NoteDelivery, NoteKind, NoteLinkPapers, NoteState, SickNote
from tracing.sickleave.numbering import checked_text
from tracing.sickleave.rules import DeliveryWay
from tracing.staff.models import Site, SiteKind
from tracing.vault import sealing

KEY = bytes(range(32))
DAY = date(2026, 3, 9)
PAPER = {
    "number": "AI-440-2026-0000001-3",
    "initials": "MD",
    "first_day": DAY.isoformat(),
    "last_day": (DAY + timedelta(days=6)).isoformat(),
    "code": "ABCD-2345",
}
DISEASE = re.compile(
    r"covid|malad|positi|contact|épidémi|isole|test\b|santé|virus|disease|sick person", re.IGNORECASE
)


@pytest.fixture(scope="module")
def ways(databases):
    made = databases.add(f"public_{os.getpid()}")
    migrate.upgrade(made.owner_url, made.keys_owner_url)  # a copy of a database has nobody's right to connect
    return made


@pytest.fixture(scope="module")
def public_url(server, ways):
    return server._cluster.url(PUBLIC_PAGES, f"public_{os.getpid()}")


@pytest.fixture
def platform(ways):
    """The application's connection, to a database with two sites and nothing else."""
    engine = db.make_engine(ways.url)
    with engine.begin() as connection:
        connection.execute(text("SET LOCAL session_replication_role = 'replica'"))
        for table in (
            *("calls", "sick_notes", "public_tries", "public_link_tries", "sites", "message_stops"),
            *("note_link_papers", "note_deliveries"),
        ):
            connection.execute(text(f"DELETE FROM {table}"))
        for site_id, kind in ((1, SiteKind.LIVE), (2, SiteKind.TRAINING)):
            site = {"id": site_id, "code": f"44{site_id}", "name": "Nantes", "programme": "x", "kind": kind}
            connection.execute(insert(Site).values(site))
    yield engine
    engine.dispose()


@pytest.fixture
def pages(public_url, platform, tmp_path):
    """A browser on the public pages."""
    engine = db.make_engine(public_url)
    app = create_public_app(Settings(data_dir=tmp_path), Checks(engine, KEY))
    yield app.test_client()
    engine.dispose()


def add(engine, model, **values):
    with engine.begin() as connection:
        connection.execute(text("SET LOCAL session_replication_role = 'replica'"))
        connection.execute(insert(model).values(values))


def begun(engine, proof, *, ago=timedelta(0), site_id=1, claim=1):
    at = datetime.now(UTC) - ago
    add(
        engine,
        Call,
        entry_id=1,
        claim_number=claim,
        household_id=1,
        tracer_id=1,
        session_id=None,
        site_id=site_id,
        started_at=at,
        proof=proof,
        ended_at=at,
        outcome="completed",
    )


def issued(engine, site_id=1):
    printed = checked_text(**PAPER | {"first_day": DAY, "last_day": DAY + timedelta(days=6)})
    add(
        engine,
        SickNote,
        number=PAPER["number"],
        site_id=site_id,
        person_id=1,
        task_id=1,
        call_id=1,
        kind=NoteKind.CASE,
        first_day=DAY,
        last_day=DAY,
        rule="x",
        issued_by=1,
        issued_at=datetime.now(UTC),
        cohort=DAY,
        check_hash=sealing.blind(KEY, printed),
    )


def ask(pages, page, typed, *, status=200, lang="fr", address="203.0.113.7"):
    answer = pages.post(f"/public/{page}?lang={lang}", data=typed, environ_base={"REMOTE_ADDR": address})
    assert answer.status_code == status, answer.text
    check_page(answer.text)
    return answer


def test_the_role_can_do_nothing_but_ask_its_three_questions(ways, public_url):
    owner, public = db.make_engine(ways.owner_url), db.make_engine(public_url)
    with owner.connect() as connection:
        relations = connection.execute(
            text("SELECT relname, relkind FROM pg_class WHERE relnamespace = 'public'::regnamespace")
        ).all()
        functions = connection.scalars(
            text("SELECT oid::regprocedure::text FROM pg_proc WHERE pronamespace = 'public'::regnamespace")
        ).all()
    tables = [name for name, kind in relations if kind in {"r", "p", "v", "m"}]
    assert len(tables) > 60

    def refused(statement: str) -> bool:
        try:
            with public.begin() as connection:
                connection.execute(text(statement))
        except ProgrammingError as error:
            return isinstance(error.orig, psycopg.errors.InsufficientPrivilege)
        return False

    assert [name for name in tables if not refused(f'SELECT FROM "{name}"')] == []
    with public.connect() as connection:
        may = connection.execute(
            text("""
                SELECT relname FROM pg_class
                WHERE relnamespace = 'public'::regnamespace AND CASE
                    WHEN relkind = 'S' THEN has_sequence_privilege(oid, 'USAGE, SELECT, UPDATE')
                    WHEN relkind IN ('r', 'p', 'v', 'm') THEN
                        has_table_privilege(oid, 'SELECT, INSERT, UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER')
                        OR has_any_column_privilege(oid, 'SELECT, INSERT, UPDATE, REFERENCES')
                    ELSE false END
            """)
        ).all()
        executes = {
            name
            for name in functions
            if connection.scalar(text("SELECT has_function_privilege(:name, 'EXECUTE')"), {"name": name})
        }
    assert may == []
    assert executes == {
        "public_check_call(bytea,text)",
        "public_check_note(bytea,bytea)",
        "public_open_papers(bytea,bytea,bytea)",
    }
    for statement in (
        "SELECT public_count_try('call', '')",
        "CREATE TABLE mine (one int)",
        "CREATE TEMPORARY TABLE mine (one int)",
        "CREATE FUNCTION mine() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "SET ROLE tracing_app",
        "SET session_replication_role = 'replica'",
        "SELECT pg_read_file('PG_VERSION')",
        "COPY (SELECT 1) TO PROGRAM 'true'",
    ):
        assert refused(statement), statement
    with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
        psycopg.connect(
            f"{public_url.replace('+psycopg', '')}".replace(
                f"public_{os.getpid()}", f"public_{os.getpid()}_keys"
            )
        )
    owner.dispose()
    public.dispose()


def test_a_call_of_today_is_ours_and_nothing_else_is_said(pages, platform):
    begun(platform, "citron 482107")
    begun(platform, "girafe 111111", ago=timedelta(hours=25), claim=2)
    begun(platform, "violon 222222", site_id=2, claim=3)

    said = ask(pages, "call", {"word": " Citron", "number": "48-21 07"}).text
    assert "a bien passé cet appel" in said
    assert "did make this call" in ask(pages, "call", {"word": "CITRON", "number": "482107"}, lang="en").text
    for word, number in (
        ("citron", "482108"),
        ("citrons", "482107"),
        ("girafe", "111111"),  # of yesterday
        ("violon", "222222"),  # of a recruit who practises
        ("'; --", "<b>482107"),
    ):
        said = ask(pages, "call", {"word": word, "number": number}).text
        assert "Aucun appel de ces dernières 24 heures" in said
        assert "a bien passé" not in said
    assert "Écrivez le mot" in ask(pages, "call", {"word": "", "number": "482107"}, status=422).text
    # a slip of the finger is no fraud
    for slip in ("48210", "4821070", "abc"):
        assert "a six chiffres" in ask(pages, "call", {"word": "citron", "number": slip}, status=422).text


def test_a_note_is_worth_what_it_is_worth_now(pages, platform):
    issued(platform)

    def told(**other):
        return ask(pages, "note", PAPER | other).text

    assert "Cet arrêt est valable." in told()
    assert "Cet arrêt est valable." in told(code="abcd 2345", initials="dm", number="ai44020260000001-3")
    for other in (
        {"code": "ABCD-2346"},
        {"last_day": PAPER["first_day"]},
        {"initials": "MA"},
        {"number": "AI-1"},
    ):
        assert "Aucun arrêt n’a exactement" in told(**other)
    for state, words in (
        (NoteState.PROLONGED, "et un autre le prolonge"),
        (NoteState.REPLACED, "un autre l’a remplacé"),
    ):
        with platform.begin() as connection:
            connection.execute(update(SickNote).values(state=state))
        assert words in told()
    with platform.begin() as connection:
        connection.execute(update(SickNote).values(site_id=2))
    assert "Aucun arrêt n’a exactement" in told()


LINK, BORN, CODE = "7KQ4-M2XP-9DTR", date(1980, 5, 17), "482107"
TYPED = {"link": LINK, "birth_date": BORN.isoformat(), "code": CODE}
BOTH = Papers(PAPER["number"], DAY, DAY + timedelta(days=6), b"%PDF whole", b"%PDF without a reason")


def given(engine, *, site_id=1, expires=timedelta(days=7)):
    """Give the papers of the note by a link, made by the platform with the key of the public pages."""
    issued(engine, site_id)
    at = datetime.now(UTC)
    keys = LinkKeys.of(sealing.blind(KEY, proven_text(LINK, BORN, CODE)))
    link_hash = sealing.blind(KEY, link_text(LINK))
    with engine.connect() as connection:
        note_id = connection.scalar(text("SELECT id FROM sick_notes"))
    add(
        engine,
        NoteDelivery,
        id=1,
        note_id=note_id,
        way=DeliveryWay.LINK,
        made_at=at,
        made_by=1,
        expires_at=at + expires,
        link_hash=link_hash,
        proof=keys.proof,
        cohort=DAY,
    )
    sealed = papers.sealed(BOTH, keys.opening, link_hash)
    add(engine, NoteLinkPapers, delivery_id=1, until=at + expires, cohort=DAY, sealed=sealed)


def change(engine, model, **values):
    with engine.begin() as connection:
        connection.execute(text("SET LOCAL session_replication_role = 'replica'"))
        connection.execute(update(model).values(values))


def events_of(engine):
    """Return what happened to the note, and who did it."""
    asked = text("SELECT kind, by_id FROM events WHERE subject_id = (SELECT id FROM sick_notes) ORDER BY id")
    with engine.connect() as connection:
        return connection.execute(asked).all()


def test_whoever_has_the_link_the_birth_date_and_the_code_saves_both_papers(pages, platform):
    given(platform)
    asked = pages.get(f"/public/papers/{LINK}").text
    check_page(asked)
    assert f'value="{LINK}"' in asked
    assert events_of(platform) == [], "that a link is followed opens nothing"

    opened = ask(pages, "papers", TYPED | {"link": "7kq4 m2xp 9dtr", "code": "48 21 07"}).text

    assert PAPER["number"] in opened
    ticket = re.search(r'name="ticket" value="([^"]+)"', opened)[1]
    for typed in ("1980", CODE, LINK):
        assert typed not in opened
    for copy, whole in (("insured", BOTH.insured), ("employer", BOTH.employer)):
        file = pages.post("/public/papers", data={"ticket": ticket, "copy": copy})
        assert (file.data, file.mimetype) == (whole, "application/pdf")
        assert file.headers["Cache-Control"] == "no-store"
        assert PAPER["number"] in file.headers["Content-Disposition"]
    assert "Save both now" in ask(pages, "papers", TYPED, lang="en").text
    assert events_of(platform) == [("note.link_opened", None)], "once, and by nobody of ours"
    change(platform, NoteDelivery, opened_at=datetime.now(UTC) - timedelta(minutes=61))
    for again in (TYPED, {"ticket": ticket, "copy": "insured"}):
        said = ask(pages, "papers", again).text
        assert "ne s’ouvre plus" in said
        assert PAPER["number"] not in said


def without_what_was_typed(page):
    return re.sub(r' value="[^"]*"', "", page)


def test_a_stranger_with_the_link_learns_nothing_and_closes_it_after_five_wrong_tries(pages, platform):
    given(platform)
    unknown = ask(pages, "papers", TYPED | {"link": "7KQ4-M2XP-9DTS"}).text

    for wrong in (
        {"birth_date": "1980-05-18"},
        {"code": "482108"},
        {"code": "000000"},
        {"birth_date": "1980-05-07"},
    ):
        said = without_what_was_typed(ask(pages, "papers", TYPED | wrong).text)
        assert said == without_what_was_typed(unknown), "as of a link that there is not"
    assert "douze lettres" in ask(pages, "papers", TYPED | {"link": "7KQ4"}, status=422).text, (
        "a slip counts as none"
    )
    last = ask(pages, "papers", TYPED | {"code": "111111"}).text

    assert "ne s’ouvre plus" in last
    assert "ne s’ouvre plus" in ask(pages, "papers", TYPED).text, "even for its person"
    for _ in range(4):
        of_none = ask(pages, "papers", TYPED | {"link": "7KQ4-M2XP-9DTS"}).text
    assert "ne s’ouvre plus" in of_none, "nor does the fifth answer tell which link there is"
    assert events_of(platform) == [("note.link_closed", None)]
    with platform.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM note_link_papers")) == 0


@pytest.mark.parametrize(
    ("model",        "values",                                          "words"),
    [
        (NoteDelivery, {"superseded_at": datetime(2026, 3, 9, tzinfo=UTC)}, "ne s’ouvre plus"),
        (NoteDelivery, {"expires_at": datetime(2026, 3, 9, tzinfo=UTC)},    "ne s’ouvre plus"),
        (NoteDelivery, {"proof": None},                                     "ne s’ouvre plus"),
        (NoteDelivery, {"birth_corrected_at": datetime(2026, 3, 9, tzinfo=UTC)}, "ne s’ouvre plus"),
        (NoteLinkPapers, {"sealed": None},                                  "ne s’ouvre plus"),
        (SickNote,     {"state": NoteState.CANCELLED},                      "ne vaut plus"),
        (SickNote,     {"state": NoteState.REPLACED},                       "ne vaut plus"),
        (SickNote,     {"state": NoteState.PROLONGED},                      "Vos papiers"),
        (SickNote,     {"site_id": 2},                                      "Rien ne s’ouvre ainsi"),
    ],
)  # fmt: skip
def test_a_link_gives_no_paper_that_does_not_hold(pages, platform, model, values, words):
    given(platform)
    if values.get("state") is NoteState.CANCELLED:
        values |= {"cancelled_at": datetime.now(UTC)}
    change(platform, model, **values)

    said = ask(pages, "papers", TYPED).text

    assert words in said
    assert (PAPER["number"] in said) is (words == "Vos papiers")
    if words == "ne vaut plus":
        assert "ne vaut plus" not in ask(pages, "papers", TYPED | {"code": "111111"}).text, (
            "only to its person"
        )


def test_the_address_pasted_whole_and_the_day_typed_as_one_writes_it_open_the_papers(pages, platform):
    given(platform)

    opened = ask(
        pages,
        "papers",
        TYPED
        | {
            "link": f"https://verifier.example.org/public/papers/{LINK}?lang=fr",
            "birth_date": f"{BORN:%d/%m/%Y}",
        },
    ).text

    assert "Vos papiers" in opened


@pytest.mark.parametrize("born", ["2080-05-17", "0080-05-17", "1880-05-17"])
def test_a_slip_in_the_year_is_no_wrong_try(pages, platform, born):
    given(platform)
    for _ in range(6):
        said = ask(pages, "papers", TYPED | {"birth_date": born}, status=422).text

    assert "relisez l’année" in said
    assert "Vos papiers" in ask(pages, "papers", TYPED).text


def test_the_papers_of_somebody_who_has_died_are_given_to_nobody(pages, platform):
    given(platform)
    add(platform, MessageStop, person_id=1, since=datetime.now(UTC))
    assert "Vos papiers" in ask(pages, "papers", TYPED).text, (
        "asked never to be called: the papers are theirs"
    )

    add(
        platform,
        Fact,
        subject_type=SubjectType.PERSON,
        subject_id=1,
        kind=FactKind.DEATH,
        value=True,
        source=FactSource.RELATIVE,
        said_at=datetime.now(UTC),
        cohort=DAY,
    )

    assert "ne s’ouvre plus" in ask(pages, "papers", TYPED).text


def test_who_guesses_must_wait_and_others_need_not_unless_everybody_guesses(pages, platform):
    guess = {"word": "citron", "number": "111111"}
    for _ in range(20):
        ask(pages, "call", guess, address="2001:db8::1")

    refused = ask(pages, "call", guess, status=429, address="2001:db8::2")  # the same customer's network

    assert "Attendez dix minutes" in refused.text
    assert refused.headers["Retry-After"] == "600"
    ask(pages, "call", guess, address="2001:db8:0:1::1")
    ask(pages, "note", PAPER, address="2001:db8::1")
    with platform.begin() as connection:
        connection.execute(update(PublicTry).where(PublicTry.address_hash == b"").values(tries=1200))
    assert "Too many checks" in ask(pages, "call", guess, status=429, lang="en", address="198.51.100.1").text
    with platform.connect() as connection:
        assert "db8" not in str(connection.execute(text("SELECT * FROM public_tries")).all())


def test_a_page_needs_no_script_and_no_cookie_and_says_nothing_of_any_disease(pages):
    assert pages.get("/").location == "/public/"
    for path in ("", "call", "note", "papers", "papers/7KQ4-M2XP-9DTR", "nowhere"):
        for lang in ("fr", "en"):
            page = pages.get(f"/public/{path}?lang={lang}")
            assert page.status_code == (404 if path == "nowhere" else 200)
            check_page(page.text)
            assert f'<html lang="{lang}">' in page.text
            assert "<script" not in page.text
            assert DISEASE.findall(page.text.replace("Assurance Maladie", "")) == []
            assert "Set-Cookie" not in page.headers
            assert page.headers["Cache-Control"] == "no-store"
            assert "script-src 'none'" in page.headers["Content-Security-Policy"]
    assert 'lang="en"' in pages.get("/public/", headers={"Accept-Language": "en-GB,en;q=0.9"}).text
    for elsewhere in ("cross-site", "same-site"):
        refused = pages.post("/public/call", data={}, headers={"Sec-Fetch-Site": elsewhere})
        assert refused.status_code == 400


def test_the_notice_of_a_programme_says_how_long_data_is_kept_and_names_no_disease(pages):
    for lang, kept, everyone in (("fr", "un mois", "trois mois"), ("en", "one month", "three months")):
        page = pages.get(f"/public/data/programme-r?lang={lang}").text
        check_page(page)
        assert kept in page
        assert everyone not in page
        assert "de un mois" not in page
        assert everyone in pages.get(f"/public/data?lang={lang}").text
        for pack in load_packs().values():
            assert pack.label not in page.replace("Assurance Maladie", "")
    assert 'href="/public/data/programme-r?lang=en"' in pages.get("/public/data/programme-r?lang=fr").text
    assert pages.get("/public/data/rougeole").status_code == 404


def test_without_its_database_it_says_so(tmp_path):
    engine = db.make_engine("postgresql+psycopg://nobody@127.0.0.1:1/nowhere")
    pages = create_public_app(Settings(data_dir=tmp_path), Checks(engine, KEY)).test_client()

    assert "ne répond pas" in ask(pages, "call", {"word": "citron", "number": "111111"}, status=503).text


def test_the_process_does_not_start_without_its_key_nor_as_another_role(tmp_path):
    urls = {"database_url": "postgresql+psycopg://a@h/d", "keys_url": "postgresql+psycopg://a@h/k"}
    settings = Settings(data_dir=tmp_path, **urls)
    with pytest.raises(CannotStart, match="public_pages_key"), running(settings):
        pass
    db_secrets = tmp_path / "secrets"
    db_secrets.mkdir(mode=0o700)
    (db_secrets / "public_pages_key").write_bytes(KEY)
    (db_secrets / "public_pages_key").chmod(0o600)
    with pytest.raises(CannotStart, match="TRACING_PUBLIC_DATABASE_URL"), running(settings):
        pass


def test_every_sentence_of_the_public_pages_has_its_english(pages):
    shown_there = ("tracing/public/", "tracing/app/public_pages.py", "tracing/sickleave/checking/forms.py")
    path = PACKAGE / "translations/en/LC_MESSAGES/messages.po"
    with path.open("rb") as file:
        english = {one.id: one.string for one in read_po(file, locale="en") if one.id}
    once = sentences_once()

    said = {words for place, words in once if place.startswith(shown_there)}

    assert said - set(english) == set()
    assert {one for one in english if one not in {words for _place, words in once}} == set()
    assert [one for one, words in english.items() if not words] == []


def test_the_tracer_sees_what_to_say_and_the_call_is_known_by_it(browse, story, clock):
    waiting_case(story.nantes, identity(), at=clock.move_to(datetime(2026, 3, 10, 9, tzinfo=UTC)))
    ada = browse.as_(story.ada)

    opened = ada.follow("/calls/next")

    call = get_call(int(re.search(r"/calls/(\d+)", opened.request.path)[1]), tracer_id=story.ada.id)
    assert shown(call.proof) in opened.text
    assert as_stored(*shown(call.proof).split(" ", 1)) == call.proof


def test_a_proof_is_a_common_word_without_accents_and_six_digits():
    assert len(WORDS) == len(set(WORDS)) > 350
    assert all(re.fullmatch("[a-z]{4,11}", word) for word in WORDS)
    assert re.fullmatch(r"[a-z]+ \d{6}", draw())
    assert as_stored("Écharpe ", "0 12.345") == "echarpe 012345"


def test_counts_are_forgotten_after_an_hour(session, clock):
    now = clock.move_to(datetime(2026, 3, 10, 9, tzinfo=UTC))
    for ago in (0, 2):
        session.add(PublicTry(page="call", address_hash=b"", began_at=now - timedelta(hours=ago), tries=3))
    session.flush()

    forget_tries(at=now)

    assert session.query(PublicTry).count() == 1
