"""Make the first tables, with the read log in monthly parts.

The first release: there are no rows and no older code to keep safe.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(sa.schema.CreateSequence(sa.Sequence("case_reference_seq")))
    op.create_table(
        "events",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=True),
        sa.Column("site_id", sa.Integer(), nullable=True),
        sa.Column("subject_type", sa.String(), nullable=True),
        sa.Column("subject_id", sa.BigInteger(), nullable=True),
        sa.Column(
            "detail",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'::jsonb"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_events")),
    )
    op.create_index("ix_events_subject", "events", ["subject_type", "subject_id", "id"], unique=False)
    op.create_table(
        "households",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("is_institution", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_households")),
    )
    op.create_table(
        "import_sources",
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("label", sa.String(), nullable=False),
        sa.Column("layout", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_import_sources")),
    )
    op.create_table(
        "login_attempts",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("name_hash", sa.LargeBinary(), nullable=False),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("succeeded", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_login_attempts")),
    )
    op.create_index("ix_login_attempts_address_at", "login_attempts", ["address", "at"], unique=False)
    op.create_index("ix_login_attempts_name_at", "login_attempts", ["name_hash", "at"], unique=False)
    op.create_table(
        "members",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("login", sa.String(), nullable=False),
        sa.Column("display_name", sa.String(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "staff",
                "volunteer",
                "recruit",
                name="memberkind",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("password_hash", sa.String(), nullable=True),
        sa.Column("contract_ends_on", sa.Date(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_members")),
        sa.UniqueConstraint("login", name=op.f("uq_members_login")),
    )
    op.create_table(
        "run_slots",
        sa.Column("job", sa.String(), nullable=False),
        sa.Column("slot", sa.DateTime(timezone=True), nullable=False),
        sa.Column("taken_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("job", "slot", name=op.f("pk_run_slots")),
    )
    op.create_table(
        "script_versions",
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("version", sa.String(), nullable=False),
        sa.Column("content_hash", sa.String(), nullable=False),
        sa.Column("content", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("kind", "version", name=op.f("pk_script_versions")),
    )
    op.create_table(
        "sightings",
        sa.Column("first_month", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("viewer_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("why", sa.String(), nullable=False),
        sa.Column("scope", sa.String(), nullable=False),
        sa.Column("people", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("first_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("first_month", "viewer_id", "why", "scope", name=op.f("pk_sightings")),
        postgresql_partition_by="RANGE (first_month)",
    )
    op.create_table(
        "sites",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "live", "training", name="sitekind", native_enum=False, create_constraint=True, length=40
            ),
            nullable=False,
        ),
        sa.Column("time_zone", sa.String(), nullable=False),
        sa.Column("programme", sa.String(), nullable=False),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("call_back_number", sa.String(), nullable=False),
        sa.Column("is_default", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sites")),
        sa.UniqueConstraint("code", name=op.f("uq_sites_code")),
    )
    op.create_index(
        "uq_sites_one_default", "sites", ["is_default"], unique=True, postgresql_where=sa.text("is_default")
    )
    op.create_table(
        "certifications",
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("site_id", sa.Integer(), nullable=False),
        sa.Column("certified_by", sa.Integer(), nullable=False),
        sa.Column("certified_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("practice_calls", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["certified_by"], ["members.id"], name=op.f("fk_certifications_certified_by")
        ),
        sa.ForeignKeyConstraint(["member_id"], ["members.id"], name=op.f("fk_certifications_member_id")),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name=op.f("fk_certifications_site_id")),
        sa.PrimaryKeyConstraint("member_id", "site_id", name=op.f("pk_certifications")),
    )
    op.create_table(
        "household_numbers",
        sa.Column("number_hash", sa.LargeBinary(), nullable=False),
        sa.Column("index_key_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("household_id", sa.BigInteger(), nullable=True),
        sa.Column("is_institution", sa.Boolean(), nullable=False),
        sa.Column("cohort", sa.Date(), nullable=False),
        sa.CheckConstraint(
            "is_institution = (household_id IS NULL)",
            name=op.f("ck_household_numbers_switchboard_has_no_household"),
        ),
        sa.ForeignKeyConstraint(
            ["household_id"], ["households.id"], name=op.f("fk_household_numbers_household_id")
        ),
        sa.PrimaryKeyConstraint("number_hash", "index_key_id", name=op.f("pk_household_numbers")),
    )
    op.create_index(op.f("ix_household_numbers_cohort"), "household_numbers", ["cohort"], unique=False)
    op.create_index(
        op.f("ix_household_numbers_household_id"), "household_numbers", ["household_id"], unique=False
    )
    op.create_table(
        "import_lots",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("source_code", sa.String(), nullable=False),
        sa.Column("file_name", sa.String(), nullable=False),
        sa.Column("file_sha256", sa.String(), nullable=False),
        sa.Column("container", sa.String(), nullable=True),
        sa.Column(
            "state",
            sa.Enum(
                "loading",
                "loaded",
                "refused",
                name="lotstate",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("refusal", sa.String(), nullable=True),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("received_by", sa.Integer(), nullable=True),
        sa.Column("loaded_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "counts",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'::jsonb"),
            nullable=False,
        ),
        sa.CheckConstraint(
            "(state = 'loaded') = (loaded_at IS NOT NULL)", name=op.f("ck_import_lots_loaded_has_a_time")
        ),
        sa.CheckConstraint(
            "(state = 'refused') = (refusal IS NOT NULL)", name=op.f("ck_import_lots_refused_has_a_reason")
        ),
        sa.ForeignKeyConstraint(["received_by"], ["members.id"], name=op.f("fk_import_lots_received_by")),
        sa.ForeignKeyConstraint(
            ["source_code"], ["import_sources.code"], name=op.f("fk_import_lots_source_code")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import_lots")),
    )
    op.create_index(op.f("ix_import_lots_source_code"), "import_lots", ["source_code"], unique=False)
    op.create_table(
        "invitations",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("login", sa.String(), nullable=False),
        sa.Column("display_name", sa.String(), nullable=False),
        sa.Column("contract_ends_on", sa.Date(), nullable=True),
        sa.Column("training_site_id", sa.Integer(), nullable=False),
        sa.Column("live_site_id", sa.Integer(), nullable=False),
        sa.Column("invited_by", sa.Integer(), nullable=False),
        sa.Column("invited_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("member_id", sa.Integer(), nullable=True),
        sa.CheckConstraint(
            "(used_at IS NULL) = (member_id IS NULL)", name=op.f("ck_invitations_used_has_a_member")
        ),
        sa.CheckConstraint(
            "used_at IS NULL OR withdrawn_at IS NULL", name=op.f("ck_invitations_used_is_not_withdrawn")
        ),
        sa.ForeignKeyConstraint(["invited_by"], ["members.id"], name=op.f("fk_invitations_invited_by")),
        sa.ForeignKeyConstraint(["live_site_id"], ["sites.id"], name=op.f("fk_invitations_live_site_id")),
        sa.ForeignKeyConstraint(["member_id"], ["members.id"], name=op.f("fk_invitations_member_id")),
        sa.ForeignKeyConstraint(
            ["training_site_id"], ["sites.id"], name=op.f("fk_invitations_training_site_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invitations")),
        sa.UniqueConstraint("member_id", name=op.f("uq_invitations_member_id")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_invitations_token_hash")),
    )
    op.create_index(op.f("ix_invitations_live_site_id"), "invitations", ["live_site_id"], unique=False)
    op.create_index(
        "uq_invitations_open_login",
        "invitations",
        ["login"],
        unique=True,
        postgresql_where=sa.text("used_at IS NULL AND withdrawn_at IS NULL"),
    )
    op.create_table(
        "member_roles",
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("site_id", sa.Integer(), nullable=False),
        sa.Column(
            "role",
            sa.Enum(
                "tracer",
                "medical_adviser",
                "referent",
                "supervisor",
                "import_officer",
                "auditor",
                "administrator",
                name="role",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(["member_id"], ["members.id"], name=op.f("fk_member_roles_member_id")),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name=op.f("fk_member_roles_site_id")),
        sa.PrimaryKeyConstraint("member_id", "site_id", "role", name=op.f("pk_member_roles")),
    )
    op.create_index(op.f("ix_member_roles_site_id"), "member_roles", ["site_id"], unique=False)
    op.create_table(
        "note_counters",
        sa.Column("site_id", sa.Integer(), nullable=False),
        sa.Column("year", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("last_number", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name=op.f("fk_note_counters_site_id")),
        sa.PrimaryKeyConstraint("site_id", "year", name=op.f("pk_note_counters")),
    )
    op.create_table(
        "people",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("cohort", sa.Date(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.Column("household_id", sa.BigInteger(), nullable=True),
        sa.Column("same_as", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["household_id"], ["households.id"], name=op.f("fk_people_household_id")),
        sa.ForeignKeyConstraint(["same_as"], ["people.id"], name=op.f("fk_people_same_as")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_people")),
    )
    op.create_index(op.f("ix_people_cohort"), "people", ["cohort"], unique=False)
    op.create_index(op.f("ix_people_household_id"), "people", ["household_id"], unique=False)
    op.create_index(op.f("ix_people_same_as"), "people", ["same_as"], unique=False)
    op.create_table(
        "queue_entries",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("household_id", sa.BigInteger(), nullable=False),
        sa.Column("site_id", sa.Integer(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "idle",
                "scheduled",
                "ready",
                "claimed",
                name="entrystate",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("rank_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("not_before", sa.DateTime(timezone=True), nullable=False),
        sa.Column("promised_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reserved_for", sa.Integer(), nullable=True),
        sa.Column("reserved_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("claimant_id", sa.Integer(), nullable=True),
        sa.Column("claim_number", sa.BigInteger(), nullable=False),
        sa.Column("claimed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("claim_ends_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_input_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("overdue_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("regroup", sa.Boolean(), nullable=False),
        sa.CheckConstraint(
            "(state = 'claimed') = (claimant_id IS NOT NULL AND claimed_at IS NOT NULL\n               AND claim_ends_at IS NOT NULL AND last_input_at IS NOT NULL)",
            name=op.f("ck_queue_entries_claimed_has_a_claimant"),
        ),
        sa.CheckConstraint(
            "(reserved_for IS NULL) = (reserved_until IS NULL)",
            name=op.f("ck_queue_entries_reserved_has_an_end"),
        ),
        sa.ForeignKeyConstraint(["claimant_id"], ["members.id"], name=op.f("fk_queue_entries_claimant_id")),
        sa.ForeignKeyConstraint(
            ["household_id"], ["households.id"], name=op.f("fk_queue_entries_household_id")
        ),
        sa.ForeignKeyConstraint(["reserved_for"], ["members.id"], name=op.f("fk_queue_entries_reserved_for")),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name=op.f("fk_queue_entries_site_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_queue_entries")),
        sa.UniqueConstraint("household_id", name=op.f("uq_queue_entries_household_id")),
        postgresql_with={"fillfactor": "70"},
    )
    op.create_index(
        "ix_queue_entries_claim_end",
        "queue_entries",
        ["claim_ends_at"],
        unique=False,
        postgresql_where=sa.text("state = 'claimed'"),
    )
    op.create_index(
        "ix_queue_entries_overdue",
        "queue_entries",
        ["due_at"],
        unique=False,
        postgresql_where=sa.text("state <> 'idle' AND overdue_at IS NULL"),
    )
    op.create_index(
        "ix_queue_entries_ready",
        "queue_entries",
        ["site_id", "rank_at", "id"],
        unique=False,
        postgresql_where=sa.text("state = 'ready' AND reserved_for IS NULL"),
    )
    op.create_index(
        "ix_queue_entries_regroup",
        "queue_entries",
        ["household_id"],
        unique=False,
        postgresql_where=sa.text("regroup"),
    )
    op.create_index(
        "ix_queue_entries_reserved",
        "queue_entries",
        ["reserved_for", "rank_at"],
        unique=False,
        postgresql_where=sa.text("state = 'ready' AND reserved_for IS NOT NULL"),
    )
    op.create_index(
        "ix_queue_entries_scheduled",
        "queue_entries",
        ["not_before"],
        unique=False,
        postgresql_where=sa.text("state = 'scheduled'"),
    )
    op.create_index(op.f("ix_queue_entries_site_id"), "queue_entries", ["site_id"], unique=False)
    op.create_index("uq_queue_entries_one_claim", "queue_entries", ["claimant_id"], unique=True)
    op.create_table(
        "shifts",
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("weekday", sa.Integer(), nullable=False),
        sa.Column("starts_at", sa.Time(), nullable=False),
        sa.Column("ends_at", sa.Time(), nullable=False),
        sa.CheckConstraint("starts_at < ends_at", name=op.f("ck_shifts_ends_after_it_starts")),
        sa.CheckConstraint("weekday BETWEEN 0 AND 6", name=op.f("ck_shifts_weekday")),
        sa.ForeignKeyConstraint(["member_id"], ["members.id"], name=op.f("fk_shifts_member_id")),
        sa.PrimaryKeyConstraint("member_id", "weekday", name=op.f("pk_shifts")),
    )
    op.create_table(
        "site_funds",
        sa.Column("fund_code", sa.String(), nullable=False),
        sa.Column("site_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name=op.f("fk_site_funds_site_id")),
        sa.PrimaryKeyConstraint("fund_code", name=op.f("pk_site_funds")),
    )
    op.create_index(op.f("ix_site_funds_site_id"), "site_funds", ["site_id"], unique=False)
    op.create_table(
        "staff_sessions",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("site_id", sa.Integer(), nullable=False),
        sa.Column("device", sa.String(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_input_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("locked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "end_reason",
            sa.Enum(
                "signed_out",
                "too_old",
                "ended_elsewhere",
                "account_closed",
                name="sessionend",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=True,
        ),
        sa.CheckConstraint(
            "(ended_at IS NULL) = (end_reason IS NULL)", name=op.f("ck_staff_sessions_an_end_has_a_reason")
        ),
        sa.ForeignKeyConstraint(["member_id"], ["members.id"], name=op.f("fk_staff_sessions_member_id")),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name=op.f("fk_staff_sessions_site_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staff_sessions")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_staff_sessions_token_hash")),
    )
    op.create_index(op.f("ix_staff_sessions_member_id"), "staff_sessions", ["member_id"], unique=False)
    op.create_table(
        "calls",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("entry_id", sa.BigInteger(), nullable=False),
        sa.Column("claim_number", sa.BigInteger(), nullable=False),
        sa.Column("household_id", sa.BigInteger(), nullable=False),
        sa.Column("site_id", sa.Integer(), nullable=False),
        sa.Column("tracer_id", sa.Integer(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "outcome",
            sa.Enum(
                "completed",
                "callback",
                "no_answer",
                "voicemail",
                "wrong_number",
                "refused",
                "language",
                "needs_doctor",
                "given_back",
                "claim_ended",
                "taken_back",
                name="calloutcome",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=True,
        ),
        sa.CheckConstraint(
            "(ended_at IS NULL) = (outcome IS NULL)", name=op.f("ck_calls_ended_has_an_outcome")
        ),
        sa.ForeignKeyConstraint(["entry_id"], ["queue_entries.id"], name=op.f("fk_calls_entry_id")),
        sa.ForeignKeyConstraint(["household_id"], ["households.id"], name=op.f("fk_calls_household_id")),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name=op.f("fk_calls_site_id")),
        sa.ForeignKeyConstraint(["tracer_id"], ["members.id"], name=op.f("fk_calls_tracer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_calls")),
        sa.UniqueConstraint("entry_id", "claim_number", name=op.f("uq_calls_entry_id_claim_number")),
    )
    op.create_index(op.f("ix_calls_household_id"), "calls", ["household_id"], unique=False)
    op.create_index(op.f("ix_calls_site_id"), "calls", ["site_id"], unique=False)
    op.create_index(op.f("ix_calls_tracer_id"), "calls", ["tracer_id"], unique=False)
    op.create_table(
        "cases",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("reference", sa.String(), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("site_id", sa.Integer(), nullable=False),
        sa.Column("programme", sa.String(), nullable=False),
        sa.Column("episode", sa.Integer(), nullable=False),
        sa.Column("cohort", sa.Date(), nullable=False),
        sa.Column("first_sampled_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("onset_on", sa.Date(), nullable=True),
        sa.Column("vaccination", sa.String(), nullable=True),
        sa.Column("window_start", sa.Date(), nullable=True),
        sa.Column("window_end", sa.Date(), nullable=True),
        sa.Column("isolation_measure", sa.String(), nullable=True),
        sa.Column("isolation_start", sa.Date(), nullable=True),
        sa.Column("isolation_end", sa.Date(), nullable=True),
        sa.Column("isolation_last_day", sa.Date(), nullable=True),
        sa.Column("isolation_rule", sa.String(), nullable=True),
        sa.Column(
            "status",
            sa.Enum(
                "open",
                "closed",
                "withdrawn",
                name="casestatus",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column(
            "outcome",
            sa.Enum(
                "completed",
                "refused",
                "unreachable",
                "not_a_case",
                name="caseoutcome",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=True,
        ),
        sa.Column("from_contact_id", sa.BigInteger(), nullable=True),
        sa.Column("warnings", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(status = 'closed') = (closed_at IS NOT NULL)", name=op.f("ck_cases_closed_has_a_time")
        ),
        sa.CheckConstraint(
            "(closed_at IS NULL) = (outcome IS NULL)", name=op.f("ck_cases_closed_has_an_outcome")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_cases_person_id")),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name=op.f("fk_cases_site_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cases")),
        sa.UniqueConstraint(
            "person_id", "programme", "episode", name=op.f("uq_cases_person_id_programme_episode")
        ),
        sa.UniqueConstraint("reference", name=op.f("uq_cases_reference")),
    )
    op.create_index(op.f("ix_cases_cohort"), "cases", ["cohort"], unique=False)
    op.create_index(op.f("ix_cases_person_id"), "cases", ["person_id"], unique=False)
    op.create_index("ix_cases_site_status", "cases", ["site_id", "status", "id"], unique=False)
    op.create_table(
        "person_keys",
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "given_birth",
                "name_birth",
                "nir",
                "phone",
                "email",
                name="keykind",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("index_key_id", sa.Integer(), nullable=False),
        sa.Column("cohort", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_person_keys_person_id")),
        sa.PrimaryKeyConstraint("person_id", "kind", "hash", name=op.f("pk_person_keys")),
    )
    op.create_index(op.f("ix_person_keys_cohort"), "person_keys", ["cohort"], unique=False)
    op.create_index("ix_person_keys_hash", "person_keys", ["hash", "kind"], unique=False)
    op.create_table(
        "possible_duplicates",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("other_id", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "open",
                "same",
                "different",
                name="pairstate",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("found_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["other_id"], ["people.id"], name=op.f("fk_possible_duplicates_other_id")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_possible_duplicates_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_possible_duplicates")),
        sa.UniqueConstraint("person_id", "other_id", name=op.f("uq_possible_duplicates_person_id_other_id")),
    )
    op.create_index(
        op.f("ix_possible_duplicates_other_id"), "possible_duplicates", ["other_id"], unique=False
    )
    op.create_table(
        "call_tasks",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("household_id", sa.BigInteger(), nullable=True),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("site_id", sa.Integer(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "case_first",
                "contact_first",
                name="taskkind",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("case_id", sa.BigInteger(), nullable=False),
        sa.Column("contact_id", sa.BigInteger(), nullable=True),
        sa.Column(
            "state",
            sa.Enum(
                "open",
                "done",
                "no_number",
                "unreachable",
                "waiting_doctor",
                "waiting_language",
                "cancelled",
                name="taskstate",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("not_before", sa.DateTime(timezone=True), nullable=False),
        sa.Column("promised_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("promised_by", sa.Integer(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("script_version", sa.String(), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(kind = 'contact_first') = (contact_id IS NOT NULL)",
            name=op.f("ck_call_tasks_contact_call_has_contact"),
        ),
        sa.CheckConstraint(
            "(state = 'open') OR (closed_at IS NOT NULL)", name=op.f("ck_call_tasks_not_open_has_a_time")
        ),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_call_tasks_case_id")),
        sa.ForeignKeyConstraint(["household_id"], ["households.id"], name=op.f("fk_call_tasks_household_id")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_call_tasks_person_id")),
        sa.ForeignKeyConstraint(["promised_by"], ["members.id"], name=op.f("fk_call_tasks_promised_by")),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name=op.f("fk_call_tasks_site_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_call_tasks")),
    )
    op.create_index(op.f("ix_call_tasks_case_id"), "call_tasks", ["case_id"], unique=False)
    op.create_index(op.f("ix_call_tasks_contact_id"), "call_tasks", ["contact_id"], unique=False)
    op.create_index(
        "ix_call_tasks_household_open",
        "call_tasks",
        ["household_id"],
        unique=False,
        postgresql_where=sa.text("state = 'open'"),
    )
    op.create_index(op.f("ix_call_tasks_person_id"), "call_tasks", ["person_id"], unique=False)
    op.create_index("ix_call_tasks_site_state", "call_tasks", ["site_id", "state", "id"], unique=False)
    op.create_table(
        "contacts",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("case_id", sa.BigInteger(), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("cohort", sa.Date(), nullable=False),
        sa.Column("last_contact_on", sa.Date(), nullable=False),
        sa.Column("circumstances", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column(
            "risk",
            sa.Enum(
                "at_risk",
                "negligible",
                "undetermined",
                name="risklevel",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("risk_rule", sa.String(), nullable=True),
        sa.Column("risk_criterion", sa.String(), nullable=True),
        sa.Column("vaccination", sa.String(), nullable=True),
        sa.Column("quarantine_measure", sa.String(), nullable=True),
        sa.Column("quarantine_end", sa.Date(), nullable=True),
        sa.Column("quarantine_last_day", sa.Date(), nullable=True),
        sa.Column("quarantine_rule", sa.String(), nullable=True),
        sa.Column("may_disclose", sa.Boolean(), nullable=False),
        sa.Column(
            "status",
            sa.Enum(
                "named",
                "informed",
                "refused",
                "unreachable",
                "became_case",
                "removed",
                name="contactstatus",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("became_case_id", sa.BigInteger(), nullable=True),
        sa.Column("named_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("named_by", sa.Integer(), nullable=False),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.CheckConstraint(
            "(status = 'removed') = (removed_at IS NOT NULL)", name=op.f("ck_contacts_removed_has_a_time")
        ),
        sa.CheckConstraint(
            "risk = 'undetermined' OR risk_rule IS NOT NULL", name=op.f("ck_contacts_risk_has_a_rule")
        ),
        sa.ForeignKeyConstraint(["became_case_id"], ["cases.id"], name=op.f("fk_contacts_became_case_id")),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_contacts_case_id")),
        sa.ForeignKeyConstraint(["named_by"], ["members.id"], name=op.f("fk_contacts_named_by")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_contacts_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contacts")),
    )
    op.create_index(op.f("ix_contacts_case_id"), "contacts", ["case_id"], unique=False)
    op.create_index(op.f("ix_contacts_cohort"), "contacts", ["cohort"], unique=False)
    op.create_index(op.f("ix_contacts_person_id"), "contacts", ["person_id"], unique=False)
    op.create_index(
        "uq_contacts_named_once",
        "contacts",
        ["case_id", "person_id"],
        unique=True,
        postgresql_where=sa.text("status <> 'removed'"),
    )
    op.create_table(
        "drafts",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("call_id", sa.BigInteger(), nullable=False),
        sa.Column("field", sa.String(), nullable=False),
        sa.Column("cohort", sa.Date(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.Column("kept_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("dismissed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["call_id"], ["calls.id"], name=op.f("fk_drafts_call_id")),
        sa.ForeignKeyConstraint(["member_id"], ["members.id"], name=op.f("fk_drafts_member_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_drafts")),
    )
    op.create_index(op.f("ix_drafts_cohort"), "drafts", ["cohort"], unique=False)
    op.create_index(op.f("ix_drafts_member_id"), "drafts", ["member_id"], unique=False)
    op.create_table(
        "import_lines",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("lot_id", sa.BigInteger(), nullable=False),
        sa.Column("row_number", sa.Integer(), nullable=False),
        sa.Column("source_code", sa.String(), nullable=False),
        sa.Column("source_result_id", sa.String(), nullable=True),
        sa.Column("fingerprint", sa.LargeBinary(), nullable=True),
        sa.Column("result", sa.String(), nullable=True),
        sa.Column(
            "outcome",
            sa.Enum(
                "duplicate",
                "withdrawn",
                "not_positive",
                "quarantined",
                "repeat",
                "created",
                name="outcome",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("new_episode", sa.Boolean(), nullable=False),
        sa.Column("possible_duplicate", sa.Boolean(), nullable=False),
        sa.Column("reasons", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("warnings", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("case_id", sa.BigInteger(), nullable=True),
        sa.Column("settled_by_id", sa.BigInteger(), nullable=True),
        sa.Column("cohort", sa.Date(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_import_lines_case_id")),
        sa.ForeignKeyConstraint(["lot_id"], ["import_lots.id"], name=op.f("fk_import_lines_lot_id")),
        sa.ForeignKeyConstraint(
            ["settled_by_id"], ["import_lines.id"], name=op.f("fk_import_lines_settled_by_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import_lines")),
        sa.UniqueConstraint("lot_id", "row_number", name=op.f("uq_import_lines_lot_id_row_number")),
    )
    op.create_index(op.f("ix_import_lines_case_id"), "import_lines", ["case_id"], unique=False)
    op.create_index(op.f("ix_import_lines_cohort"), "import_lines", ["cohort"], unique=False)
    op.create_index(
        "ix_import_lines_fingerprint", "import_lines", ["source_code", "fingerprint"], unique=False
    )
    op.create_index(
        "ix_import_lines_lot_outcome", "import_lines", ["lot_id", "outcome", "row_number"], unique=False
    )
    op.create_index(
        "ix_import_lines_result", "import_lines", ["source_code", "source_result_id"], unique=False
    )
    op.create_table(
        "lab_results",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("case_id", sa.BigInteger(), nullable=False),
        sa.Column("source_code", sa.String(), nullable=False),
        sa.Column("source_result_id", sa.String(), nullable=True),
        sa.Column("sampled_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("validated_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("analysis", sa.String(), nullable=True),
        sa.Column("result", sa.String(), nullable=False),
        sa.Column("variant_screen", sa.String(), nullable=True),
        sa.Column("symptoms", sa.String(), nullable=True),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_lab_results_case_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lab_results")),
        sa.UniqueConstraint(
            "source_code", "source_result_id", name=op.f("uq_lab_results_source_code_source_result_id")
        ),
    )
    op.create_index(op.f("ix_lab_results_case_id"), "lab_results", ["case_id"], unique=False)
    op.create_table(
        "answers",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("task_id", sa.BigInteger(), nullable=False),
        sa.Column("question", sa.String(), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("call_id", sa.BigInteger(), nullable=False),
        sa.Column("claim_number", sa.BigInteger(), nullable=False),
        sa.Column("script_version", sa.String(), nullable=False),
        sa.Column("cohort", sa.Date(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.Column("saved_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("saved_by", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["call_id"], ["calls.id"], name=op.f("fk_answers_call_id")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_answers_person_id")),
        sa.ForeignKeyConstraint(["saved_by"], ["members.id"], name=op.f("fk_answers_saved_by")),
        sa.ForeignKeyConstraint(["task_id"], ["call_tasks.id"], name=op.f("fk_answers_task_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_answers")),
        sa.UniqueConstraint("task_id", "question", name=op.f("uq_answers_task_id_question")),
    )
    op.create_index(op.f("ix_answers_call_id"), "answers", ["call_id"], unique=False)
    op.create_index(op.f("ix_answers_cohort"), "answers", ["cohort"], unique=False)
    op.create_table(
        "conversations",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("call_id", sa.BigInteger(), nullable=False),
        sa.Column("task_id", sa.BigInteger(), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("script_version", sa.String(), nullable=False),
        sa.Column("identity_confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "outcome",
            sa.Enum(
                "completed",
                "callback",
                "no_answer",
                "voicemail",
                "wrong_number",
                "refused",
                "language",
                "needs_doctor",
                "given_back",
                "claim_ended",
                "taken_back",
                name="calloutcome",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=True,
        ),
        sa.CheckConstraint(
            "(finished_at IS NULL) = (outcome IS NULL)", name=op.f("ck_conversations_finished_has_an_outcome")
        ),
        sa.ForeignKeyConstraint(["call_id"], ["calls.id"], name=op.f("fk_conversations_call_id")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_conversations_person_id")),
        sa.ForeignKeyConstraint(["task_id"], ["call_tasks.id"], name=op.f("fk_conversations_task_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_conversations")),
        sa.UniqueConstraint("call_id", "task_id", name=op.f("uq_conversations_call_id_task_id")),
    )
    op.create_index(op.f("ix_conversations_person_id"), "conversations", ["person_id"], unique=False)
    op.create_index(op.f("ix_conversations_task_id"), "conversations", ["task_id"], unique=False)
    op.create_table(
        "escalations",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("site_id", sa.Integer(), nullable=False),
        sa.Column(
            "audience",
            sa.Enum(
                "medical_adviser",
                "referent",
                name="audience",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column(
            "reason",
            sa.Enum(
                "red_flags",
                "result_not_announced",
                "medical_question",
                "vulnerable",
                "sick_leave",
                "risk_disputed",
                "procedure",
                "difficult_call",
                "collectivity",
                name="reason",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("urgency", sa.Integer(), nullable=False),
        sa.Column("task_id", sa.BigInteger(), nullable=False),
        sa.Column("call_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "waiting",
                "taken",
                "settled",
                name="escalationstate",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("raised_by", sa.Integer(), nullable=False),
        sa.Column("raised_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("taken_by", sa.Integer(), nullable=True),
        sa.Column("taken_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "decision",
            sa.Enum(
                "go_on",
                "call_back",
                "closed",
                name="decision",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=True,
        ),
        sa.Column("result_announced", sa.Boolean(), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cohort", sa.Date(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.CheckConstraint(
            "(state = 'settled') = (settled_at IS NOT NULL)", name=op.f("ck_escalations_settled_has_a_time")
        ),
        sa.CheckConstraint(
            "(state = 'waiting') = (taken_at IS NULL)", name=op.f("ck_escalations_taken_has_a_time")
        ),
        sa.CheckConstraint(
            "state = 'settled' OR NOT result_announced", name=op.f("ck_escalations_announced_is_settled")
        ),
        sa.CheckConstraint(
            "(settled_at IS NULL) = (decision IS NULL)", name=op.f("ck_escalations_settled_has_a_decision")
        ),
        sa.CheckConstraint(
            "(taken_at IS NULL) = (taken_by IS NULL)", name=op.f("ck_escalations_taken_has_a_member")
        ),
        sa.ForeignKeyConstraint(["call_id"], ["calls.id"], name=op.f("fk_escalations_call_id")),
        sa.ForeignKeyConstraint(["raised_by"], ["members.id"], name=op.f("fk_escalations_raised_by")),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name=op.f("fk_escalations_site_id")),
        sa.ForeignKeyConstraint(["taken_by"], ["members.id"], name=op.f("fk_escalations_taken_by")),
        sa.ForeignKeyConstraint(["task_id"], ["call_tasks.id"], name=op.f("fk_escalations_task_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_escalations")),
    )
    op.create_index(op.f("ix_escalations_call_id"), "escalations", ["call_id"], unique=False)
    op.create_index(op.f("ix_escalations_cohort"), "escalations", ["cohort"], unique=False)
    op.create_index(
        "ix_escalations_open",
        "escalations",
        ["site_id", "audience", "urgency", "id"],
        unique=False,
        postgresql_where=sa.text("state <> 'settled'"),
    )
    op.create_index(op.f("ix_escalations_raised_by"), "escalations", ["raised_by"], unique=False)
    op.create_index(
        "ix_escalations_settled",
        "escalations",
        ["site_id", "settled_at"],
        unique=False,
        postgresql_where=sa.text("state = 'settled'"),
    )
    op.create_index(op.f("ix_escalations_task_id"), "escalations", ["task_id"], unique=False)
    op.create_index(
        "ix_escalations_unread",
        "escalations",
        ["raised_by"],
        unique=False,
        postgresql_where=sa.text("state = 'settled' AND seen_at IS NULL"),
    )
    op.create_index(
        "uq_escalations_one_open",
        "escalations",
        ["task_id", "audience"],
        unique=True,
        postgresql_where=sa.text("state <> 'settled'"),
    )
    op.create_table(
        "sick_notes",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("site_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("task_id", sa.BigInteger(), nullable=False),
        sa.Column("call_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum("case", "contact", name="notekind", native_enum=False, create_constraint=True, length=40),
            nullable=False,
        ),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.Column("rule", sa.String(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "issued", "cancelled", name="notestate", native_enum=False, create_constraint=True, length=40
            ),
            nullable=False,
        ),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("issued_by", sa.Integer(), nullable=False),
        sa.Column("cancelled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cancelled_by", sa.Integer(), nullable=True),
        sa.Column("cohort", sa.Date(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.CheckConstraint(
            "(state = 'cancelled') = (cancelled_at IS NOT NULL)",
            name=op.f("ck_sick_notes_cancelled_has_a_time"),
        ),
        sa.CheckConstraint("first_day <= last_day", name=op.f("ck_sick_notes_ends_after_it_starts")),
        sa.ForeignKeyConstraint(["call_id"], ["calls.id"], name=op.f("fk_sick_notes_call_id")),
        sa.ForeignKeyConstraint(["cancelled_by"], ["members.id"], name=op.f("fk_sick_notes_cancelled_by")),
        sa.ForeignKeyConstraint(["issued_by"], ["members.id"], name=op.f("fk_sick_notes_issued_by")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_sick_notes_person_id")),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name=op.f("fk_sick_notes_site_id")),
        sa.ForeignKeyConstraint(["task_id"], ["call_tasks.id"], name=op.f("fk_sick_notes_task_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sick_notes")),
        sa.UniqueConstraint("number", name=op.f("uq_sick_notes_number")),
    )
    op.create_index(op.f("ix_sick_notes_cohort"), "sick_notes", ["cohort"], unique=False)
    op.create_index(op.f("ix_sick_notes_person_id"), "sick_notes", ["person_id"], unique=False)
    op.create_index(op.f("ix_sick_notes_task_id"), "sick_notes", ["task_id"], unique=False)
    op.create_index(
        "uq_sick_notes_one_per_task",
        "sick_notes",
        ["task_id"],
        unique=True,
        postgresql_where=sa.text("state = 'issued'"),
    )
    _partition_sightings()
    op.execute(
        "ALTER TABLE queue_entries SET (autovacuum_vacuum_threshold = 5000, autovacuum_vacuum_scale_factor = 0)"
    )


def _partition_sightings() -> None:
    """One part a month to the end of 2031, and one for whatever lies outside: old months leave as a whole."""
    for year in range(2026, 2032):
        for month in range(1, 13):
            first = year * 100 + month
            op.execute(
                f"CREATE TABLE sightings_{first} PARTITION OF sightings FOR VALUES FROM ({first}) TO ({first + 1})"
            )
    op.execute("CREATE TABLE sightings_other PARTITION OF sightings DEFAULT")


def downgrade() -> None:
    op.drop_index(
        "uq_sick_notes_one_per_task", table_name="sick_notes", postgresql_where=sa.text("state = 'issued'")
    )
    op.drop_index(op.f("ix_sick_notes_task_id"), table_name="sick_notes")
    op.drop_index(op.f("ix_sick_notes_person_id"), table_name="sick_notes")
    op.drop_index(op.f("ix_sick_notes_cohort"), table_name="sick_notes")
    op.drop_table("sick_notes")
    op.drop_index(
        "uq_escalations_one_open", table_name="escalations", postgresql_where=sa.text("state <> 'settled'")
    )
    op.drop_index(
        "ix_escalations_unread",
        table_name="escalations",
        postgresql_where=sa.text("state = 'settled' AND seen_at IS NULL"),
    )
    op.drop_index(op.f("ix_escalations_task_id"), table_name="escalations")
    op.drop_index(
        "ix_escalations_settled", table_name="escalations", postgresql_where=sa.text("state = 'settled'")
    )
    op.drop_index(op.f("ix_escalations_raised_by"), table_name="escalations")
    op.drop_index(
        "ix_escalations_open", table_name="escalations", postgresql_where=sa.text("state <> 'settled'")
    )
    op.drop_index(op.f("ix_escalations_cohort"), table_name="escalations")
    op.drop_index(op.f("ix_escalations_call_id"), table_name="escalations")
    op.drop_table("escalations")
    op.drop_index(op.f("ix_conversations_task_id"), table_name="conversations")
    op.drop_index(op.f("ix_conversations_person_id"), table_name="conversations")
    op.drop_table("conversations")
    op.drop_index(op.f("ix_answers_cohort"), table_name="answers")
    op.drop_index(op.f("ix_answers_call_id"), table_name="answers")
    op.drop_table("answers")
    op.drop_index(op.f("ix_lab_results_case_id"), table_name="lab_results")
    op.drop_table("lab_results")
    op.drop_index("ix_import_lines_result", table_name="import_lines")
    op.drop_index("ix_import_lines_lot_outcome", table_name="import_lines")
    op.drop_index("ix_import_lines_fingerprint", table_name="import_lines")
    op.drop_index(op.f("ix_import_lines_cohort"), table_name="import_lines")
    op.drop_index(op.f("ix_import_lines_case_id"), table_name="import_lines")
    op.drop_table("import_lines")
    op.drop_index(op.f("ix_drafts_member_id"), table_name="drafts")
    op.drop_index(op.f("ix_drafts_cohort"), table_name="drafts")
    op.drop_table("drafts")
    op.drop_index(
        "uq_contacts_named_once", table_name="contacts", postgresql_where=sa.text("status <> 'removed'")
    )
    op.drop_index(op.f("ix_contacts_person_id"), table_name="contacts")
    op.drop_index(op.f("ix_contacts_cohort"), table_name="contacts")
    op.drop_index(op.f("ix_contacts_case_id"), table_name="contacts")
    op.drop_table("contacts")
    op.drop_index("ix_call_tasks_site_state", table_name="call_tasks")
    op.drop_index(op.f("ix_call_tasks_person_id"), table_name="call_tasks")
    op.drop_index(
        "ix_call_tasks_household_open", table_name="call_tasks", postgresql_where=sa.text("state = 'open'")
    )
    op.drop_index(op.f("ix_call_tasks_contact_id"), table_name="call_tasks")
    op.drop_index(op.f("ix_call_tasks_case_id"), table_name="call_tasks")
    op.drop_table("call_tasks")
    op.drop_index(op.f("ix_possible_duplicates_other_id"), table_name="possible_duplicates")
    op.drop_table("possible_duplicates")
    op.drop_index("ix_person_keys_hash", table_name="person_keys")
    op.drop_index(op.f("ix_person_keys_cohort"), table_name="person_keys")
    op.drop_table("person_keys")
    op.drop_index("ix_cases_site_status", table_name="cases")
    op.drop_index(op.f("ix_cases_person_id"), table_name="cases")
    op.drop_index(op.f("ix_cases_cohort"), table_name="cases")
    op.drop_table("cases")
    op.drop_index(op.f("ix_calls_tracer_id"), table_name="calls")
    op.drop_index(op.f("ix_calls_site_id"), table_name="calls")
    op.drop_index(op.f("ix_calls_household_id"), table_name="calls")
    op.drop_table("calls")
    op.drop_index(op.f("ix_staff_sessions_member_id"), table_name="staff_sessions")
    op.drop_table("staff_sessions")
    op.drop_index(op.f("ix_site_funds_site_id"), table_name="site_funds")
    op.drop_table("site_funds")
    op.drop_table("shifts")
    op.drop_index("uq_queue_entries_one_claim", table_name="queue_entries")
    op.drop_index(op.f("ix_queue_entries_site_id"), table_name="queue_entries")
    op.drop_index(
        "ix_queue_entries_scheduled",
        table_name="queue_entries",
        postgresql_where=sa.text("state = 'scheduled'"),
    )
    op.drop_index(
        "ix_queue_entries_reserved",
        table_name="queue_entries",
        postgresql_where=sa.text("state = 'ready' AND reserved_for IS NOT NULL"),
    )
    op.drop_index("ix_queue_entries_regroup", table_name="queue_entries", postgresql_where=sa.text("regroup"))
    op.drop_index(
        "ix_queue_entries_ready",
        table_name="queue_entries",
        postgresql_where=sa.text("state = 'ready' AND reserved_for IS NULL"),
    )
    op.drop_index(
        "ix_queue_entries_overdue",
        table_name="queue_entries",
        postgresql_where=sa.text("state <> 'idle' AND overdue_at IS NULL"),
    )
    op.drop_index(
        "ix_queue_entries_claim_end",
        table_name="queue_entries",
        postgresql_where=sa.text("state = 'claimed'"),
    )
    op.drop_table("queue_entries")
    op.drop_index(op.f("ix_people_same_as"), table_name="people")
    op.drop_index(op.f("ix_people_household_id"), table_name="people")
    op.drop_index(op.f("ix_people_cohort"), table_name="people")
    op.drop_table("people")
    op.drop_table("note_counters")
    op.drop_index(op.f("ix_member_roles_site_id"), table_name="member_roles")
    op.drop_table("member_roles")
    op.drop_index(
        "uq_invitations_open_login",
        table_name="invitations",
        postgresql_where=sa.text("used_at IS NULL AND withdrawn_at IS NULL"),
    )
    op.drop_index(op.f("ix_invitations_live_site_id"), table_name="invitations")
    op.drop_table("invitations")
    op.drop_index(op.f("ix_import_lots_source_code"), table_name="import_lots")
    op.drop_table("import_lots")
    op.drop_index(op.f("ix_household_numbers_household_id"), table_name="household_numbers")
    op.drop_index(op.f("ix_household_numbers_cohort"), table_name="household_numbers")
    op.drop_table("household_numbers")
    op.drop_table("certifications")
    op.drop_index("uq_sites_one_default", table_name="sites", postgresql_where=sa.text("is_default"))
    op.drop_table("sites")
    op.drop_table("sightings")
    op.drop_table("script_versions")
    op.drop_table("run_slots")
    op.drop_table("members")
    op.drop_index("ix_login_attempts_name_at", table_name="login_attempts")
    op.drop_index("ix_login_attempts_address_at", table_name="login_attempts")
    op.drop_table("login_attempts")
    op.drop_table("import_sources")
    op.drop_table("households")
    op.drop_index("ix_events_subject", table_name="events")
    op.drop_table("events")
    op.execute(sa.schema.DropSequence(sa.Sequence("case_reference_seq")))
