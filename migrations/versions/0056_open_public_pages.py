"""Let a process that can do nothing else say whether a call is ours and what a note is worth.

Its role, `tracing_public`, may execute two functions and has no right on any table (`kernel.postgres.migrate`). Both
functions count the try first, by address and in all, so that limits hold whatever host answers. The older release
draws no proof of a call: whoever it calls meanwhile is told no.
"""

import sqlalchemy as sa
from alembic import op

revision = "0056"
down_revision = "0055"
branch_labels = None
depends_on = None

TRIES_OF_ONE, TRIES_OF_ALL = 20, 1200

COUNT_TRY = f"""
    CREATE FUNCTION public_count_try(asked text, address bytea) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
    DECLARE
        began timestamptz := date_bin('10 minutes', now(), '2020-01-01Z');
        counted integer;
    BEGIN
        INSERT INTO public.public_tries AS one (page, address_hash, began_at, tries)
        VALUES (asked, address, began, 1)
        ON CONFLICT (page, address_hash, began_at) DO UPDATE SET tries = one.tries + 1
        RETURNING tries INTO counted;
        IF counted > {TRIES_OF_ONE} THEN RETURN false; END IF;
        INSERT INTO public.public_tries AS everybody (page, address_hash, began_at, tries)
        VALUES (asked, '', began, 1)
        ON CONFLICT (page, address_hash, began_at) DO UPDATE SET tries = everybody.tries + 1
        RETURNING tries INTO counted;
        RETURN counted <= {TRIES_OF_ALL};
    END $$
"""
CHECK_CALL = """
    CREATE FUNCTION public_check_call(address bytea, said text) RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
    BEGIN
        IF NOT public.public_count_try('call', address) THEN RETURN 'too_many'; END IF;
        RETURN CASE WHEN EXISTS (
            SELECT FROM public.calls JOIN public.sites ON sites.id = calls.site_id
            WHERE calls.proof = said AND sites.kind <> 'training'
                AND (calls.ended_at IS NULL OR calls.started_at > now() - interval '24 hours')
        ) THEN 'yes' ELSE 'no' END;
    END $$
"""
CHECK_NOTE = """
    CREATE FUNCTION public_check_note(address bytea, printed bytea) RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
    DECLARE
        found text;
    BEGIN
        IF NOT public.public_count_try('note', address) THEN RETURN 'too_many'; END IF;
        SELECT sick_notes.state INTO found
        FROM public.sick_notes JOIN public.sites ON sites.id = sick_notes.site_id
        WHERE sick_notes.check_hash = printed AND sites.kind <> 'training';
        RETURN coalesce(found, 'unknown');
    END $$
"""


def upgrade() -> None:
    op.add_column("calls", sa.Column("proof", sa.String(), nullable=True))
    op.create_table(
        "public_tries",
        sa.Column("page", sa.String(), nullable=False),
        sa.Column("address_hash", sa.LargeBinary(), nullable=False),
        sa.Column("began_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("page", "address_hash", "began_at", name=op.f("pk_public_tries")),
    )
    op.create_index(op.f("ix_public_tries_began_at"), "public_tries", ["began_at"])
    for function in (COUNT_TRY, CHECK_CALL, CHECK_NOTE):
        op.execute(function)
    op.execute("REVOKE ALL ON FUNCTION public_count_try(text, bytea) FROM PUBLIC")
    op.execute("REVOKE ALL ON FUNCTION public_check_call(bytea, text) FROM PUBLIC")
    op.execute("REVOKE ALL ON FUNCTION public_check_note(bytea, bytea) FROM PUBLIC")
    with op.get_context().autocommit_block():
        op.create_index(
            "ix_calls_proof",
            "calls",
            ["proof"],
            postgresql_where=sa.text("proof IS NOT NULL"),
            postgresql_concurrently=True,
        )


def downgrade() -> None:
    op.execute("DROP FUNCTION public_check_note(bytea, bytea)")
    op.execute("DROP FUNCTION public_check_call(bytea, text)")
    op.execute("DROP FUNCTION public_count_try(text, bytea)")
    op.drop_index("ix_calls_proof", "calls")
    op.drop_table("public_tries")
    op.drop_column("calls", "proof")
