"""What came, and what became of it."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Identity, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from tracing.imports.rules import Outcome
from tracing.kernel.db import Base, coded
from tracing.vault import registry


class LotState(StrEnum):
    """Where a lot stands."""

    RECEIVED = "received"
    """Kept as it came; it is read next."""
    TO_MAP = "to_map"
    """Its headings are unknown, or changed: a person says which column is which."""
    PLANNED = "planned"
    """Read and decided, nothing written: a person sees the plan and commits it."""
    LOADING = "loading"
    STOPPED = "stopped"
    """Stopped by a person between two batches; what is done stays, the rest can be resumed."""
    LOADED = "loaded"
    UNDONE = "undone"
    DISCARDED = "discarded"
    """A person saw the plan and wanted none of it."""
    REFUSED = "refused"


class CameBy(StrEnum):
    """By which way a file arrived."""

    PAGE = "page"
    FOLDER = "folder"
    COMMAND = "command"


class KeyUse(StrEnum):
    """What a key of a source is for."""

    CMS = "cms"
    """A private key and its certificate, PEM."""
    OPENPGP = "openpgp"
    AGE = "age"
    PASSWORD = "password"  # noqa: S105  the name of a kind
    """Of a workbook or a ZIP."""
    SIGNER = "signer"
    """The certificate against which the sender's signature is verified."""


class KeyState(StrEnum):
    """Where a key of a source stands: it opens nothing before a second person confirmed it."""

    PROPOSED = "proposed"
    CONFIRMED = "confirmed"
    RETIRED = "retired"


class SourceKind(StrEnum):
    """Who sends."""

    LABORATORY = "laboratory"
    PORTAL = "portal"
    PLATFORM = "platform"


class ImportSource(Base):
    """A laboratory, a portal or a platform that sends lots."""

    __tablename__ = "import_sources"

    code: Mapped[str] = mapped_column(primary_key=True)
    label: Mapped[str]
    layout: Mapped[str]
    created_at: Mapped[datetime]
    kind: Mapped[SourceKind] = mapped_column(coded(SourceKind), server_default=text("'laboratory'"))
    is_trusted: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    """Its lots commit by themselves."""
    needs_signature: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    """A file without a valid signature of this source is refused."""
    site_id: Mapped[int | None] = mapped_column(ForeignKey("sites.id"))
    """Whose it is, and where all its people go. None: national, and its people go by the fund of each line."""
    contact: Mapped[str] = mapped_column(server_default=text("''"))
    """Whom to ask at the sender's about a file: a service, a number, an address."""
    updated_at: Mapped[datetime | None]


