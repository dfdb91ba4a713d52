"""The two papers of a note, read as their readers do: text, title, file name."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime
from zoneinfo import ZoneInfo

import pypdfium2
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from tracing.programmes import get_pack
from tracing.programmes.rules import isolation, quarantine
from tracing.programmes.vocabulary import RiskLevel, Scheme, Subject, Vaccination
from tracing.sickleave.documents import Bearer, Copy, Issuer, NoteContent, content_of, file_name, render
from tracing.sickleave.documents.code_image import code_svg, code_text
from tracing.sickleave.rules import NoteRequest, decide_note, note_number

ON = date(2022, 1, 10)
CALLED_AT = datetime(2022, 1, 10, 0, 30, tzinfo=ZoneInfo("Europe/Paris"))  # still the 9th in UTC

# Parts of words on purpose: none may stand anywhere on the employer's page, not even inside a harmless word.
FORBIDDEN = (
    "covid",
    "corona",
    "sars",
    "virus",
    "pandémi",
    "épidémi",
    "malad",
    "santé",
    "sanitaire",
    "médec",
    "médic",
    "positi",
    "négati",
    "test",
    "dépist",
    "prélèv",
    "labora",
    "contact",
    "contamin",
    "contag",
    "infect",
    "symptôm",
    "signes",
    "fièvre",
    "isolement",
    "quarantaine",
    "vaccin",
    "patient",
    "diagnos",
    "traçage",
    "dérogatoire",
    "p0",
    "cas ",
    "naissance :",
    "date de naissance",
    "mesure",
    "règle",
)


def content(subject=Subject.CASE, pack="covid19", **bearer):
    rules = get_pack(pack)
    if subject is Subject.CASE:
        dates = {"onset": date(2022, 1, 8), "sampled": date(2022, 1, 9)}
        measure = isolation(rules, vaccination=Vaccination.NONE, age=36, on=ON, **dates)
    else:
        dates = {"last_contact": date(2022, 1, 9)}
        measure = quarantine(
            rules, lives_with_case=False, vaccination=Vaccination.NONE, age=36, on=ON, **dates
        )
    request = NoteRequest(
        pack=rules,
        subject=subject,
        on=ON,
        measure=measure,
        age=36,
        scheme=Scheme.RG,
        can_telework=False,
        sworn=True,
        identity_verified=True,
        risk=RiskLevel.AT_RISK,
    )
    person = {
        "last_name": "DUPONT",
        "birth_name": "LE GALL",
        "first_names": "Marie Anne",
        "birth_date": date(1985, 3, 1),
        "nir": "285034410900123",
        "address": ("3 allée des Tilleuls", "44100 Nantes"),
    }
    return content_of(
        request,
        decide_note(request),
        number=note_number("751", 2022, 42),
        verification_code="7KQ4-M2XP",
        issued_at=CALLED_AT,
        issuer=Issuer(name="Caisse de Nantes", address=("12 rue des Essais",), phone="02 61 91 00 00"),
        bearer=Bearer(**person | bearer),
        **dates,
    )


def read(pdf: bytes) -> str:
    document = pypdfium2.PdfDocument(pdf)
    words = " ".join(page.get_textpage().get_text_bounded() for page in document)
    document.close()
    return re.sub(r"\s+", " ", words)


def hints_in(words: str) -> list[str]:
    """Return what hints at a reason, apart from the paper's own name and that of every fund."""
    # the code by which a note is checked is drawn, and may spell anything
    drawn = re.sub(r"\b[2-9A-Z]{4}-[2-9A-Z]{4}\b", "", words)
    said = drawn.lower().replace("attestation", "").replace("assurance maladie", "")
    return [word for word in FORBIDDEN if word in said]


OF_A_NAME = st.text(alphabet="BDFGHJKLMNQRWXZÉÏŒ’-", min_size=1, max_size=20).filter(str.strip)
HINT = st.sampled_from([
    "Plateforme Covid-19", "Cellule de contact tracing", "Hôpital", "Centre de dépistage", "Santé publique",
    "12 rue du Vaccin", "CAS CONTACT", "Isolément", "médecine", "l’Épidémie", "Site d’isolement",
])  # fmt: skip
PLACE = st.one_of(HINT, OF_A_NAME, st.builds("{} {}".format, OF_A_NAME, HINT))
ISSUER = st.builds(
    Issuer, name=PLACE, address=st.lists(PLACE, max_size=3).map(tuple), phone=st.one_of(st.none(), HINT)
)


