"""Read the training sites before every public check, so that only a row that is found makes its answer later.

The older release calls the same functions. `benchmarks.public_checks` compares both answers.
"""

from alembic import op

revision = "0075"
down_revision = "0074"
branch_labels = None
depends_on = None

CHECK_CALL = """
    CREATE OR REPLACE FUNCTION public_check_call(address bytea, said text) RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
    DECLARE
        training integer[];
    BEGIN
        IF NOT public.public_count_try('call', address) THEN RETURN 'too_many'; END IF;
        SELECT coalesce(array_agg(sites.id), '{}') INTO training FROM public.sites WHERE sites.kind = 'training';
        RETURN CASE WHEN EXISTS (
            SELECT FROM public.calls
            WHERE calls.proof = said AND calls.site_id <> ALL (training)
                AND (calls.ended_at IS NULL OR calls.started_at > now() - interval '24 hours')
        ) THEN 'yes' ELSE 'no' END;
    END $$
"""
CHECK_NOTE = """
    CREATE OR REPLACE FUNCTION public_check_note(address bytea, printed bytea) RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
    DECLARE
        training integer[];
        found text;
    BEGIN
        IF NOT public.public_count_try('note', address) THEN RETURN 'too_many'; END IF;
        SELECT coalesce(array_agg(sites.id), '{}') INTO training FROM public.sites WHERE sites.kind = 'training';
        SELECT sick_notes.state INTO found
        FROM public.sick_notes WHERE sick_notes.check_hash = printed AND sick_notes.site_id <> ALL (training);
        RETURN coalesce(found, 'unknown');
    END $$
"""
CHECK_CALL_BEFORE = """
    CREATE OR REPLACE FUNCTION public_check_call(address bytea, said text) RETURNS text
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
CHECK_NOTE_BEFORE = """
    CREATE OR REPLACE FUNCTION public_check_note(address bytea, printed bytea) RETURNS text
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
    for function in (CHECK_CALL, CHECK_NOTE):
        op.execute(function)


def downgrade() -> None:
    for function in (CHECK_CALL_BEFORE, CHECK_NOTE_BEFORE):
        op.execute(function)