class SourceKey(Base):
    """A key, certificate or password of a source, sealed; used once a second person confirmed it."""

    __tablename__ = "source_keys"
    __table_args__ = (
        CheckConstraint("(state = 'proposed') OR (confirmed_by IS NOT NULL)", name="confirmed_by_somebody"),
        CheckConstraint("confirmed_by <> proposed_by", name="confirmed_by_a_second_person"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    source_code: Mapped[str] = mapped_column(ForeignKey("import_sources.code"), index=True)
    use: Mapped[KeyUse] = mapped_column(coded(KeyUse))
    label: Mapped[str]
    fingerprint: Mapped[str]
    """SHA-256 of the public part, in hexadecimal; of a password none is shown: empty."""
    secret: Mapped[bytes]
    """Sealed by a key of the key store (`vault.seal_setting`); empty once the key is retired."""
    about: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'::jsonb"))
    """What anybody may know of it: for whom it was made, by whom, its fingerprint in the words of its own kind."""
    expires_at: Mapped[datetime | None]
    """When its certificate ends."""
    state: Mapped[KeyState] = mapped_column(coded(KeyState), default=KeyState.PROPOSED)
    proposed_by: Mapped[int] = mapped_column(ForeignKey("members.id"))
    proposed_at: Mapped[datetime]
    confirmed_by: Mapped[int | None] = mapped_column(ForeignKey("members.id"))
    confirmed_at: Mapped[datetime | None]
    retired_by: Mapped[int | None] = mapped_column(ForeignKey("members.id"))
    retired_at: Mapped[datetime | None]


class SourceMapping(Base):
    """Which column of a source is which field, and which of its codes is which; a version is never changed."""

    __tablename__ = "source_mappings"
    __table_args__ = (UniqueConstraint("source_code", "version"),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    source_code: Mapped[str] = mapped_column(ForeignKey("import_sources.code"))
    version: Mapped[int]
    headings: Mapped[list[str]]
    """The heading row that was accepted, as it stands in the file."""
    columns: Mapped[dict[str, Any]]
    """Heading by field."""
    codes: Mapped[dict[str, Any]]
    """By coded field: the value in the file, and the code it means."""
    made_by: Mapped[int | None] = mapped_column(ForeignKey("members.id"))
    """None: the layout itself, met for the first time."""
    made_at: Mapped[datetime]


class ImportLot(Base):
    """One file as it arrived. Its clear text is never kept."""

    __tablename__ = "import_lots"
    __table_args__ = (
        CheckConstraint("(state = 'refused') = (refusal IS NOT NULL)", name="refused_has_a_reason"),
        CheckConstraint(
            "(state IN ('loaded', 'undone')) = (loaded_at IS NOT NULL)", name="loaded_has_a_time"
        ),
        CheckConstraint("(state = 'undone') = (undone_at IS NOT NULL)", name="undone_has_a_time"),
        Index(
            "ix_import_lots_waiting",
            "id",
            postgresql_where=text("state IN ('received', 'loading')"),
        ),
        Index("ix_import_lots_taken_back", "id", postgresql_where=text("undone_by IS NOT NULL")),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    source_code: Mapped[str] = mapped_column(ForeignKey("import_sources.code"), index=True)
    file_name: Mapped[str]
    file_sha256: Mapped[str]
    container: Mapped[str | None]
    state: Mapped[LotState] = mapped_column(coded(LotState))
    refusal: Mapped[str | None]
    refusal_code: Mapped[str | None]
    """The reason as a code (`Refusal`): of a wrong key another one may be given."""
    came_by: Mapped[CameBy] = mapped_column(
        coded(CameBy), default=CameBy.COMMAND, server_default=text("'command'")
    )
    site_id: Mapped[int | None] = mapped_column(ForeignKey("sites.id"))
    """Where whoever sent it from a page works: its time zone dates the lines. None: the default site's."""
    owner_site_id: Mapped[int | None] = mapped_column(ForeignKey("sites.id"), index=True)
    """Whose it is: the site of its source when it came, so that it stays theirs. None: national."""
    received_at: Mapped[datetime]
    received_by: Mapped[int | None] = mapped_column(ForeignKey("members.id"))
    loaded_at: Mapped[datetime | None]
    counts: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'::jsonb"))
    """The report, with the keys of the command line's JSON."""
    plan: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'::jsonb"))
    """The report as it would be, with examples by reason (row numbers, no identity)."""
    mapping_id: Mapped[int | None] = mapped_column(ForeignKey("source_mappings.id"))
    committed_by: Mapped[int | None] = mapped_column(ForeignKey("members.id"))
    lines_total: Mapped[int | None]
    lines_read: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    started_at: Mapped[datetime | None]
    """When the reading that is under way began."""
    progress_at: Mapped[datetime | None]
    stop_asked_at: Mapped[datetime | None]
    trouble: Mapped[str | None]
    """What stopped the last attempt without refusing the file (a full disk, a lost database): it is tried again."""
    tries: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    """Attempts that ended in trouble, one after the other: each waits longer for the next."""
    try_again_at: Mapped[datetime | None]
    undone_at: Mapped[datetime | None]
    undone_by: Mapped[int | None] = mapped_column(ForeignKey("members.id"))
    """Who asked to take it back, from the asking on: the scheduler's job does it."""
    undone: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'::jsonb"))
    """What undoing took back, and what stayed and why: counts and references."""
    corrections_secret: Mapped[bytes | None]
    """The password of the files of lines to correct, sealed (`vault.seal_setting`); made at the first one."""

    @property
    def is_being_undone(self) -> bool:
        """Say whether somebody, `undone_by`, asked to take the lot back and it is not done yet."""
        return self.undone_by is not None and self.state is not LotState.UNDONE


class ImportOriginal(Base):
    """A file as it came, encrypted by its sender; removed after some days."""

    __tablename__ = "import_originals"

    lot_id: Mapped[int] = mapped_column(ForeignKey("import_lots.id"), primary_key=True)
    content: Mapped[bytes]
    secret: Mapped[bytes | None]
    """A key or password given for this file only, sealed (`vault.seal_setting`); gone once it is read."""
    kept_until: Mapped[datetime] = mapped_column(index=True)


TO_CORRECT = "outcome = 'quarantined' AND is_current AND settled_by_id IS NULL AND set_aside_at IS NULL"
"""A line that still waits for somebody to correct it."""


class ImportLine(Base):
    """One line of a lot and its outcome. Of a line that is not positive, nothing of the person is kept."""

    __tablename__ = "import_lines"
    __table_args__ = (
        UniqueConstraint("lot_id", "row_number", "revision"),
        Index("ix_import_lines_result", "source_code", "source_result_id"),
        Index(
            "ix_import_lines_fingerprint",
            "source_code",
            "fingerprint",
            postgresql_where=text("source_result_id IS NULL"),
        ),
        Index("ix_import_lines_lot_outcome", "lot_id", "outcome", "row_number"),
        CheckConstraint("(set_aside_at IS NULL) = (set_aside_why IS NULL)", name="set_aside_has_a_reason"),
        # undoing a lot removes its lines: who was settled by one of them must be found at once
        Index(
            "ix_import_lines_settled_by", "settled_by_id", postgresql_where=text("settled_by_id IS NOT NULL")
        ),
        Index("ix_import_lines_to_correct", "id", postgresql_where=text(TO_CORRECT)),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    lot_id: Mapped[int] = mapped_column(ForeignKey("import_lots.id"))
    row_number: Mapped[int]
    """As a person sees it in the file."""
    revision: Mapped[int] = mapped_column(default=1, server_default=text("1"))
    """A line corrected here joins the same lot under the same row and the next revision."""
    is_current: Mapped[bool] = mapped_column(default=True, server_default=text("true"))
    """False once a later revision took its place; a report counts the current ones."""
    source_code: Mapped[str]
    source_result_id: Mapped[str | None]
    fingerprint: Mapped[bytes | None]
    """Keyed hash of all the line's own fields."""
    result: Mapped[str | None]
    outcome: Mapped[Outcome] = mapped_column(coded(Outcome))
    new_episode: Mapped[bool] = mapped_column(default=False)
    possible_duplicate: Mapped[bool] = mapped_column(default=False)
    reasons: Mapped[list[str]]
    """Why it was quarantined, the decisive one first."""
    warnings: Mapped[list[str]]
    case_id: Mapped[int | None] = mapped_column(ForeignKey("cases.id"), index=True)
    settled_by_id: Mapped[int | None] = mapped_column(ForeignKey("import_lines.id"))
    """The later line that corrected this quarantined one."""
    set_aside_at: Mapped[datetime | None]
    """When somebody said that nothing is to be corrected: the sender was asked."""
    set_aside_by: Mapped[int | None] = mapped_column(ForeignKey("members.id"))
    set_aside_why: Mapped[str | None]
    """A code of `SetAside` (imports.corrections.services)."""
    cohort: Mapped[date] = mapped_column(index=True)
    sealed: Mapped[bytes | None]
    """The fields of a quarantined line, as they came."""


registry.sealed("import_lines")
registry.blind_kinds("line")
registry.blind_columns("import_lines", "fingerprint")


class InboxTrouble(Base):
    """Something in the watched folder that could not be taken at the last look."""

    __tablename__ = "inbox_troubles"

    code: Mapped[str] = mapped_column(primary_key=True)
    """unreadable, no_source, too_large, not_removed (imports.lots.inbox)."""
    source_code: Mapped[str] = mapped_column(primary_key=True)
    """The subfolder it concerns; empty when it is the folder itself."""
    since: Mapped[datetime]
    """The first look that found it."""