@settings(max_examples=60, deadline=None, phases=(Phase.generate,))
@given(
    subject=st.sampled_from(Subject), names=st.tuples(OF_A_NAME, OF_A_NAME, OF_A_NAME), issuer=ISSUER,
    fund=st.one_of(st.none(), ISSUER), signatory=PLACE, payroll=st.lists(PLACE, max_size=2).map(tuple),
    prolongs=st.booleans(), check_at=st.sampled_from([None, "https://verifier.example.org/public", "https://covid.fr"]),
)  # fmt: skip
def test_no_name_and_no_place_tells_the_employer_why(
    subject, names, issuer, fund, signatory, payroll, prolongs, check_at
):
    note = content(subject, last_name=names[0], birth_name=names[1], first_names=names[2]).model_copy(
        update={
            "issuer": issuer,
            "fund": fund,
            "signatory": signatory,
            "payroll": payroll,
            "prolongs": note_number("751", 2022, 41) if prolongs else None,
            "prolongs_days": (date(2022, 1, 1), date(2022, 1, 7)) if prolongs else None,
            "programme": "Covid-19",
            "neutral_label": "Covid",
        }
    )

    pdf = render(note, Copy.EMPLOYER, check_at=check_at)

    document = pypdfium2.PdfDocument(pdf)
    properties = document.get_metadata_dict()
    document.close()
    assert hints_in(f"{read(pdf)} {properties}") == []


def test_what_a_newer_release_stored_on_a_note_is_kept_and_the_note_is_still_printed():
    stored = content().to_store() | {"later": {"on": "2022-01-10"}}
    stored["bearer"] = stored["bearer"] | {"title": "Dr"}

    known = NoteContent.model_validate(stored)

    assert known.to_store() == stored
    assert known.model_copy(update={"number": "AI-440-2022-0000002-0"}).to_store()["later"] == stored["later"]
    assert "DUPONT" in read(render(known, Copy.INSURED))


def test_a_neutral_sender_is_printed_and_the_telephone_of_those_who_trace_is_not():
    fund = Issuer(
        name="Caisse primaire d’assurance maladie de Loire-Atlantique",
        address=("9 rue Gaëtan",),
        phone="36 79",
    )
    said = {"fund": fund, "signatory": "Claire Legrand, directrice"}

    words = read(
        render(content().model_copy(update=said), Copy.EMPLOYER, check_at="https://v.example/public")
    )

    for expected in (
        fund.name,
        "9 rue Gaëtan",
        "36 79",
        "Claire Legrand, directrice",
        "https://v.example/public",
    ):
        assert expected in words
    assert "02 61 91 00 00" not in words
    assert "Caisse de Nantes" not in words
    assert "Aucun délai de carence" in words
    assert "dû dès le premier jour" in words


def test_a_prolongation_names_what_it_prolongs_and_a_replaced_paper_what_took_its_place():
    longer = {"prolongs": "AI-751-2022-0000041-5", "prolongs_days": (date(2022, 1, 1), date(2022, 1, 7))}
    void = {"cancelled": True, "replaced_by": "AI-751-2022-0000043-1"}

    for copy in Copy:
        words = read(render(content().model_copy(update=longer | void), copy))
        span = "AI-751-2022-0000041-5, du 1er janvier 2022 au 7 janvier 2022"
        assert f"Prolongation de l’arrêt n° {span}" in words
        assert "REMPLACÉ" in words
        assert "remplacé par le n° AI-751-2022-0000043-1" in words


def test_the_square_code_carries_what_is_typed_to_check_the_paper():
    note = content()
    text = code_text(
        number=note.number, initials=note.initials, first_day=note.first_day, last_day=note.last_day,
        code=note.verification_code,
    )  # fmt: skip

    assert text == "N=AI-751-2022-0000042-3;I=MD;DU=2022-01-08;AU=2022-01-18;C=7KQ4-M2XP"
    assert "DUPONT" not in code_svg(text)


@pytest.mark.parametrize("subject", list(Subject))
@pytest.mark.parametrize("pack", ["covid19", "exercise-2022"])
def test_the_employer_learns_nothing_of_the_reason(subject, pack):
    pdf = render(content(subject, pack), Copy.EMPLOYER)
    words = read(pdf).lower()

    assert hints_in(words) == []
    assert [secret for secret in ("1985", "tilleuls", "285", "85 03", "2022.2") if secret in words] == []


