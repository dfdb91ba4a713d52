"""Services that check a note by what is printed on it, and that give the notes of an older release what it takes."""

from sqlalchemy import select

from tracing.kernel.db import fresh, session
from tracing.sickleave import queries, services
from tracing.sickleave.models import NOTE_CHECK, CheckAnswer, NoteState, SickNote
from tracing.staff.models import Site, SiteKind
from tracing.vault import services as vault
from tracing.vault.errors import IdentityDestroyed

ANSWER_OF = {
    NoteState.ISSUED: CheckAnswer.VALID,
    NoteState.PROLONGED: CheckAnswer.PROLONGED,
    NoteState.REPLACED: CheckAnswer.REPLACED,
    NoteState.CANCELLED: CheckAnswer.CANCELLED,
}


def check_note(printed: str) -> CheckAnswer:
    """Return what the note is worth now on which exactly this is printed (`numbering.checked_text`), of any site.

    A note of a training site is unknown: it is no note. The database's function `public_check_note` does the same for
    the public pages.
    """
    state = session.scalar(
        select(SickNote.state)
        .join(Site, Site.id == SickNote.site_id)
        .where(SickNote.check_hash == vault.blind(NOTE_CHECK, printed), Site.kind != SiteKind.TRAINING)
    )
    return CheckAnswer.UNKNOWN if state is None else ANSWER_OF[state]


def hash_older(*, most: int) -> int:
    """Let up to `most` notes be checked that an older release issued; return how many were left before."""
    notes = session.scalars(
        fresh(
            select(SickNote)
            .where(SickNote.check_hash.is_(None), SickNote.sealed.is_not(None))
            .order_by(SickNote.id)
            .limit(most)
            .with_for_update(skip_locked=True)
        )
    ).all()
    for note in notes:
        try:
            note.check_hash = services.check_hash(queries.content_of_note(note))
        except IdentityDestroyed:
            note.sealed = None  # its day is being destroyed
    session.flush()
    return len(notes)
