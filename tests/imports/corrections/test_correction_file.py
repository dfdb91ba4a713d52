"""The lines to correct as a file: what is wrong in a column of its own, corrected elsewhere and sent again."""

import io

import msoffcrypto
import pytest
import python_calamine
import xlsxwriter
from msoffcrypto.format.ooxml import OOXMLFile
from sqlalchemy import func, select

from tests.support.lots import LINE, arrival, enveloped, lot_of
from tracing.cases.models import Case
from tracing.imports.corrections import jobs as correction_jobs
from tracing.imports.corrections import queries as correction_queries
from tracing.imports.corrections.workbook import ERROR, FIELDS
from tracing.imports.corrections.workbook import LINE as NUMBER
from tracing.imports.errors import WrongPassword
from tracing.imports.jobs import load
from tracing.imports.lots import queries
from tracing.imports.models import ImportLine
from tracing.imports.rules import Outcome
from tracing.kernel.events import IdentityAccess

BAD = [
    {"ID_RESULTAT": "PDL-1"},
    {"ID_RESULTAT": "PDL-2", "NOM_NAISSANCE": "", "DATE_NAISSANCE": "31/02/1985"},
    {"ID_RESULTAT": "PDL-3", "PRENOMS": "", "NOM_NAISSANCE": "=1+1a"},
    {"ID_RESULTAT": "PDL-4", "RESULTAT": "POS", "NOM_NAISSANCE": "QUATRE"},
]


@pytest.fixture
def lot(story, session):
    """A lot of four lines, of which three are to be corrected: rows 3, 4 and 5."""
    return load(arrival("pdl.csv.p7m", lot_of(BAD)))["lot"]


@pytest.fixture
def officer(story, browse):
    return browse.as_(story.ivan)


def download(officer, session, lot):
    answer = officer.client.post(f"/lots/{lot}/corrections/file")
    assert answer.status_code == 200
    session.expire_all()
    return answer


def password_of(lot):
    return correction_jobs.password_of(queries.get_lot(lot))


def rows_in(content, password):
    clear = io.BytesIO()
    office = msoffcrypto.OfficeFile(io.BytesIO(content))
    office.load_key(password=password, verify_password=True)
    office.decrypt(clear, verify_integrity=True)
    clear.seek(0)
    return python_calamine.CalamineWorkbook.from_filelike(clear).get_sheet_by_index(0).to_python()


def sent_again(lot, rows, *, password=None):
    """Return a workbook of rows, protected with the password of the lot."""
    clear, protected = io.BytesIO(), io.BytesIO()
    with xlsxwriter.Workbook(clear, {"in_memory": True}) as book:
        sheet = book.add_worksheet("À corriger")
        for place, row in enumerate(rows):
            for column, value in enumerate(row):
                sheet.write_string(place, column, str(value))
    OOXMLFile(clear).encrypt(password or password_of(lot), protected)
    return protected.getvalue()


def changed(rows, row, **fields):
    """Return the rows of a file with some fields of one line changed."""
    place = next(number for number, cells in enumerate(rows) if cells[0] == str(row))
    cells = list(rows[place])
    for name, value in fields.items():
        cells[rows[0].index(name)] = value
    return [*rows[:place], cells, *rows[place + 1 :]]


def resend(officer, lot, content, *, status=303):
    answer = officer.client.post(
        f"/lots/{lot}/corrections", data={"file": (io.BytesIO(content), "corrige.xlsx")}
    )
    assert answer.status_code == status, answer.text[:1500]
    return answer


def outcomes(session, lot):
    session.expire_all()
    return {
        line.row_number: line.outcome
        for line in session.scalars(select(ImportLine).where(ImportLine.is_current, ImportLine.lot_id == lot))
    }


def test_the_file_is_protected_and_says_all_that_is_wrong_in_a_column(officer, session, lot):
    answer = download(officer, session, lot)

    assert answer.headers["Content-Disposition"].endswith(f"lot-{lot}-a-corriger.xlsx")
    password = password_of(lot)
    head, first, second, third = rows_in(answer.data, password)
    assert head == [NUMBER, ERROR, *FIELDS]
    assert first[0] == "3"
    assert "NOM_NAISSANCE\u202f: Ce champ est obligatoire" in first[1]
    assert "DATE_NAISSANCE\u202f: Cette date est illisible" in first[1]
    assert first[head.index("DATE_NAISSANCE")] == "31/02/1985"
    assert second[head.index("NOM_NAISSANCE")] == "=1+1a".strip("=")
    assert (
        third[1]
        == "RESULTAT\u202f: Ce code est inconnu. P positif, N négatif, I ininterprétable, X non réalisé."
    )


def test_its_password_stands_on_the_page_of_the_lot_sealed_and_the_same_every_time(officer, session, lot):
    first = download(officer, session, lot).data
    password = password_of(lot)
    second = download(officer, session, lot).data

    assert len(password) == 23
    assert password in officer.get(f"/lots/{lot}/corrections").text
    assert password.encode() not in bytes(queries.get_lot(lot).corrections_secret)
    assert rows_in(first, password) == rows_in(second, password)


def test_who_downloaded_whose_lines_is_recorded(officer, session, story, lot):
    download(officer, session, lot)

    seen = session.scalars(select(IdentityAccess).where(IdentityAccess.viewer_id == story.ivan.id)).one()
    lines = session.scalars(select(ImportLine.id).where(ImportLine.outcome == Outcome.QUARANTINED)).all()
    assert set(seen.people) == {f"line:{line}" for line in lines}