@pytest.mark.parametrize("subject", list(Subject))
def test_neither_the_name_nor_the_properties_of_the_employer_s_file_give_it_away(subject):
    pdf = render(content(subject), Copy.EMPLOYER)
    document = pypdfium2.PdfDocument(pdf)
    properties = document.get_metadata_dict()
    document.close()
    # The description that archives read (XMP) is not compressed, so it can be searched as it is.
    description = pdf[pdf.index(b"<x:xmpmeta") : pdf.index(b"</x:xmpmeta>")].decode()
    name = file_name(content().number, Copy.EMPLOYER)

    said = f"{properties} {description} {name}".lower()
    assert hints_in(said) == []
    assert (name, properties["Title"]) == (
        "AI-751-2022-0000042-3-employeur.pdf",
        "Attestation valant avis d’arrêt de travail AI-751-2022-0000042-3",
    )
    assert "dupont" not in said


def test_both_copies_of_two_capacities_look_alike_to_an_employer():
    case, contact = (read(render(content(subject), Copy.EMPLOYER)) for subject in Subject)

    def without_days(words):
        return re.sub(r"(lundi|mardi|samedi|dimanche) \d+ janvier 2022|\d+ jours", "…", words)

    assert without_days(case) == without_days(contact)


def test_the_employer_reads_who_and_which_days():
    words = read(render(content(), Copy.EMPLOYER))

    for expected in (
        "Exemplaire de l’employeur",
        "Caisse de Nantes",
        "Délivré le 10 janvier 2022",
        "AI-751-2022-0000042-3",
        "7KQ4-M2XP",
        "DUPONT",
        "LE GALL",
        "Marie Anne",
        "samedi 8 janvier 2022",
        "mardi 18 janvier 2022",
        "11 jours",
        "vaut avis d’arrêt de travail",
        "• •• •• •• ••• 001 ••",
    ):
        assert expected in words


def test_a_case_reads_why_and_what_to_do():
    words = read(render(content(), Copy.INSURED))

    for expected in (
        "Exemplaire de l’assuré",
        "Personne testée positive",
        "Premiers symptômes samedi 8 janvier 2022",
        "Prélèvement dimanche 9 janvier 2022",
        "1er mars 1985",
        "2 85 03 44 109 001 23",
        "3 allée des Tilleuls, 44100 Nantes",
        "déclaré sur l’honneur",
        "Décret n° 2021-13",
        "covid19@2022.2/P0-4b et covid19@2022.2/N-1",
        "Vos droits",
    ):
        assert expected in words
    assert "EXERCICE" not in words


def test_a_contact_reads_their_last_contact_and_nothing_of_the_case():
    words = read(render(content(Subject.CONTACT), Copy.INSURED))

    assert "Personne contact à risque" in words
    assert "Dernière rencontre dimanche 9 janvier 2022" in words
    assert "Prélèvement" not in words


@pytest.mark.parametrize("copy", list(Copy))
def test_an_exercise_is_stamped(copy):
    words = read(render(content(pack="exercise-2022"), copy))

    assert words.count("EXERCICE") == 2  # across the page, and in words
    assert "sans valeur" in words
    assert "Décret" not in words


@pytest.mark.parametrize("copy", list(Copy))
def test_a_copy_holds_on_one_page_and_says_its_language(copy):
    pdf = render(content(), copy)
    document = pypdfium2.PdfDocument(pdf)

    assert len(document) == 1
    document.close()
    assert b"/Lang" in pdf
    assert b"<pdfaid:part>2</pdfaid:part>" in pdf
    assert b"<pdfuaid:part>1</pdfuaid:part>" in pdf


def test_a_name_is_printed_as_it_is_written():
    words = read(render(content(last_name='#panic() *O’NEILL* $x$ <b> \\ "', birth_name=None), Copy.EMPLOYER))

    assert '#panic() *O’NEILL* $x$ <b> \\ "' in words
    assert "Nom de naissance" not in words


def test_a_person_of_whom_little_is_known_has_their_note():
    words = read(render(content(birth_date=None, nir=None, address=()), Copy.INSURED))

    assert "DUPONT" in words
    assert "Numéro de sécurité sociale non connu à la délivrance" in words


def test_a_stored_note_prints_the_same_bytes_years_later():
    note = content()
    stored = NoteContent.model_validate_json(note.model_dump_json())

    assert render(stored, Copy.INSURED) == render(note, Copy.INSURED)


def test_two_requests_at_once_get_their_own_paper():
    notes = [content(last_name=name) for name in ("ADA", "BEN", "CLEO", "DAN")]
    with ThreadPoolExecutor(4) as several:
        papers = list(several.map(lambda note: read(render(note, Copy.EMPLOYER)), notes))

    assert ["ADA" in papers[0], "BEN" in papers[1], "CLEO" in papers[2], "DAN" in papers[3]] == [True] * 4


def test_a_note_issued_within_a_second_is_printed():
    note = content()

    issued = note.model_copy(update={"issued_at": note.issued_at.replace(microsecond=418_201)})

    assert render(issued, Copy.INSURED).startswith(b"%PDF")
