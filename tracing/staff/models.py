"""Tables of sites, members, their roles, hours, absences and loans, their sessions, and log-in attempts."""

from datetime import date, datetime, time
from enum import StrEnum

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Identity, Index, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from tracing.kernel.db import Base, enum_text
from tracing.vault import registry


class SiteKind(StrEnum):
    """Whether a site is live, or a training site: an ordinary site whose people are invented."""

    LIVE = "live"
    TRAINING = "training"


class Role(StrEnum):
    """A role that a member may hold at a site."""

    TRACER = "tracer"
    ADVISER = "medical_adviser"
    REFERENT = "referent"
    SUPERVISOR = "supervisor"
    IMPORTER = "import_officer"
    AUDITOR = "auditor"
    ADMINISTRATOR = "administrator"


class MemberKind(StrEnum):
    """The kind of a member's engagement, which determines their weekly pattern."""

    STAFF = "staff"
    VOLUNTEER = "volunteer"
    RECRUIT = "recruit"


class SessionEnd(StrEnum):
    """Why a session ended."""

    SIGNED_OUT = "signed_out"
    TOO_OLD = "too_old"
    ENDED_ELSEWHERE = "ended_elsewhere"
    ACCOUNT_CLOSED = "account_closed"
    GUESSED_AT = "guessed_at"


class Site(Base):
    """A call platform: its cases, its members, its hours."""

    __tablename__ = "sites"

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    code: Mapped[str] = mapped_column(unique=True)
    """Three characters; part of the numbers of its sick notes."""
    name: Mapped[str]
    kind: Mapped[SiteKind] = mapped_column(enum_text(SiteKind), default=SiteKind.LIVE)
    time_zone: Mapped[str] = mapped_column(default="Europe/Paris")
    programme: Mapped[str]
    """The rule pack in force here."""
    address: Mapped[str] = mapped_column(default="")
    call_back_number: Mapped[str] = mapped_column(default="")
    fund_name: Mapped[str] = mapped_column(default="", server_default=text("''"))
    """The fund that pays, as an employer reads it; empty: no name but that of the health insurance."""
    fund_address: Mapped[str] = mapped_column(default="", server_default=text("''"))
    fund_number: Mapped[str] = mapped_column(default="", server_default=text("''"))
    """The fund's line for employers, never that of those who trace; empty: none is printed."""
    signatory: Mapped[str] = mapped_column(default="", server_default=text("''"))
    """Who signs sick notes, with their office."""
    is_default: Mapped[bool] = mapped_column(default=False)
    """The site of cases whose fund code matches no site."""
    calls_from: Mapped[time | None]
    """The site's own calling hours; None: those of its programme."""
    calls_until: Mapped[time | None]
    """Midnight is the end of the day."""
    calls_on_sundays: Mapped[bool] = mapped_column(default=True, server_default=text("true"))
    calls_on_holidays: Mapped[bool] = mapped_column(default=True, server_default=text("true"))

    __table_args__ = (
        CheckConstraint("(calls_from IS NULL) = (calls_until IS NULL)", name="hours_have_two_ends"),
        CheckConstraint(
            "calls_from < calls_until OR calls_until = '00:00'", name="hours_end_after_they_start"
        ),
        # a case without a matching site is a real person
        CheckConstraint("NOT is_default OR kind = 'live'", name="default_is_live"),
        Index("uq_sites_one_default", "is_default", unique=True, postgresql_where=text("is_default")),
    )


class SiteFund(Base):
    """A fund code whose cases belong to a site."""

    __tablename__ = "site_funds"

    fund_code: Mapped[str] = mapped_column(primary_key=True)
    site_id: Mapped[int] = mapped_column(ForeignKey("sites.id"), index=True)


class Member(Base):
    """A member of staff."""

    __tablename__ = "members"

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    login: Mapped[str] = mapped_column(unique=True)
    display_name: Mapped[str]
    """How they introduce themselves on the telephone."""
    kind: Mapped[MemberKind] = mapped_column(enum_text(MemberKind), default=MemberKind.STAFF)
    password_hash: Mapped[str | None]
    """Argon2id; None until the invitation was used."""
    contract_ends_on: Mapped[date | None]
    languages: Mapped[list[str]] = mapped_column(default=list, server_default=text("'[]'::jsonb"))
    """Codes of the languages, besides French, in which they can hold a call."""
    created_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    browsers_known_from: Mapped[datetime | None]
    """Browsers known before this time are no longer known: the password changed, or the account was closed."""
    paused_at: Mapped[datetime | None]
    """Start of the current pause; during it they are given no calls."""
    lent_to: Mapped[int | None] = mapped_column(ForeignKey("sites.id"))
    """The site for which they call for some hours, as a tracer, instead of for their own."""

    roles: Mapped[list["MemberRole"]] = relationship(lazy="selectin")
    shifts: Mapped[list["Shift"]] = relationship(lazy="select", order_by="Shift.weekday")


class MemberRole(Base):
    """A role that a member holds at a site."""

    __tablename__ = "member_roles"

    member_id: Mapped[int] = mapped_column(ForeignKey("members.id"), primary_key=True)
    site_id: Mapped[int] = mapped_column(ForeignKey("sites.id"), primary_key=True, index=True)
    role: Mapped[Role] = mapped_column(enum_text(Role), primary_key=True)
    is_national: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    """The import officer sees the lots of all live sites: a right given by two administrators or the command line."""

    __table_args__ = (
        CheckConstraint("NOT is_national OR role = 'import_officer'", name="only_imports_are_national"),
    )


