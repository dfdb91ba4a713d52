"""What a person is told in writing when their note is mended, and what they hand to their employer."""

from datetime import date, datetime

from tracing.messages import services as messages
from tracing.sickleave.mending.letter_rules import Happening, Notice, letter_of, slip_of, text_of
from tracing.sickleave.models import SickNote
from tracing.staff.agent import Agent
from tracing.staff.queries import get_site
from tracing.ui.formats import phone


def tell(
    happening: Happening,
    note: SickNote,
    reference: str,
    *,
    new: SickNote | None = None,
    today: date,
    by: Agent,
    at: datetime,
) -> None:
    """Put a letter with its slip for the employer into the outbox, and a text for whoever has a mobile number."""
    number = get_site(by.site.id).call_back_number
    notice = Notice(
        happening=happening,
        number=note.number,
        days=(note.first_day, note.last_day),
        new_number=new.number if new else None,
        new_days=(new.first_day, new.last_day) if new else None,
        on=today,
        call_back=phone(number) if number else "",
    )
    messages.queue_letter(
        note.person_id,
        reference,
        "\n".join(letter_of(notice)),
        slip="\n".join(slip_of(notice)),
        by=by,
        at=at,
    )
    messages.queue_text(note.person_id, reference, text_of(notice), by=by, at=at)
