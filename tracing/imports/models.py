"""Tables of the import: sources with their keys and mappings, lots, original files, and lines with their outcome."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Identity, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from tracing.imports.rules import Outcome
from tracing.kernel.db import Base, enum_text
from tracing.people.countries import Country
from tracing.vault import registry


class LotState(StrEnum):
    """The states of a lot."""

    RECEIVED = "received"
    """Stored as it came; to be read next."""
    TO_MAP = "to_map"
    """Its headings are unknown or changed: a person must say which column is which."""
    PLANNED = "planned"
    """Read and decided, nothing written: a person looks at the plan and commits it."""
    LOADING = "loading"
    STOPPED = "stopped"
    """Stopped by a person between two batches; what is done stays, the rest can be resumed."""
    LOADED = "loaded"
    UNDONE = "undone"
    DISCARDED = "discarded"
    """A person saw the plan and chose not to load the lot."""
    REFUSED = "refused"


class CameBy(StrEnum):
    """The way a file arrived."""

    PAGE = "page"
    FOLDER = "folder"
    COMMAND = "command"
    HTTPS = "https"
    """A laboratory's system posted it to its source's address."""
    MESSAGES = "messages"
    """HL7 messages that came in clear text over a connection protected by TLS; sealed before they were stored."""


class KeyUse(StrEnum):
    """What a key of a source is for."""

    CMS = "cms"
    """A private key and its certificate, PEM."""
    OPENPGP = "openpgp"
    AGE = "age"
    PASSWORD = "password"  # noqa: S105  the name of a kind
    """Of a workbook or a ZIP archive."""
    SIGNER = "signer"
    """The certificate against which the sender's signature is verified."""


class KeyState(StrEnum):
    """State of a source's key: it opens nothing until a second person confirms it."""

    PROPOSED = "proposed"
    CONFIRMED = "confirmed"
    RETIRED = "retired"


class SourceKind(StrEnum):
    """Kind of sender."""

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
    kind: Mapped[SourceKind] = mapped_column(enum_text(SourceKind), server_default=text("'laboratory'"))
    is_trusted: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    """Its lots are committed without a person."""
    ids_are_unique: Mapped[bool] = mapped_column(default=True, server_default=text("true"))
    """Its result ids say which result is which. Not so for one that reuses them: its lines go by their fingerprints."""
    needs_signature: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    """A file without a valid signature of this source is refused."""
    site_id: Mapped[int | None] = mapped_column(ForeignKey("sites.id"))
    """Site that owns it and calls all its people. None: national, and people are routed by the fund of each line."""
    contact: Mapped[str] = mapped_column(server_default=text("''"))
    """Contact at the sender for questions about a file: a service, a number, an address."""
    updated_at: Mapped[datetime | None]
    country: Mapped[Country] = mapped_column(
        enum_text(Country), default=Country.FRANCE, server_default=text("'FR'")
    )
    """How its national numbers, postcodes and telephone numbers are read."""


