"""The letter and the slip about a mended note: days and numbers, and never why somebody stays at home."""

from datetime import date

import pytest

from tests.sickleave.test_documents import FORBIDDEN
from tracing.sickleave.mending.letter_rules import Happening, Notice, letter_of, slip_of, text_of

OLD, NEW = (date(2026, 3, 9), date(2026, 3, 19)), (date(2026, 3, 20), date(2026, 3, 22))


def notice(happening: Happening, **changes) -> Notice:
    return Notice(
        happening=happening,
        number="AI-440-2026-0000001-2",
        days=OLD,
        on=date(2026, 3, 12),
        call_back=changes.pop("call_back", "02 40 00 00 00"),
        **changes,
    )


@pytest.mark.parametrize("happening", Happening)
def test_nothing_reveals_a_reason(happening):
    new = {"new_number": "AI-440-2026-0000002-0", "new_days": NEW}
    said = notice(happening, **(new if happening in {Happening.PROLONGED, Happening.REPLACED} else {}))

    for words in (*letter_of(said), *slip_of(said), text_of(said)):
        # the fund's own name, which the letter bears anyway
        said_of_them = words.lower().replace("l’assurance maladie", "")
        assert [word for word in FORBIDDEN if word in said_of_them] == []


def test_a_cancelled_note_is_named_with_its_days():
    assert slip_of(notice(Happening.CANCELLED)) == (
        "Le document n°\u202fAI-440-2026-0000001-2, du 9 mars 2026 au 19 mars 2026 inclus, est annulé depuis le 12 mars 2026. Il n’est plus valable et ne doit plus être utilisé.",
    )


def test_a_prolonged_note_says_that_both_hold():
    said = slip_of(notice(Happening.PROLONGED, new_number="AI-440-2026-0000002-0", new_days=(NEW[0], NEW[0])))

    assert said[0].endswith(
        "est prolongé par le document n°\u202fAI-440-2026-0000002-0, pour le 20 mars 2026. Les deux sont valables."
    )


def test_a_site_without_a_number_sends_to_the_fund():
    assert "votre caisse d’assurance maladie" in letter_of(notice(Happening.CANCELLED, call_back=""))[-1]


def test_whoever_has_no_papers_of_a_cancelled_note_is_not_asked_to_hand_any_on():
    said = notice(Happening.CANCELLED, has_papers=False)

    assert slip_of(said) == ()
    assert not any("sous 48" in words for words in letter_of(said))
    assert any("vous n’avez rien à remettre" in words for words in letter_of(said))
