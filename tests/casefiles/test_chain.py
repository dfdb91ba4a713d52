"""Who may have infected whom around a file: by references, for supervisors and advisers, and no further than the site."""

from datetime import timedelta

from tests.conftest import NOW
from tests.support.story import case, contact, identity
from tracing.casefiles.rules import FileReason
from tracing.contacts.models import ContactStatus
from tracing.kernel.db import session


def became(of, ill, by):
    """Let a case have named somebody who is a case by now."""
    named = contact(of, identity("Zoé", "Nommée", phones=("+33639980077",)), by=by, at=NOW)
    named.person_id, named.status, named.became_case_id = ill.person_id, ContactStatus.BECAME_CASE, ill.id
    session.flush()
    return named


def test_a_chain_goes_both_ways_names_nobody_and_counts_who_is_elsewhere(story, browse):
    marie = case(story.nantes, identity("Marie", "Durandeau"), at=NOW)
    paul = case(
        story.nantes,
        identity("Paul", "Deniau", phones=("+33639980009",)),
        sampled_at=NOW + timedelta(days=3),
        at=NOW,
    )
    luc = case(
        story.nantes,
        identity("Luc", "Petit", phones=("+33639980002",)),
        sampled_at=NOW + timedelta(days=6),
        at=NOW,
    )
    away = case(story.ajaccio, identity("Ange", "Leca", phones=("+33639980003",)), at=NOW)
    became(marie, paul, story.ada)
    became(paul, luc, story.ada)
    became(paul, away, story.ada)
    dora = browse.as_(story.dora)

    opened = dora.follow("/files", {"key": paul.reference, "reason": FileReason.COMPLAINT.value})
    page = dora.get(f"{opened.request.path}/chain").text

    rows = page[page.index("<table") :]
    assert rows.index(marie.reference) < rows.index(paul.reference) < rows.index(luc.reference)
    assert f"{marie.reference}, vu le" in page
    assert f'href="#case-{luc.id}"' in page
    assert "1 personne de plus est suivie par un autre site" in page
    assert away.reference not in page
    for name in ("DURANDEAU", "DENIAU", "PETIT", "Marie", "Paul"):
        assert name not in page
