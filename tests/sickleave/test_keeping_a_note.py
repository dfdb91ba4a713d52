"""A note that somebody left as it is: a page opened before shows the decision and changes nothing."""

import pytest

from tests.sickleave.test_issuing_a_note import notes
from tests.sickleave.test_mending_a_note import sampled, states
from tracing.kernel.db import session
from tracing.sickleave.models import NoteState
from tracing.sickleave.rules import KeepReason


@pytest.mark.parametrize(
    ("path", "form"),
    [
        ("cancel", {"cancel-why": "not_due"}),
        ("prolong", {"prolong-last_day": "2026-03-20"}),
        ("replace", {"replace-last_day": "2026-03-15", "replace-why": "wrong_days"}),
        ("leave", {"keep-why": "days_past"}),
    ],
)
def test_a_page_opened_before_a_colleague_kept_the_note_decides_nothing(browse, story, issued, path, form):
    sampled(issued, "2026-03-10")
    dora, ben = browse.as_(story.dora), browse.as_(story.ben)
    prefix = {"leave": "keep"}.get(path, path)
    old_page = dora.get(f"/sick-notes/{issued.id}").text
    assert f'name="{prefix}-kept"' in old_page
    ben.follow(f"/sick-notes/{issued.id}/leave", {"keep-why": "in_good_faith", "keep-kept": ""})

    page = dora.post(f"/sick-notes/{issued.id}/{path}", form | {f"{prefix}-kept": ""}, status=409)

    assert "Ben" in page.text
    assert "La personne s’y est fiée" in page.text
    [note] = notes(session)
    assert (note.state, note.accepted_because) == (NoteState.ISSUED, KeepReason.IN_GOOD_FAITH)


def test_whoever_has_seen_that_a_note_was_kept_may_cancel_it(browse, story, issued):
    sampled(issued, "2026-03-10")
    dora = browse.as_(story.dora)
    dora.follow(f"/sick-notes/{issued.id}/leave", {"keep-why": "in_good_faith", "keep-kept": ""})
    dora.follow(f"/sick-notes/{issued.id}/leave", {"keep-why": "in_good_faith", "keep-kept": ""})
    assert 'value="in_good_faith"' in dora.get(f"/sick-notes/{issued.id}").text

    dora.follow(f"/sick-notes/{issued.id}/cancel", {"cancel-why": "asked", "cancel-kept": "in_good_faith"})

    assert states() == [NoteState.CANCELLED]


def test_who_kept_it_is_on_its_page_and_what_was_typed_is_kept_once_it_is_void(browse, story, issued):
    sampled(issued, "2026-03-10")
    dora, ben = browse.as_(story.dora), browse.as_(story.ben)
    ben.follow(f"/sick-notes/{issued.id}/leave", {"keep-why": "in_good_faith", "keep-kept": ""})
    kept = dora.get(f"/sick-notes/{issued.id}").text
    assert "par Ben" in kept.split("Gardé tel quel")[1][:400]
    ben.follow(f"/sick-notes/{issued.id}/cancel", {"cancel-why": "asked", "cancel-kept": "in_good_faith"})
    chosen = {"replace-last_day": "2026-03-15", "replace-why": "wrong_days", "replace-kept": "in_good_faith"}

    page = dora.post(f"/sick-notes/{issued.id}/replace", chosen, status=409).text

    assert "annulé entre-temps par Ben" in page
    assert "15/03/2026" in page
    assert "Ses jours sont faux" in page
    assert f"/sick-notes/{issued.id}/bearer" not in page