def test_corrected_lines_join_the_lot_and_the_others_keep_what_was_changed(officer, session, lot):
    rows = rows_in(download(officer, session, lot).data, password_of(lot))
    rows = changed(rows, 3, NOM_NAISSANCE="ROY", DATE_NAISSANCE="28/02/1985")
    rows = changed(rows, 4, NOM_NAISSANCE="TYPED")

    resend(officer, lot, sent_again(lot, rows))
    page = officer.get(f"/lots/{lot}/corrections")

    assert outcomes(session, lot) == {
        2: Outcome.CREATED,
        3: Outcome.CREATED,
        4: Outcome.QUARANTINED,
        5: Outcome.QUARANTINED,
    }
    assert "1 ligne corrigée. 2 lignes sont encore à corriger." in page.text
    still = correction_queries.get_line(lot, 4)
    assert (still.revision, still.reasons) == (2, ["MISSING_FIELD"])
    assert queries.fields_of(still)["NOM_NAISSANCE"] == "TYPED"
    assert correction_queries.get_line(lot, 5).revision == 1
    counts = queries.get_lot(lot).counts
    assert (counts["lines"], counts["created"], counts["quarantined"]) == (4, 2, 2)


def test_the_same_file_twice_doubles_nothing(officer, session, lot):
    rows = rows_in(download(officer, session, lot).data, password_of(lot))
    rows = changed(rows, 3, NOM_NAISSANCE="ROY", DATE_NAISSANCE="28/02/1985")
    rows = changed(rows, 4, NOM_NAISSANCE="TYPED")
    content = sent_again(lot, rows)

    resend(officer, lot, content)
    lines = session.scalar(select(func.count()).select_from(ImportLine))
    resend(officer, lot, content)
    page = officer.get(f"/lots/{lot}/corrections")

    assert session.scalar(select(func.count()).select_from(ImportLine)) == lines
    assert session.scalar(select(func.count()).select_from(Case)) == 2
    assert "1 ligne l’était déjà" in page.text


def test_rows_that_name_no_line_of_the_lot_are_reported(officer, session, lot):
    rows = rows_in(download(officer, session, lot).data, password_of(lot))
    rows = changed(rows, 3, LIGNE="77")
    rows = changed(rows, 5, LIGNE="")

    resend(officer, lot, sent_again(lot, rows))
    page = officer.get(f"/lots/{lot}/corrections")

    assert "Lignes inconnues dans ce lot\u202f: 77." in page.text
    assert "1 rang n’a pas de numéro" in page.text
    assert list(outcomes(session, lot).values()).count(Outcome.QUARANTINED) == 3


def test_columns_may_be_moved_and_dropped_but_not_the_number(officer, session, lot):
    rows = rows_in(download(officer, session, lot).data, password_of(lot))
    rows = changed(rows, 3, NOM_NAISSANCE="ROY", DATE_NAISSANCE="28/02/1985", NUM_LOT="3")
    turned = [[*reversed(cells[2:]), *cells[:2]] for cells in rows]
    headless = [cells[1:] for cells in rows]

    resend(officer, lot, sent_again(lot, headless))
    assert outcomes(session, lot)[3] is Outcome.QUARANTINED
    resend(officer, lot, sent_again(lot, turned))
    assert outcomes(session, lot)[3] is Outcome.CREATED


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"LIGNE;ERREUR\n3;x\n", "Ce fichier n’est plus protégé."),
        (b"\x00\x01\x02", "n’est pas"),
    ],
)
def test_another_file_is_refused_beside_the_field(officer, session, lot, content, sentence):
    download(officer, session, lot)

    page = resend(officer, lot, content, status=422)

    assert sentence in page.text


def test_another_password_opens_nothing(officer, session, lot):
    download(officer, session, lot)

    page = resend(officer, lot, sent_again(lot, [[NUMBER, ERROR, *FIELDS]], password="autre"), status=422)

    assert WrongPassword().message in page.text


def test_without_a_download_there_is_nothing_to_send_again(officer, session, lot):
    page = resend(officer, lot, b"x", status=409)

    assert "Commencez par là" in page.text


def test_two_rows_that_claim_one_result_id_do_not_swallow_each_other(officer, session, lot):
    rows = rows_in(download(officer, session, lot).data, password_of(lot))
    good = {name: LINE.get(name, "") for name in ("PRENOMS", "DATE_NAISSANCE", "RESULTAT")}
    rows = changed(rows, 3, **good, NOM_NAISSANCE="UN", ID_RESULTAT="PDL-77")
    rows = changed(rows, 4, **good, NOM_NAISSANCE="DEUX", ID_RESULTAT="PDL-77")

    resend(officer, lot, sent_again(lot, rows))

    assert outcomes(session, lot)[3] is Outcome.CREATED
    assert outcomes(session, lot)[4] is Outcome.QUARANTINED


def test_a_line_whose_cells_may_be_shifted_is_not_taken_unseen(officer, session, story):
    """Nothing is wrong with its fields: only its shape says that they may belong elsewhere."""
    wide = ";".join([*(LINE.get(name, "") for name in FIELDS), "0612345678"])
    lot = load(arrival("pdl.csv", enveloped(f"{';'.join(FIELDS)}\r\n{wide}\r\n".encode())))["lot"]
    rows = rows_in(download(officer, session, lot).data, password_of(lot))
    assert "décalées" in rows[1][rows[0].index(ERROR)]

    resend(officer, lot, sent_again(lot, rows))

    assert outcomes(session, lot) == {2: Outcome.QUARANTINED}
    page = officer.get(f"/lots/{lot}/lines/2")
    assert "peut-être décalées" in page.text
    assert "telle quelle" not in page.text

    resend(officer, lot, sent_again(lot, changed(rows, 2, COMMUNE="NANTES")))

    assert outcomes(session, lot) == {2: Outcome.CREATED}
