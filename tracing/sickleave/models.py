"""Tables of sick notes, missing social-security numbers, and the counter that numbers notes without gaps."""

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Identity, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from tracing.kernel.db import Base, enum_text
from tracing.sickleave.rules import CancelReason, DeliveryWay, KeepReason, NoteMend
from tracing.vault import registry


class NoteState(StrEnum):
    """Whether a note is valid, and what came after it."""

    ISSUED = "issued"
    """Valid, and the last one of its chain."""
    PROLONGED = "prolonged"
    """Valid: another note goes on from the day after its last."""
    REPLACED = "replaced"
    """Worth nothing any more: another note of other days stands in its place."""
    CANCELLED = "cancelled"


class CheckAnswer(StrEnum):
    """What somebody learns who checks a note by what is printed on it: nothing else."""

    VALID = "valid"
    PROLONGED = "prolonged"
    REPLACED = "replaced"
    CANCELLED = "cancelled"
    UNKNOWN = "unknown"
    """No note has exactly this number, these initials, days and code."""


class MovementKind(StrEnum):
    """What happened to a note, as the payment system is told."""

    ISSUED = "issued"
    CANCELLED = "cancelled"
    REPLACED = "replaced"
    RESTORED = "restored"


VALID = frozenset({NoteState.ISSUED, NoteState.PROLONGED})
"""The states in which a note lets somebody stay at home."""


class NoteKind(StrEnum):
    """Why the person stays at home: as a case, as a contact, or with a child who is one of them."""

    CASE = "case"
    CONTACT = "contact"
    PARENT = "parent"
    """The call task is the child's, the person is the parent."""


