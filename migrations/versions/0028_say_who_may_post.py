"""Say who may post to a source's address, and keep the HL7 messages that were acknowledged and wait for their lot.

The older release knows neither tokens nor messages, and cannot read a lot that came by them: nothing comes that way
before somebody makes a token, which is to be done once every host runs this release.
"""

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None
lint_exceptions = {
    "ban-drop-constraint": "replaced in the same transaction by one that allows more",
    "constraint-missing-not-valid": "import_lots has some thousand rows: it is read in milliseconds",
}

WAYS = ("page", "folder", "command")


def upgrade() -> None:
    _allow_ways(*WAYS, "https", "messages")
    op.create_table(
        "source_tokens",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("source_code", sa.String(), nullable=False),
        sa.Column("label", sa.String(), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("made_by", sa.Integer(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True)),
        sa.Column("revoked_by", sa.Integer()),
        sa.Column("revoked_at", sa.DateTime(timezone=True)),
        sa.CheckConstraint(
            "(revoked_at IS NULL) = (revoked_by IS NULL)", name=op.f("ck_source_tokens_revoked_by_somebody")
        ),
        sa.ForeignKeyConstraint(
            ["source_code"], ["import_sources.code"], name=op.f("fk_source_tokens_source_code")
        ),
        sa.ForeignKeyConstraint(["made_by"], ["members.id"], name=op.f("fk_source_tokens_made_by")),
        sa.ForeignKeyConstraint(["revoked_by"], ["members.id"], name=op.f("fk_source_tokens_revoked_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_source_tokens")),
    )
    op.create_index(op.f("ix_source_tokens_source_code"), "source_tokens", ["source_code"])
    op.create_table(
        "import_messages",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("source_code", sa.String(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("encoding", sa.String(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("content", sa.LargeBinary()),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kept_until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lot_id", sa.BigInteger()),
        sa.CheckConstraint(
            "(content IS NULL) = (lot_id IS NOT NULL)", name=op.f("ck_import_messages_here_or_in_a_lot")
        ),
        sa.ForeignKeyConstraint(
            ["source_code"], ["import_sources.code"], name=op.f("fk_import_messages_source_code")
        ),
        sa.ForeignKeyConstraint(["lot_id"], ["import_lots.id"], name=op.f("fk_import_messages_lot_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import_messages")),
        sa.UniqueConstraint("source_code", "digest", name=op.f("uq_import_messages_source_code_digest")),
    )
    op.create_index(
        "ix_import_messages_waiting",
        "import_messages",
        ["source_code", "encoding", "id"],
        postgresql_where=sa.text("lot_id IS NULL"),
    )
    op.create_index(op.f("ix_import_messages_lot_id"), "import_messages", ["lot_id"])
    op.create_index(op.f("ix_import_messages_kept_until"), "import_messages", ["kept_until"])


def downgrade() -> None:
    op.drop_table("import_messages")
    op.drop_table("source_tokens")
    op.execute("UPDATE import_lots SET came_by = 'command' WHERE came_by IN ('https', 'messages')")
    _allow_ways(*WAYS)


def _allow_ways(*ways: str) -> None:
    listed = ", ".join(f"'{way}'" for way in ways)
    op.execute("ALTER TABLE import_lots DROP CONSTRAINT ck_import_lots_cameby")
    rule = f"CHECK (came_by IN ({listed})) NOT VALID"
    op.execute(f"ALTER TABLE import_lots ADD CONSTRAINT ck_import_lots_cameby {rule}")
    op.execute("ALTER TABLE import_lots VALIDATE CONSTRAINT ck_import_lots_cameby")
