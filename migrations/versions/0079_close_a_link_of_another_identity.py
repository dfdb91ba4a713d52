"""Let no link open whose person's identity was corrected since: it printed who they were, and opened with the old date.

The older release marks such links for another birth date alone, and calls the same function: it is closed to both.
"""

from alembic import op

revision = "0079"
down_revision = "0078"
branch_labels = None
depends_on = None

OPEN_FOR, MOST_WRONG = "1 hour", 5

_HEAD = """
    CREATE OR REPLACE FUNCTION public_open_papers(
        address bytea, link bytea, proven bytea, OUT answer text, OUT papers bytea
    )
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
    DECLARE
        given record;
        is_first boolean;
"""
_COLUMNS = """one.id, one.proof, one.wrong_tries, one.superseded_at, one.expires_at, one.opened_at,
            one.birth_corrected_at, note.id AS note_id, note.number, note.state, note.site_id, note.person_id"""
_JOINED = """FROM public.note_deliveries AS one
            JOIN public.sick_notes AS note ON note.id = one.note_id
            JOIN public.sites ON sites.id = note.site_id
        WHERE one.link_hash = link AND sites.kind <> 'training'
        FOR UPDATE OF one;"""
_CLOSED = f"""given.superseded_at IS NOT NULL OR given.proof IS NULL OR given.expires_at <= now()
            OR given.wrong_tries >= {MOST_WRONG} OR given.opened_at <= now() - interval '{OPEN_FOR}'"""
_CORRECTED = "OR given.birth_corrected_at IS NOT NULL"
_CLOSE = """DELETE FROM public.note_link_papers WHERE delivery_id = given.id;
            INSERT INTO public.events (at, kind, site_id, subject_type, subject_id, detail)
            VALUES (now(), 'note.link_closed', given.site_id, 'note', given.note_id,
                jsonb_build_object('number', given.number));"""
_PROVEN = f"""
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
_COUNT_TRY = """
        IF NOT public.public_count_try('papers', address) THEN
            answer := 'too_many';
            RETURN;
        END IF;"""


# the row of the link is locked by its count: of several at once, each sees the tries of those before
def _open_papers(closed: str) -> str:
    return f"""{_HEAD}        tried integer;
    BEGIN{_COUNT_TRY}
        INSERT INTO public.public_link_tries AS one (link_hash, wrong, last_at) VALUES (link, 1, now())
        ON CONFLICT (link_hash) DO UPDATE SET wrong = one.wrong + 1, last_at = now()
        RETURNING one.wrong INTO tried;
        SELECT one.id, one.proof, one.wrong_tries, one.superseded_at, one.expires_at, one.opened_at,
            one.birth_corrected_at
        INTO given
        FROM public.note_deliveries AS one
        WHERE one.link_hash = link;
        answer := 'closed';
        IF given.id IS NOT NULL AND ({closed}) THEN
            RETURN;
        END IF;
        IF given.proof IS DISTINCT FROM proven OR proven IS NULL THEN
            tried := tried + coalesce(given.wrong_tries, 0);
            IF tried < {MOST_WRONG} THEN
                answer := 'wrong';
                RETURN;
            END IF;
            IF given.id IS NULL THEN
                RETURN;
            END IF;
            SELECT {_COLUMNS}
            INTO given
            {_JOINED}
            IF NOT FOUND THEN
                RETURN;
            END IF;
            UPDATE public.note_deliveries SET wrong_tries = {MOST_WRONG} WHERE id = given.id;
            {_CLOSE}
            RETURN;
        END IF;
        SELECT {_COLUMNS}
        INTO given
        {_JOINED}
        IF NOT FOUND THEN
            answer := 'wrong';
            RETURN;
        END IF;
        UPDATE public.public_link_tries SET wrong = wrong - 1 WHERE link_hash = link;
        IF {closed} THEN
            RETURN;
        END IF;{_PROVEN}"""


def upgrade() -> None:
    op.execute(_open_papers(f"{_CLOSED} {_CORRECTED}"))


def downgrade() -> None:
    op.execute(_open_papers(_CLOSED))