class SickNote(Base):
    """A note that lets a person stay at home. Its number is never used again."""

    __tablename__ = "sick_notes"
    __table_args__ = (
        CheckConstraint("first_day <= last_day", name="ends_after_it_starts"),
        CheckConstraint("(state = 'cancelled') = (cancelled_at IS NOT NULL)", name="cancelled_has_a_time"),
        Index(
            "ix_sick_notes_to_mend",
            "site_id",
            "id",
            postgresql_where=text("mend IS NOT NULL AND state = 'issued'"),
        ),
        CheckConstraint(
            "(countersigned_at IS NULL) = (countersigned_by IS NULL)", name="countersigned_has_a_member"
        ),
        CheckConstraint("countersigned_at IS NULL OR to_countersign", name="countersigned_was_to_be"),
        Index(
            "ix_sick_notes_to_countersign",
            "site_id",
            "id",
            postgresql_where=text("to_countersign AND countersigned_at IS NULL"),
        ),
        Index("ix_sick_notes_state", "site_id", "state", "id"),
        Index("uq_sick_notes_check_hash", "check_hash", unique=True),
        Index(
            "ix_sick_notes_unhashed",
            "id",
            postgresql_where=text("check_hash IS NULL AND sealed IS NOT NULL"),
        ),
        Index("ix_sick_notes_issued", "site_id", "issued_at"),
        Index(
            "ix_sick_notes_of_parents",
            "site_id",
            "id",
            postgresql_where=text("kind = 'parent' AND state = 'issued'"),
        ),
        # a note is prolonged once, and replaced once, whoever presses at the same moment
        Index(
            "uq_sick_notes_prolongs",
            "prolongs_id",
            unique=True,
            postgresql_where=text("prolongs_id IS NOT NULL AND state IN ('issued', 'prolonged')"),
        ),
        Index(
            "uq_sick_notes_replaces",
            "replaces_id",
            unique=True,
            postgresql_where=text("replaces_id IS NOT NULL"),
        ),
        Index(
            "uq_sick_notes_one_per_task", "task_id", unique=True, postgresql_where=text("state = 'issued'")
        ),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    number: Mapped[str] = mapped_column(unique=True)
    site_id: Mapped[int] = mapped_column(ForeignKey("sites.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), index=True)
    task_id: Mapped[int] = mapped_column(ForeignKey("call_tasks.id"), index=True)
    """A task has one chain of notes at most, and one issued note at its end: a second click issues nothing."""
    call_id: Mapped[int] = mapped_column(ForeignKey("calls.id"))
    kind: Mapped[NoteKind] = mapped_column(enum_text(NoteKind))
    first_day: Mapped[date]
    last_day: Mapped[date]
    """The last day included."""
    rule: Mapped[str]
    state: Mapped[NoteState] = mapped_column(enum_text(NoteState), default=NoteState.ISSUED)
    mend: Mapped[NoteMend | None] = mapped_column(enum_text(NoteMend))
    """How it no longer fits what is decided of the person now."""
    mend_to: Mapped[date | None]
    """The last day that would be right; of one that begins too late, the first day."""
    accepted_mend: Mapped[NoteMend | None] = mapped_column(enum_text(NoteMend, name="notemend_accepted"))
    """The difference with which a human has left it as it is; only another one marks it again."""
    accepted_mend_to: Mapped[date | None]
    accepted_because: Mapped[KeepReason | None] = mapped_column(enum_text(KeepReason))
    begins_earliest: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    """It begins on the first day that the measure and the person's work left when it was written: they asked for no later one."""
    own_days_left: Mapped[date | None]
    """Of a parent's: the last day of their own isolation or quarantine that a human has left without a note."""
    issued_at: Mapped[datetime]
    issued_by: Mapped[int] = mapped_column(ForeignKey("members.id"))
    cancelled_at: Mapped[datetime | None]
    cancelled_by: Mapped[int | None] = mapped_column(ForeignKey("members.id"))
    cancelled_because: Mapped[CancelReason | None] = mapped_column(enum_text(CancelReason))
    """Why it was cancelled or replaced; none: cancelled in a call, or not at all."""
    prolongs_id: Mapped[int | None] = mapped_column(ForeignKey("sick_notes.id"))
    """The note that it goes on from, without a day between: perhaps one that the person had as a contact."""
    replaces_id: Mapped[int | None] = mapped_column(ForeignKey("sick_notes.id"))
    """The note whose place it takes."""
    to_countersign: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    """Cancelled or replaced more than a day after it was issued, by somebody who is no adviser."""
    countersigned_at: Mapped[datetime | None]
    countersigned_by: Mapped[int | None] = mapped_column(ForeignKey("members.id"))
    cohort: Mapped[date] = mapped_column(index=True)
    sealed: Mapped[bytes | None]
    """Everything printed on it, as it was on the day of issue."""
    check_hash: Mapped[bytes | None]
    """Blind index of what whoever holds the paper can type to check it (`numbering.checked_text`).

    None: issued by an older release a moment ago, or destroyed.
    """

    @property
    def is_none_due(self) -> bool:
        """Whether the last day that would be right is before its first: no day of it is due."""
        is_shorter = self.mend is NoteMend.SHORTER and self.mend_to is not None
        return is_shorter and self.mend_to is not None and self.mend_to < self.first_day


class NoteMovement(Base):
    """Something that happened to a note and changes what is paid. Added, never changed: a day that is over stays as it was."""

    __tablename__ = "note_movements"
    __table_args__ = (Index("ix_note_movements_site", "site_id", "at"),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    note_id: Mapped[int] = mapped_column(ForeignKey("sick_notes.id"), index=True)
    site_id: Mapped[int] = mapped_column(ForeignKey("sites.id"))
    kind: Mapped[MovementKind] = mapped_column(enum_text(MovementKind))
    at: Mapped[datetime]


class NoteNotice(Base):
    """A letter or text of the outbox that tells a person what was done to their note."""

    __tablename__ = "note_notices"

    message_id: Mapped[int] = mapped_column(ForeignKey("messages.id"), primary_key=True, autoincrement=False)
    note_id: Mapped[int] = mapped_column(ForeignKey("sick_notes.id"), index=True)
    enclosed_id: Mapped[int | None] = mapped_column(ForeignKey("sick_notes.id"), index=True)
    """The note that is posted with the letter."""
    told: Mapped[NoteState] = mapped_column(enum_text(NoteState, name="notestate_told"))
    """What the note is said to be: prolonged, replaced, cancelled, or valid again."""
    said: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    """Whether the person was on the telephone when it was done: they know, whatever becomes of the message."""


class NoteDelivery(Base):
    """A way in which the papers of a note are given to the person; the last one of a note counts."""

    __tablename__ = "note_deliveries"
    __table_args__ = (
        CheckConstraint("(way = 'link') = (expires_at IS NOT NULL)", name="link_expires"),
        CheckConstraint(
            "way = 'link' OR (opened_at IS NULL AND said_at IS NULL)", name="letter_is_not_opened"
        ),
        CheckConstraint("(said_at IS NULL) = (said_by IS NULL)", name="said_has_a_member"),
        Index(
            "uq_note_deliveries_current",
            "note_id",
            unique=True,
            postgresql_where=text("superseded_at IS NULL"),
        ),
        Index("uq_note_deliveries_link_hash", "link_hash", unique=True),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    note_id: Mapped[int] = mapped_column(ForeignKey("sick_notes.id"), index=True)
    way: Mapped[DeliveryWay] = mapped_column(enum_text(DeliveryWay))
    made_at: Mapped[datetime]
    made_by: Mapped[int] = mapped_column(ForeignKey("members.id"))
    message_id: Mapped[int | None] = mapped_column(ForeignKey("messages.id"), index=True)
    """The letter, or the text with the link; none: the link is only said."""
    superseded_at: Mapped[datetime | None]
    """When another delivery took its place: its letter no longer leaves, its link no longer opens."""
    said_at: Mapped[datetime | None]
    """When link and code were read to the person."""
    said_by: Mapped[int | None] = mapped_column(ForeignKey("members.id"))
    expires_at: Mapped[datetime | None]
    opened_at: Mapped[datetime | None]
    """When the link was opened for the first time; an hour later it opens nothing any more."""
    birth_corrected_at: Mapped[datetime | None]
    """When the birth date that opens the link, or the name or address on its papers, was found wrong: nothing opens it."""
    wrong_tries: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    """How often a wrong birth date or code was typed for the link."""
    link_hash: Mapped[bytes | None]
    """Blind index of the link."""
    proof: Mapped[bytes | None]
    """What follows from link, birth date and code: compared, never opened."""
    cohort: Mapped[date] = mapped_column(index=True)
    sealed: Mapped[bytes | None]
    """`link` and `code` as they are read aloud, and the birth date `born` that opens them; none for a letter."""


class NoteLinkPapers(Base):
    """Both papers of a note, sealed so that only link, birth date and code open them; deleted once the link opens nothing."""

    __tablename__ = "note_link_papers"

    delivery_id: Mapped[int] = mapped_column(
        ForeignKey("note_deliveries.id"), primary_key=True, autoincrement=False
    )
    until: Mapped[datetime] = mapped_column(index=True)
    cohort: Mapped[date] = mapped_column(index=True)
    sealed: Mapped[bytes | None]


class SiteSigningKey(Base):
    """A key with which a site signs the papers of its notes, and its certificate."""

    __tablename__ = "site_signing_keys"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    site_id: Mapped[int] = mapped_column(ForeignKey("sites.id"), index=True)
    secret: Mapped[bytes]
    """Sealed with a key of the key store (`vault.services.seal_setting`); empty once the key is retired."""
    certificate: Mapped[bytes]
    """DER; kept, for whoever checks an older paper."""
    made_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    """End of the certificate's validity."""
    retired_at: Mapped[datetime | None]


class NoteExport(Base):
    """The file of a day for the payment system: how many movements it has, and the digests by which it is known again."""

    __tablename__ = "note_exports"

    site_id: Mapped[int] = mapped_column(ForeignKey("sites.id"), primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    lines: Mapped[int]
    csv_digest: Mapped[str]
    json_digest: Mapped[str]
    made_at: Mapped[datetime]
    made_by: Mapped[int] = mapped_column(ForeignKey("members.id"))


class MissingNumber(Base):
    """Why a person who asks for a note has no social-security number, and what an adviser decided."""

    __tablename__ = "missing_numbers"
    __table_args__ = (
        CheckConstraint("(agreed IS NULL) = (decided_at IS NULL)", name="decided_has_a_time"),
        CheckConstraint("(agreed IS NULL) = (decided_by IS NULL)", name="decided_has_a_member"),
    )

    task_id: Mapped[int] = mapped_column(ForeignKey("call_tasks.id"), primary_key=True)
    stated_at: Mapped[datetime]
    stated_by: Mapped[int] = mapped_column(ForeignKey("members.id"))
    agreed: Mapped[bool | None]
    """Whether a note may be issued without a number; None until an adviser has decided."""
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[int | None] = mapped_column(ForeignKey("members.id"))
    cohort: Mapped[date] = mapped_column(index=True)
    sealed: Mapped[bytes | None]
    """The reason (`{"reason": …}`), sealed because it may reveal where a person comes from; with a `"parent"`, it is that
    person's and not the child's."""


class NoteCounter(Base):
    """The last number used at a site in a year; the row is locked while the next number is taken."""

    __tablename__ = "note_counters"

    site_id: Mapped[int] = mapped_column(ForeignKey("sites.id"), primary_key=True)
    year: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    last_number: Mapped[int]


NOTE_CHECK = "note_check"
"""Kind of the blind index by which a note is checked: the public pages have this key and no other."""

registry.sealed("missing_numbers")
registry.sealed("sick_notes")
registry.blind_columns("sick_notes", "check_hash")
registry.sealed("note_deliveries")
registry.blind_columns("note_deliveries", "link_hash", "proof")
registry.sealed("note_link_papers")
registry.blind_kinds(NOTE_CHECK)
