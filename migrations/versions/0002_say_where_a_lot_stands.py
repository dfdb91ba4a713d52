"""Sources with keys and mappings, lots that are planned, stopped and undone, lines corrected, pairs decided.

Only new tables and columns with a default: the older release goes on writing while this one starts.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


NEW_STATES = (
    "'received', 'to_map', 'planned', 'loading', 'stopped', 'loaded', 'undone', 'discarded', 'refused'"
)
OLD_STATES = "'loading', 'loaded', 'refused'"
CHECKED = (
    ("call_tasks", "ck_call_tasks_covered_is_not_called", "(covered_by IS NULL) OR (state = 'cancelled')"),
    ("people", "ck_people_same_as_another", "same_as <> id"),
    ("possible_duplicates", "ck_possible_duplicates_other_is_another", "person_id <> other_id"),
    (
        "possible_duplicates",
        "ck_possible_duplicates_decided_has_a_time",
        "(state = 'open') = (decided_at IS NULL)",
    ),
)


def upgrade() -> None:
    _let_lots_stand(NEW_STATES, loaded="'loaded', 'undone'")
    op.create_table(
        "source_keys",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("source_code", sa.String(), nullable=False),
        sa.Column(
            "use",
            sa.Enum(
                "cms",
                "openpgp",
                "age",
                "password",
                "signer",
                name="keyuse",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("label", sa.String(), nullable=False),
        sa.Column("fingerprint", sa.String(), nullable=False),
        sa.Column("secret", sa.LargeBinary(), nullable=False),
        sa.Column(
            "about",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'::jsonb"),
            nullable=False,
        ),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "state",
            sa.Enum(
                "proposed",
                "confirmed",
                "retired",
                name="keystate",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("proposed_by", sa.Integer(), nullable=False),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("confirmed_by", sa.Integer(), nullable=True),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("retired_by", sa.Integer(), nullable=True),
        sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(state = 'proposed') OR (confirmed_by IS NOT NULL)",
            name=op.f("ck_source_keys_confirmed_by_somebody"),
        ),
        sa.CheckConstraint(
            "confirmed_by <> proposed_by", name=op.f("ck_source_keys_confirmed_by_a_second_person")
        ),
        sa.ForeignKeyConstraint(["confirmed_by"], ["members.id"], name=op.f("fk_source_keys_confirmed_by")),
        sa.ForeignKeyConstraint(["proposed_by"], ["members.id"], name=op.f("fk_source_keys_proposed_by")),
        sa.ForeignKeyConstraint(["retired_by"], ["members.id"], name=op.f("fk_source_keys_retired_by")),
        sa.ForeignKeyConstraint(
            ["source_code"], ["import_sources.code"], name=op.f("fk_source_keys_source_code")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_source_keys")),
    )
    op.create_index(op.f("ix_source_keys_source_code"), "source_keys", ["source_code"], unique=False)
    op.create_table(
        "source_mappings",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("source_code", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("headings", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("columns", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("codes", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("made_by", sa.Integer(), nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["made_by"], ["members.id"], name=op.f("fk_source_mappings_made_by")),
        sa.ForeignKeyConstraint(
            ["source_code"], ["import_sources.code"], name=op.f("fk_source_mappings_source_code")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_source_mappings")),
        sa.UniqueConstraint("source_code", "version", name=op.f("uq_source_mappings_source_code_version")),
    )
    op.create_table(
        "import_originals",
        sa.Column("lot_id", sa.BigInteger(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("secret", sa.LargeBinary(), nullable=True),
        sa.Column("kept_until", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["lot_id"], ["import_lots.id"], name=op.f("fk_import_originals_lot_id")),
        sa.PrimaryKeyConstraint("lot_id", name=op.f("pk_import_originals")),
    )
    op.create_index(op.f("ix_import_originals_kept_until"), "import_originals", ["kept_until"], unique=False)
    op.create_index(op.f("ix_answers_person_id"), "answers", ["person_id"], unique=False)
    op.add_column(
        "call_tasks", sa.Column("gives_way", sa.Boolean(), server_default=sa.text("false"), nullable=False)
    )
    op.add_column("call_tasks", sa.Column("covered_by", sa.BigInteger(), nullable=True))
    op.drop_index(
        op.f("ix_call_tasks_household_open"),
        table_name="call_tasks",
        postgresql_where="((state)::text = 'open'::text)",
    )
    op.create_index(
        "ix_call_tasks_covered_by",
        "call_tasks",
        ["covered_by"],
        unique=False,
        postgresql_where=sa.text("covered_by IS NOT NULL"),
    )
    op.create_index("ix_call_tasks_household_id", "call_tasks", ["household_id"], unique=False)
    op.create_foreign_key(
        op.f("fk_call_tasks_covered_by"), "call_tasks", "call_tasks", ["covered_by"], ["id"]
    )
    op.create_index(
        "ix_contacts_became_case",
        "contacts",
        ["became_case_id"],
        unique=False,
        postgresql_where=sa.text("became_case_id IS NOT NULL"),
    )
    op.add_column(
        "import_lines", sa.Column("revision", sa.Integer(), server_default=sa.text("1"), nullable=False)
    )
    op.add_column(
        "import_lines", sa.Column("is_current", sa.Boolean(), server_default=sa.text("true"), nullable=False)
    )
    op.add_column("import_lines", sa.Column("set_aside_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("import_lines", sa.Column("set_aside_by", sa.Integer(), nullable=True))
    op.add_column("import_lines", sa.Column("set_aside_why", sa.String(), nullable=True))
    op.drop_constraint(op.f("uq_import_lines_lot_id_row_number"), "import_lines", type_="unique")
    op.create_index(
        "ix_import_lines_settled_by",
        "import_lines",
        ["settled_by_id"],
        unique=False,
        postgresql_where=sa.text("settled_by_id IS NOT NULL"),
    )
    op.create_index(
        "ix_import_lines_to_correct",
        "import_lines",
        ["id"],
        unique=False,
        postgresql_where=sa.text(
            "outcome = 'quarantined' AND is_current AND settled_by_id IS NULL AND set_aside_at IS NULL"
        ),
    )
    op.create_unique_constraint(
        op.f("uq_import_lines_lot_id_row_number_revision"),
        "import_lines",
        ["lot_id", "row_number", "revision"],
    )
    op.create_foreign_key(
        op.f("fk_import_lines_set_aside_by"), "import_lines", "members", ["set_aside_by"], ["id"]
    )
    op.add_column("import_lots", sa.Column("refusal_code", sa.String(), nullable=True))
    op.add_column(
        "import_lots",
        sa.Column(
            "came_by",
            sa.Enum(
                "page",
                "folder",
                "command",
                name="cameby",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            server_default=sa.text("'command'"),
            nullable=False,
        ),
    )
    op.add_column("import_lots", sa.Column("site_id", sa.Integer(), nullable=True))
    op.add_column(
        "import_lots",
        sa.Column(
            "plan",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'::jsonb"),
            nullable=False,
        ),
    )
    op.add_column("import_lots", sa.Column("mapping_id", sa.BigInteger(), nullable=True))
    op.add_column("import_lots", sa.Column("committed_by", sa.Integer(), nullable=True))
    op.add_column("import_lots", sa.Column("lines_total", sa.Integer(), nullable=True))
    op.add_column(
        "import_lots", sa.Column("lines_read", sa.Integer(), server_default=sa.text("0"), nullable=False)
    )
    op.add_column("import_lots", sa.Column("started_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("import_lots", sa.Column("progress_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("import_lots", sa.Column("stop_asked_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("import_lots", sa.Column("trouble", sa.String(), nullable=True))
    op.add_column(
        "import_lots", sa.Column("tries", sa.Integer(), server_default=sa.text("0"), nullable=False)
    )
    op.add_column("import_lots", sa.Column("try_again_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("import_lots", sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("import_lots", sa.Column("undone_by", sa.Integer(), nullable=True))
    op.add_column(
        "import_lots",
        sa.Column(
            "undone",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'::jsonb"),
            nullable=False,
        ),
    )
    op.add_column("import_lots", sa.Column("corrections_secret", sa.LargeBinary(), nullable=True))
    op.create_index(
        "ix_import_lots_waiting",
        "import_lots",
        ["id"],
        unique=False,
        postgresql_where=sa.text("state IN ('received', 'loading')"),
    )
    op.create_foreign_key(op.f("fk_import_lots_site_id"), "import_lots", "sites", ["site_id"], ["id"])
    op.create_foreign_key(op.f("fk_import_lots_undone_by"), "import_lots", "members", ["undone_by"], ["id"])
    op.create_foreign_key(
        op.f("fk_import_lots_mapping_id"), "import_lots", "source_mappings", ["mapping_id"], ["id"]
    )
    op.create_foreign_key(
        op.f("fk_import_lots_committed_by"), "import_lots", "members", ["committed_by"], ["id"]
    )
    op.add_column(
        "import_sources",
        sa.Column(
            "kind",
            sa.Enum(
                "laboratory",
                "portal",
                "platform",
                name="sourcekind",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            server_default=sa.text("'laboratory'"),
            nullable=False,
        ),
    )
    op.add_column(
        "import_sources",
        sa.Column("is_trusted", sa.Boolean(), server_default=sa.text("false"), nullable=False),
    )
    op.add_column(
        "import_sources",
        sa.Column("needs_signature", sa.Boolean(), server_default=sa.text("false"), nullable=False),
    )
    op.add_column("import_sources", sa.Column("site_id", sa.Integer(), nullable=True))
    op.add_column(
        "import_sources", sa.Column("contact", sa.String(), server_default=sa.text("''"), nullable=False)
    )
    op.add_column("import_sources", sa.Column("updated_at", sa.DateTime(timezone=True), nullable=True))
    op.create_foreign_key(op.f("fk_import_sources_site_id"), "import_sources", "sites", ["site_id"], ["id"])
    op.add_column("lab_results", sa.Column("line_id", sa.BigInteger(), nullable=True))
    op.add_column("possible_duplicates", sa.Column("decided_by", sa.Integer(), nullable=True))
    op.add_column("possible_duplicates", sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("possible_duplicates", sa.Column("postponed_at", sa.DateTime(timezone=True), nullable=True))
    op.create_index(
        "ix_possible_duplicates_open",
        "possible_duplicates",
        [sa.literal_column("postponed_at NULLS FIRST"), "id"],
        unique=False,
        postgresql_where=sa.text("state = 'open'"),
    )
    op.create_foreign_key(
        op.f("fk_possible_duplicates_decided_by"), "possible_duplicates", "members", ["decided_by"], ["id"]
    )
    _find_by_fingerprint("source_result_id IS NULL")
    op.execute(
        """
        ALTER TABLE import_lots ADD CONSTRAINT ck_import_lots_undone_has_a_time
        CHECK ((state = 'undone') = (undone_at IS NOT NULL))
        """
    )
    op.execute(
        """
        ALTER TABLE import_lines ADD CONSTRAINT ck_import_lines_set_aside_has_a_reason
        CHECK ((set_aside_at IS NULL) = (set_aside_why IS NULL)) NOT VALID
        """
    )
    op.execute("ALTER TABLE import_lines VALIDATE CONSTRAINT ck_import_lines_set_aside_has_a_reason")
    for table, name, rule in CHECKED:
        op.execute(f"ALTER TABLE {table} ADD CONSTRAINT {name} CHECK ({rule}) NOT VALID")
        op.execute(f"ALTER TABLE {table} VALIDATE CONSTRAINT {name}")


def downgrade() -> None:
    _find_by_fingerprint(None)
    # the older release knows no plan and no undoing: what it cannot say is said as a refusal
    op.execute(
        """
        UPDATE import_lots SET state = 'refused', refusal = 'retour à une version antérieure'
        WHERE state IN ('received', 'to_map', 'planned', 'stopped', 'discarded')
        """
    )
    op.execute("UPDATE import_lots SET state = 'loaded', undone_at = NULL WHERE state = 'undone'")
    op.execute("DELETE FROM import_lines WHERE NOT is_current OR revision > 1")
    for table, name, _rule in CHECKED:
        op.execute(f"ALTER TABLE {table} DROP CONSTRAINT {name}")
    op.execute("ALTER TABLE import_lots DROP CONSTRAINT ck_import_lots_undone_has_a_time")
    _let_lots_stand(OLD_STATES, loaded="'loaded'")
    op.drop_constraint(op.f("fk_possible_duplicates_decided_by"), "possible_duplicates", type_="foreignkey")
    op.drop_index(
        "ix_possible_duplicates_open",
        table_name="possible_duplicates",
        postgresql_where=sa.text("state = 'open'"),
    )
    op.drop_column("possible_duplicates", "postponed_at")
    op.drop_column("possible_duplicates", "decided_at")
    op.drop_column("possible_duplicates", "decided_by")
    op.drop_column("lab_results", "line_id")
    op.drop_constraint(op.f("fk_import_sources_site_id"), "import_sources", type_="foreignkey")
    op.drop_column("import_sources", "updated_at")
    op.drop_column("import_sources", "contact")
    op.drop_column("import_sources", "site_id")
    op.drop_column("import_sources", "needs_signature")
    op.drop_column("import_sources", "is_trusted")
    op.drop_column("import_sources", "kind")
    op.drop_constraint(op.f("fk_import_lots_committed_by"), "import_lots", type_="foreignkey")
    op.drop_constraint(op.f("fk_import_lots_mapping_id"), "import_lots", type_="foreignkey")
    op.drop_constraint(op.f("fk_import_lots_undone_by"), "import_lots", type_="foreignkey")
    op.drop_constraint(op.f("fk_import_lots_site_id"), "import_lots", type_="foreignkey")
    op.drop_index(
        "ix_import_lots_waiting",
        table_name="import_lots",
        postgresql_where=sa.text("state IN ('received', 'loading')"),
    )
    op.drop_column("import_lots", "corrections_secret")
    op.drop_column("import_lots", "undone")
    op.drop_column("import_lots", "undone_by")
    op.drop_column("import_lots", "undone_at")
    op.drop_column("import_lots", "try_again_at")
    op.drop_column("import_lots", "tries")
    op.drop_column("import_lots", "trouble")
    op.drop_column("import_lots", "stop_asked_at")
    op.drop_column("import_lots", "progress_at")
    op.drop_column("import_lots", "started_at")
    op.drop_column("import_lots", "lines_read")
    op.drop_column("import_lots", "lines_total")
    op.drop_column("import_lots", "committed_by")
    op.drop_column("import_lots", "mapping_id")
    op.drop_column("import_lots", "plan")
    op.drop_column("import_lots", "site_id")
    op.drop_column("import_lots", "came_by")
    op.drop_column("import_lots", "refusal_code")
    op.drop_constraint(op.f("fk_import_lines_set_aside_by"), "import_lines", type_="foreignkey")
    op.drop_constraint(op.f("uq_import_lines_lot_id_row_number_revision"), "import_lines", type_="unique")
    op.drop_index(
        "ix_import_lines_to_correct",
        table_name="import_lines",
        postgresql_where=sa.text(
            "outcome = 'quarantined' AND is_current AND settled_by_id IS NULL AND set_aside_at IS NULL"
        ),
    )
    op.drop_index(
        "ix_import_lines_settled_by",
        table_name="import_lines",
        postgresql_where=sa.text("settled_by_id IS NOT NULL"),
    )
    op.create_unique_constraint(
        op.f("uq_import_lines_lot_id_row_number"),
        "import_lines",
        ["lot_id", "row_number"],
        postgresql_nulls_not_distinct=False,
    )
    op.drop_column("import_lines", "set_aside_why")
    op.drop_column("import_lines", "set_aside_by")
    op.drop_column("import_lines", "set_aside_at")
    op.drop_column("import_lines", "is_current")
    op.drop_column("import_lines", "revision")
    op.drop_index(
        "ix_contacts_became_case",
        table_name="contacts",
        postgresql_where=sa.text("became_case_id IS NOT NULL"),
    )
    op.drop_constraint(op.f("fk_call_tasks_covered_by"), "call_tasks", type_="foreignkey")
    op.drop_index("ix_call_tasks_household_id", table_name="call_tasks")
    op.drop_index(
        "ix_call_tasks_covered_by",
        table_name="call_tasks",
        postgresql_where=sa.text("covered_by IS NOT NULL"),
    )
    op.create_index(
        op.f("ix_call_tasks_household_open"),
        "call_tasks",
        ["household_id"],
        unique=False,
        postgresql_where="((state)::text = 'open'::text)",
    )
    op.drop_column("call_tasks", "covered_by")
    op.drop_column("call_tasks", "gives_way")
    op.drop_index(op.f("ix_answers_person_id"), table_name="answers")
    op.drop_index(op.f("ix_import_originals_kept_until"), table_name="import_originals")
    op.drop_table("import_originals")
    op.drop_table("source_mappings")
    op.drop_index(op.f("ix_source_keys_source_code"), table_name="source_keys")
    op.drop_table("source_keys")


def _find_by_fingerprint(only: str | None) -> None:
    """Index the fingerprints of lines: only those without a result id are looked up by them."""
    with op.get_context().autocommit_block():
        op.drop_index("ix_import_lines_fingerprint", "import_lines", postgresql_concurrently=True)
        op.create_index(
            "ix_import_lines_fingerprint",
            "import_lines",
            ["source_code", "fingerprint"],
            postgresql_where=sa.text(only) if only else None,
            postgresql_concurrently=True,
        )


def _let_lots_stand(states: str, *, loaded: str) -> None:
    """Say in which states a lot may stand, and which of them have a time of loading."""
    for name, rule in (
        ("lotstate", f"state IN ({states})"),
        ("loaded_has_a_time", f"(state IN ({loaded})) = (loaded_at IS NOT NULL)"),
    ):
        op.execute(f"ALTER TABLE import_lots DROP CONSTRAINT ck_import_lots_{name}")
        op.execute(f"ALTER TABLE import_lots ADD CONSTRAINT ck_import_lots_{name} CHECK ({rule}) NOT VALID")
        op.execute(f"ALTER TABLE import_lots VALIDATE CONSTRAINT ck_import_lots_{name}")
