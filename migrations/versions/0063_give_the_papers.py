"""Keep how the papers of a note are given to the person, and let the public pages open them by a link.

`public_open_papers` returns the sealed papers to whoever has the link and proves birth date and code; what it returns is
opened by the same three alone, which this database does not have. Five wrong proofs close a link. It opens for an hour
after it was first opened; a note that no longer holds is said to be so, and its papers are not returned; those of
somebody who has died are not either. The older release makes no deliveries, and its notes have none.
"""

import sqlalchemy as sa
from alembic import op

revision = "0063"
down_revision = "0062"
branch_labels = None
depends_on = None

lint_exceptions = {"prefer-text-field": "as every column of codes: its check is replaced with its codes"}

OPEN_FOR, MOST_WRONG = "1 hour", 5

OPEN_PAPERS = f"""
    CREATE FUNCTION public_open_papers(
        address bytea, link bytea, proven bytea, OUT answer text, OUT papers bytea
    )
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
    DECLARE
        given record;
        is_first boolean;
    BEGIN
        IF NOT public.public_count_try('papers', address) THEN
            answer := 'too_many';
            RETURN;
        END IF;
        SELECT one.id, one.proof, one.wrong_tries, one.superseded_at, one.expires_at, one.opened_at,
            note.id AS note_id, note.number, note.state, note.site_id, note.person_id
        INTO given
        FROM public.note_deliveries AS one
            JOIN public.sick_notes AS note ON note.id = one.note_id
            JOIN public.sites ON sites.id = note.site_id
        WHERE one.link_hash = link AND sites.kind <> 'training'
        FOR UPDATE OF one;
        IF NOT FOUND THEN
            answer := 'wrong';
            RETURN;
        END IF;
        answer := 'closed';
        IF given.superseded_at IS NOT NULL OR given.proof IS NULL OR given.expires_at <= now()
            OR given.wrong_tries >= {MOST_WRONG} OR given.opened_at <= now() - interval '{OPEN_FOR}'
        THEN
            RETURN;
        END IF;
        IF proven IS DISTINCT FROM given.proof THEN
            UPDATE public.note_deliveries SET wrong_tries = wrong_tries + 1 WHERE id = given.id;
            IF given.wrong_tries + 1 < {MOST_WRONG} THEN
                answer := 'wrong';
                RETURN;
            END IF;
            DELETE FROM public.note_link_papers WHERE delivery_id = given.id;
            INSERT INTO public.events (at, kind, site_id, subject_type, subject_id, detail)
            VALUES (now(), 'note.link_closed', given.site_id, 'note', given.note_id,
                jsonb_build_object('number', given.number));
            RETURN;
        END IF;
        IF EXISTS (SELECT FROM public.message_stops WHERE person_id = given.person_id) AND EXISTS (
            SELECT FROM public.facts
            WHERE facts.subject_type = 'person' AND facts.kind = 'death' AND facts.value = 'true'::jsonb
                AND facts.subject_id IN (
                    SELECT record.id FROM public.people AS asked JOIN public.people AS record
                        ON record.id = coalesce(asked.same_as, asked.id)
                    WHERE asked.id = given.person_id
                    UNION
                    SELECT record.id FROM public.people AS asked JOIN public.people AS record
                        ON record.same_as = coalesce(asked.same_as, asked.id)
                    WHERE asked.id = given.person_id
                    UNION
                    SELECT given.person_id
                )
        ) THEN
            RETURN;
        END IF;
        IF given.state NOT IN ('issued', 'prolonged') THEN
            answer := 'void';
            RETURN;
        END IF;
        is_first := given.opened_at IS NULL;
        SELECT sealed INTO papers FROM public.note_link_papers WHERE delivery_id = given.id;
        IF papers IS NULL THEN
            RETURN;
        END IF;
        answer := 'open';
        IF is_first THEN
            UPDATE public.note_deliveries SET opened_at = now() WHERE id = given.id;
            UPDATE public.note_link_papers SET until = now() + interval '{OPEN_FOR}'
            WHERE delivery_id = given.id;
            INSERT INTO public.events (at, kind, site_id, subject_type, subject_id, detail)
            VALUES (now(), 'note.link_opened', given.site_id, 'note', given.note_id,
                jsonb_build_object('number', given.number));
        END IF;
    END $$
"""


def upgrade() -> None:
    op.create_table(
        "note_deliveries",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("note_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "way",
            sa.Enum(
                "letter", "link", name="deliveryway", native_enum=False, create_constraint=True, length=40
            ),
            nullable=False,
        ),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.Integer(), nullable=False),
        sa.Column("message_id", sa.BigInteger(), nullable=True),
        sa.Column("superseded_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("said_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("said_by", sa.Integer(), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("wrong_tries", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("link_hash", sa.LargeBinary(), nullable=True),
        sa.Column("proof", sa.LargeBinary(), nullable=True),
        sa.Column("cohort", sa.Date(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.CheckConstraint("(way = 'link') = (expires_at IS NOT NULL)", name="link_expires"),
        sa.CheckConstraint(
            "way = 'link' OR (opened_at IS NULL AND said_at IS NULL)", name="letter_is_not_opened"
        ),
        sa.CheckConstraint("(said_at IS NULL) = (said_by IS NULL)", name="said_has_a_member"),
        sa.ForeignKeyConstraint(["note_id"], ["sick_notes.id"], name=op.f("fk_note_deliveries_note_id")),
        sa.ForeignKeyConstraint(["made_by"], ["members.id"], name=op.f("fk_note_deliveries_made_by")),
        sa.ForeignKeyConstraint(["said_by"], ["members.id"], name=op.f("fk_note_deliveries_said_by")),
        sa.ForeignKeyConstraint(["message_id"], ["messages.id"], name=op.f("fk_note_deliveries_message_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_note_deliveries")),
    )
    op.create_index(op.f("ix_note_deliveries_note_id"), "note_deliveries", ["note_id"])
    op.create_index(op.f("ix_note_deliveries_message_id"), "note_deliveries", ["message_id"])
    op.create_index(op.f("ix_note_deliveries_cohort"), "note_deliveries", ["cohort"])
    op.create_index("uq_note_deliveries_link_hash", "note_deliveries", ["link_hash"], unique=True)
    op.create_index(
        "uq_note_deliveries_current",
        "note_deliveries",
        ["note_id"],
        unique=True,
        postgresql_where=sa.text("superseded_at IS NULL"),
    )
    op.create_table(
        "note_link_papers",
        sa.Column("delivery_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("cohort", sa.Date(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(
            ["delivery_id"], ["note_deliveries.id"], name=op.f("fk_note_link_papers_delivery_id")
        ),
        sa.PrimaryKeyConstraint("delivery_id", name=op.f("pk_note_link_papers")),
    )
    op.create_index(op.f("ix_note_link_papers_until"), "note_link_papers", ["until"])
    op.create_index(op.f("ix_note_link_papers_cohort"), "note_link_papers", ["cohort"])
    # encrypted: it cannot be made smaller
    op.execute("ALTER TABLE note_link_papers ALTER COLUMN sealed SET STORAGE EXTERNAL")
    op.execute(OPEN_PAPERS)
    op.execute("REVOKE ALL ON FUNCTION public_open_papers(bytea, bytea, bytea) FROM PUBLIC")


def downgrade() -> None:
    op.execute("DROP FUNCTION public_open_papers(bytea, bytea, bytea)")
    op.drop_table("note_link_papers")
    op.drop_table("note_deliveries")