class NationalProposal(Base):
    """An administrator proposes that an import officer of a live site be national; another one confirms it."""

    __tablename__ = "national_proposals"
    __table_args__ = (
        CheckConstraint("proposed_by <> member_id", name="not_for_oneself"),
        CheckConstraint("confirmed_by NOT IN (proposed_by, member_id)", name="confirmed_by_a_second_person"),
        CheckConstraint("confirmed_by IS NULL OR ended_at IS NOT NULL", name="confirmed_once"),
        Index(
            "uq_national_proposals_open",
            "member_id",
            "site_id",
            unique=True,
            postgresql_where=text("ended_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    member_id: Mapped[int] = mapped_column(ForeignKey("members.id"))
    site_id: Mapped[int] = mapped_column(ForeignKey("sites.id"))
    proposed_by: Mapped[int] = mapped_column(ForeignKey("members.id"))
    proposed_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    """From then on it can no longer be confirmed."""
    confirmed_by: Mapped[int | None] = mapped_column(ForeignKey("members.id"))
    ended_at: Mapped[datetime | None]
    """When it was confirmed, withdrawn, or replaced after it expired."""


class AccountMaker(Base):
    """A member who opened another's account, gave it a password or gave it a role: with it, one person could be two."""

    __tablename__ = "account_makers"

    member_id: Mapped[int] = mapped_column(ForeignKey("members.id"), primary_key=True)
    by_id: Mapped[int] = mapped_column(ForeignKey("members.id"), primary_key=True)
    last_at: Mapped[datetime]


class Shift(Base):
    """The hours of a member on one day of the week, in the site's time zone."""

    __tablename__ = "shifts"
    __table_args__ = (
        CheckConstraint("weekday BETWEEN 0 AND 6", name="weekday"),
        CheckConstraint("starts_at < ends_at", name="ends_after_it_starts"),
    )

    member_id: Mapped[int] = mapped_column(ForeignKey("members.id"), primary_key=True)
    weekday: Mapped[int] = mapped_column(primary_key=True)
    """0 is Monday."""
    starts_at: Mapped[time]
    ends_at: Mapped[time]


class Absence(Base):
    """Days on which a member does not work, whatever their weekly hours are."""

    __tablename__ = "absences"
    __table_args__ = (
        CheckConstraint("starts_on <= ends_on", name="ends_after_it_starts"),
        CheckConstraint("(removed_at IS NULL) = (removed_by IS NULL)", name="removed_has_an_author"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    member_id: Mapped[int] = mapped_column(ForeignKey("members.id"), index=True)
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    """The last day, included."""
    noted_by: Mapped[int] = mapped_column(ForeignKey("members.id"))
    noted_at: Mapped[datetime]
    removed_by: Mapped[int | None] = mapped_column(ForeignKey("members.id"))
    removed_at: Mapped[datetime | None]


class Loan(Base):
    """A period of some hours in which a tracer calls for another site."""

    __tablename__ = "loans"
    __table_args__ = (
        CheckConstraint("from_site_id <> to_site_id", name="to_another_site"),
        Index(
            "uq_loans_one_at_a_time", "member_id", unique=True, postgresql_where=text("returned_at IS NULL")
        ),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    member_id: Mapped[int] = mapped_column(ForeignKey("members.id"))
    from_site_id: Mapped[int] = mapped_column(ForeignKey("sites.id"))
    to_site_id: Mapped[int] = mapped_column(ForeignKey("sites.id"))
    lent_at: Mapped[datetime]
    lent_by: Mapped[int] = mapped_column(ForeignKey("members.id"))
    ends_at: Mapped[datetime]
    returned_at: Mapped[datetime | None]


class StaffSession(Base):
    """A session of one member in one browser. The cookie has a random token; this row has its hash."""

    __tablename__ = "staff_sessions"
    __table_args__ = (
        CheckConstraint("(ended_at IS NULL) = (end_reason IS NULL)", name="an_end_has_a_reason"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    token_hash: Mapped[bytes] = mapped_column(unique=True)
    member_id: Mapped[int] = mapped_column(ForeignKey("members.id"), index=True)
    site_id: Mapped[int] = mapped_column(ForeignKey("sites.id"))
    """The site at which this member works now."""
    device: Mapped[str]
    """Browser and operating system in words, so that the member recognises the session."""
    started_at: Mapped[datetime]
    last_input_at: Mapped[datetime]
    """The last input by a person; heartbeats and refreshes do not count."""
    locked_at: Mapped[datetime | None]
    failed_unlocks: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    """Wrong passwords at the lock screen since the last right one."""
    last_failed_unlock_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    end_reason: Mapped[SessionEnd | None] = mapped_column(enum_text(SessionEnd))


class LoginAttempt(Base):
    """An attempt to log in, stored for existing and unknown logins alike."""

    __tablename__ = "login_attempts"
    __table_args__ = (
        Index("ix_login_attempts_name_at", "name_hash", "at"),
        Index("ix_login_attempts_address_at", "address", "at"),
        Index("ix_login_attempts_at", "at"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    name_hash: Mapped[bytes]
    """Keyed hash of the login, because people type passwords into the wrong field."""
    address: Mapped[str]
    """The client's address; for IPv6, its network."""
    at: Mapped[datetime]
    succeeded: Mapped[bool]
    """False until the password was compared, so that guesses sent at the same time are all counted."""
    browser: Mapped[str | None]
    """The known browser it came from; None: a browser in which this member never logged in."""
    forgiven: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    """The failure no longer causes a delay: the right password followed, or an administrator lifted the delay."""


registry.blind_kinds("login")