class SourceKey(Base):
    """A key, certificate or password of a source, sealed; usable once a second person has confirmed it."""

    __tablename__ = "source_keys"
    __table_args__ = (
        CheckConstraint("(state = 'proposed') OR (confirmed_by IS NOT NULL)", name="confirmed_by_somebody"),
        CheckConstraint("confirmed_by <> proposed_by", name="confirmed_by_a_second_person"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    source_code: Mapped[str] = mapped_column(ForeignKey("import_sources.code"), index=True)
    use: Mapped[KeyUse] = mapped_column(enum_text(KeyUse))
    label: Mapped[str]
    fingerprint: Mapped[str]
    """SHA-256 of the public part, in hexadecimal; empty for a password."""
    secret: Mapped[bytes]
    """Sealed with a key of the key store (`vault.services.seal_setting`); empty once the key is retired."""
    about: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'::jsonb"))
    """What may be shown of it: owner, issuer, and its fingerprint in the notation of its own kind."""
    expires_at: Mapped[datetime | None]
    """End of its certificate's validity."""
    state: Mapped[KeyState] = mapped_column(enum_text(KeyState), default=KeyState.PROPOSED)
    proposed_by: Mapped[int] = mapped_column(ForeignKey("members.id"))
    proposed_at: Mapped[datetime]
    confirmed_by: Mapped[int | None] = mapped_column(ForeignKey("members.id"))
    confirmed_at: Mapped[datetime | None]
    retired_by: Mapped[int | None] = mapped_column(ForeignKey("members.id"))
    retired_at: Mapped[datetime | None]


class SourceToken(Base):
    """A token by which a laboratory's system posts to its source's address. It is shown once; only its hash is kept."""

    __tablename__ = "source_tokens"
    __table_args__ = (
        CheckConstraint("(revoked_at IS NULL) = (revoked_by IS NULL)", name="revoked_by_somebody"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    source_code: Mapped[str] = mapped_column(ForeignKey("import_sources.code"), index=True)
    label: Mapped[str]
    token_hash: Mapped[bytes]
    """SHA-256: 256 random bits need no salt."""
    made_by: Mapped[int] = mapped_column(ForeignKey("members.id"))
    made_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    """Its last use, to the minute."""
    revoked_by: Mapped[int | None] = mapped_column(ForeignKey("members.id"))
    revoked_at: Mapped[datetime | None]


class SourceMapping(Base):
    """Which column of a source is which field, and which of its codes is which; a version never changes."""

    __tablename__ = "source_mappings"
    __table_args__ = (UniqueConstraint("source_code", "version"),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    source_code: Mapped[str] = mapped_column(ForeignKey("import_sources.code"))
    version: Mapped[int]
    headings: Mapped[list[str]]
    """The accepted heading row, exactly as in the file."""
    columns: Mapped[dict[str, Any]]
    """Field to heading."""
    codes: Mapped[dict[str, Any]]
    """By coded field: the value in the file, and the layout's code for it."""
    date_orders: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'::jsonb"))
    """By field with dates that a person was asked about: day or month first (format.date_orders)."""
    made_by: Mapped[int | None] = mapped_column(ForeignKey("members.id"))
    """None: made automatically from the first file that the layout itself recognised."""
    made_at: Mapped[datetime]


class ImportLot(Base):
    """One file as it arrived. Its clear text is never stored."""

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
    state: Mapped[LotState] = mapped_column(enum_text(LotState))
    refusal: Mapped[str | None]
    refusal_code: Mapped[str | None]
    """The reason as a code (`Refusal`): after a wrong key, for example, another one may be given."""
    came_by: Mapped[CameBy] = mapped_column(
        enum_text(CameBy), default=CameBy.COMMAND, server_default=text("'command'")
    )
    site_id: Mapped[int | None] = mapped_column(ForeignKey("sites.id"))
    """Site of the member who uploaded it: its time zone dates the lines. None: the default site."""
    owner_site_id: Mapped[int | None] = mapped_column(ForeignKey("sites.id"), index=True)
    """Site that owned its source when it came; stays even if the source changes owner. None: national."""
    received_at: Mapped[datetime]
    received_by: Mapped[int | None] = mapped_column(ForeignKey("members.id"))
    loaded_at: Mapped[datetime | None]
    counts: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'::jsonb"))
    """The report, with the keys of the command line's JSON."""
    plan: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'::jsonb"))
    """The report that loading would produce, with examples by reason (row numbers, no identity)."""
    mapping_id: Mapped[int | None] = mapped_column(ForeignKey("source_mappings.id"))
    committed_by: Mapped[int | None] = mapped_column(ForeignKey("members.id"))
    lines_total: Mapped[int | None]
    left_out: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'::jsonb"))
    """HL7 messages that bring no line: how many, by their reason (parsing.hl7)."""
    lines_read: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    started_at: Mapped[datetime | None]
    """When the current reading began."""
    progress_at: Mapped[datetime | None]
    stop_asked_at: Mapped[datetime | None]
    trouble: Mapped[str | None]
    """What stopped the last attempt without refusing the file (full disk, lost database): the lot is tried again."""
    tries: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    """Consecutive attempts that failed with a passing error: each makes the next wait longer."""
    try_again_at: Mapped[datetime | None]
    undone_at: Mapped[datetime | None]
    undone_by: Mapped[int | None] = mapped_column(ForeignKey("members.id"))
    """Member who asked to undo the lot, set as soon as they ask; the scheduler's job does it."""
    undone: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'::jsonb"))
    """What undoing removed, and what stayed and why: counts and references."""
    corrections_secret: Mapped[bytes | None]
    """The password of the correction workbooks, sealed (`vault.services.seal_setting`); created with the first one."""

    @property
    def is_being_undone(self) -> bool:
        """Return whether `undone_by` asked to undo the lot and that is not done yet."""
        return self.undone_by is not None and self.state is not LotState.UNDONE


class ImportOriginal(Base):
    """A file as it came, sealed once more; deleted after some days."""

    __tablename__ = "import_originals"

    lot_id: Mapped[int] = mapped_column(ForeignKey("import_lots.id"), primary_key=True)
    content: Mapped[bytes]
    secret: Mapped[bytes | None]
    """A key or password given for this file only, sealed (`vault.services.seal_setting`); deleted once the file is read."""
    kept_until: Mapped[datetime] = mapped_column(index=True)


class ImportMessage(Base):
    """An HL7 message that came alone and was acknowledged; those of some seconds are gathered into one lot."""

    __tablename__ = "import_messages"
    __table_args__ = (
        UniqueConstraint("source_code", "digest"),
        CheckConstraint("(content IS NULL) = (lot_id IS NOT NULL)", name="here_or_in_a_lot"),
        Index(
            "ix_import_messages_waiting",
            "source_code",
            "encoding",
            "id",
            postgresql_where=text("lot_id IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    source_code: Mapped[str] = mapped_column(ForeignKey("import_sources.code"))
    digest: Mapped[bytes]
    """Keyed hash of the message without the time at which it was sent: a message sent again has the same."""
    encoding: Mapped[str]
    """Only messages of one encoding make a lot: the encoding of a file is judged as a whole."""
    size: Mapped[int]
    """Bytes it takes in its lot."""
    content: Mapped[bytes | None]
    """The message, sealed (`vault.services.seal_setting`); empty once it is in a lot, whose original holds it."""
    received_at: Mapped[datetime]
    kept_until: Mapped[datetime] = mapped_column(index=True)
    """Until then the same message sent again is recognised."""
    lot_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("import_lots.id"), index=True)


class ImportUpload(Base):
    """A file whose form had an error, kept for some minutes so that its sender need not choose it again."""

    __tablename__ = "import_uploads"

    member_id: Mapped[int] = mapped_column(ForeignKey("members.id"), primary_key=True)
    token: Mapped[str]
    """What the form was given to ask for it: the form of another window does not get it."""
    file_name: Mapped[str]
    content: Mapped[bytes]
    """Sealed (`vault.services.seal_setting`), with the key file and certificate that were chosen with it."""
    kept_until: Mapped[datetime]


TO_CORRECT = "outcome = 'quarantined' AND is_current AND settled_by_id IS NULL AND set_aside_at IS NULL"
"""SQL condition of the lines that still wait for a correction."""


NEGATIVE_KEPT = "outcome = 'quarantined' AND result IN ('N', 'I', 'X') AND sealed IS NOT NULL"
"""SQL condition of the lines that are not positive and whose person is kept until somebody has compared them."""


class ImportLine(Base):
    """One line of a lot and its outcome. Of a line that is not positive, no personal data is kept."""

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
        # undoing a lot deletes its lines: the lines settled by one of them must be found fast
        Index(
            "ix_import_lines_settled_by", "settled_by_id", postgresql_where=text("settled_by_id IS NOT NULL")
        ),
        Index("ix_import_lines_to_correct", "id", postgresql_where=text(TO_CORRECT)),
        Index("ix_import_lines_negatives", "id", postgresql_where=text(NEGATIVE_KEPT)),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    lot_id: Mapped[int] = mapped_column(ForeignKey("import_lots.id"))
    row_number: Mapped[int]
    """As a person sees it in the file."""
    revision: Mapped[int] = mapped_column(default=1, server_default=text("1"))
    """A corrected line joins the same lot with the same row number and the next revision."""
    is_current: Mapped[bool] = mapped_column(default=True, server_default=text("true"))
    """False once a later revision replaced it; reports count only current lines."""
    source_code: Mapped[str]
    source_result_id: Mapped[str | None]
    fingerprint: Mapped[bytes | None]
    """Keyed hash of all the line's own fields."""
    result: Mapped[str | None]
    outcome: Mapped[Outcome] = mapped_column(enum_text(Outcome))
    new_episode: Mapped[bool] = mapped_column(default=False)
    possible_duplicate: Mapped[bool] = mapped_column(default=False)
    completed: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    """A duplicate that brought a number, an address or an onset date that was missing."""
    has_lost_id: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    """Its result id came in scientific notation, so that it has none."""
    shares_id: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    """Another line of its lot has the same result id for another person."""
    extracted_at: Mapped[datetime | None]
    """When its file or message was made, by its own account, else received: which of two lines is newer."""
    reinstated: Mapped[str | None]
    """Of a line that brought a withdrawn result back, the status of the case before."""
    reasons: Mapped[list[str]]
    """Why it was quarantined, the decisive reason first."""
    warnings: Mapped[list[str]]
    case_id: Mapped[int | None] = mapped_column(ForeignKey("cases.id"), index=True)
    settled_by_id: Mapped[int | None] = mapped_column(ForeignKey("import_lines.id"))
    """The later line that settled this quarantined one."""
    set_aside_at: Mapped[datetime | None]
    """When a member marked it as not to be corrected, because the sender was asked."""
    set_aside_by: Mapped[int | None] = mapped_column(ForeignKey("members.id"))
    set_aside_why: Mapped[str | None]
    """A code of `SetAside` (imports.corrections.services)."""
    cohort: Mapped[date] = mapped_column(index=True)
    sealed: Mapped[bytes | None]
    """The fields of a quarantined line, as they came."""


registry.sealed("import_lines")
registry.blind_kinds("line", "message")
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
