"""A paper that is handed out is signed by its site, and stays what an archive and a screen reader need."""

import io
from datetime import timedelta

import pikepdf
import pytest
from asn1crypto import x509
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko_certvalidator import ValidationContext
from sqlalchemy import select

from tests.casefiles.test_a_note_for_the_next_caller import COMPLAINT
from tests.conftest import NOW
from tests.sickleave.test_documents import content, hints_in
from tracing.cases.queries import get_case
from tracing.kernel.db import session
from tracing.queue.queries import get_task
from tracing.sickleave.documents import Copy, render
from tracing.sickleave.documents.signature import make_key, sign
from tracing.sickleave.models import SiteSigningKey
from tracing.sickleave.signing import services

KEPT = (
    "/Metadata",
    "/OutputIntents",
    "/StructTreeRoot",
    "/MarkInfo",
    "/Lang",
    "/ViewerPreferences",
    "/Pages",
)


def parts(pdf: bytes) -> dict[str, bytes]:
    """Return what makes a paper PDF/A and PDF/UA, written out: XMP, output intent, structure tree, pages with fonts."""
    with pikepdf.open(io.BytesIO(pdf)) as opened:
        found = {}
        for name in KEPT:
            one = opened.Root.get(name)
            seen = repr(one) if not isinstance(one, pikepdf.Stream) else one.read_bytes()
            found[name] = seen if isinstance(seen, bytes) else seen.encode()
        found["fonts"] = b"".join(
            stream.read_raw_bytes()
            for page in opened.pages
            for font in page.Resources.Font.values()
            for child in font.DescendantFonts
            for name, stream in child.FontDescriptor.items()
            if name.startswith("/FontFile")
        )
        found["words"] = b"".join(page.Contents.read_bytes() for page in opened.pages)
    return found


@pytest.mark.parametrize("copy", list(Copy))
def test_signing_appends_and_changes_nothing_that_archives_and_screen_readers_need(copy):
    printed = render(content(), copy)

    signed = sign(printed, make_key("Caisse de Nantes", serial="440", at=NOW))

    assert signed.startswith(printed), "what was printed is there to the byte"
    before, after = parts(printed), parts(signed)
    pages = before.pop("/Pages"), after.pop("/Pages")
    assert before == after
    assert all(before.values())
    assert pages[0].count(b"/Contents") == pages[1].count(b"/Contents")
    with pikepdf.open(io.BytesIO(signed)) as opened:
        [field] = opened.Root.AcroForm.Fields
        flags = int(field.F)
        assert flags & 4, "printed, as PDF/A asks"
        assert not flags & 2, "not hidden, as PDF/A asks"
        assert max(float(side) for side in field.Rect) < 0, "out of the page, as PDF/UA asks"
        assert field.FT == "/Sig"


def test_the_paper_handed_out_is_signed_by_its_site_and_a_changed_byte_is_found(ada, issued):
    signed = ada.get(f"/sick-notes/{issued.id}/employer").data

    [key] = session.scalars(select(SiteSigningKey)).all()
    own = x509.Certificate.load(key.certificate)
    assert hints_in(own.subject.human_friendly) == []
    found = status(signed, own)
    assert (found.intact, found.valid, found.trusted) == (True, True, True)
    changed = signed.replace(b"/Lang (fr", b"/Lang (xx", 1)
    assert changed != signed
    assert not status(changed, own).intact


def status(pdf: bytes, own: x509.Certificate):
    signature = PdfFileReader(io.BytesIO(pdf)).embedded_signatures[0]
    return validate_pdf_signature(
        signature, ValidationContext(trust_roots=[own], moment=NOW, allow_fetching=False)
    )


def test_a_key_is_used_until_it_is_about_to_end_and_a_renewed_one_signs_no_more(story):
    site = story.nantes.id
    first = services.key_of(site, at=NOW)
    assert services.key_of(site, at=NOW + timedelta(days=600)) == first
    second = services.key_of(site, at=NOW + timedelta(days=680))
    assert second != first

    services.renew(site, by=None, at=NOW + timedelta(days=681))

    assert services.key_of(site, at=NOW + timedelta(days=681)) not in {first, second}
    kept = session.scalars(select(SiteSigningKey).order_by(SiteSigningKey.id)).all()
    assert [bool(one.secret) for one in kept] == [False, False, True]


def test_both_papers_are_reached_from_the_end_of_the_call_the_list_and_the_file(
    browse, story, ada, phone, issued
):
    ending = ada.get(f"/calls/{phone.call_id}/tasks/{phone.task_id}/end").text
    dora = browse.as_(story.dora)
    listed = dora.get(f"/sick-notes/{issued.id}").text
    reference = get_case(get_task(phone.task_id).case_id).reference
    file = dora.follow("/files", {"key": reference} | COMPLAINT).text

    for page in (ending, listed, file):
        assert f"/sick-notes/{issued.id}/insured" in page
        assert f"/sick-notes/{issued.id}/employer" in page
