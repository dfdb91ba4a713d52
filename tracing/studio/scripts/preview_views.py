"""A script tried before it holds: as the tracer will see it, step by step, with invented people."""

from typing import Any

from flask import render_template, request
from flask.typing import ResponseReturnValue

from tracing.kernel import clock
from tracing.kernel.db import transaction
from tracing.programmes.in_force import get_pack
from tracing.scripts.publishing import paths, rules
from tracing.scripts.vocabulary import unasked
from tracing.scripts.wording import ENGLISH
from tracing.staff.access import agent, asked_at, may
from tracing.staff.models import Role
from tracing.studio.scripts import preview_pages as pages
from tracing.studio.scripts import words
from tracing.studio.scripts.draft_views import step_of
from tracing.studio.scripts.step_shape_forms import step_form
from tracing.studio.scripts.views import bp, chosen, zone

ANSWER = "a-"
"""Before the name of a question in an address."""


@bp.get("/preview")
@may(Role.REFERENT, Role.ADVISER)
def preview() -> ResponseReturnValue:
    """Show a conversation that is tried: `of` names the version or the draft, `who` the person, `language` in which."""
    with transaction():
        kind, of, script = chosen(request.args.get("of", ""))
        person = pages.person_of(kind, request.args.get("who"))
        in_english = request.args.get("language") == ENGLISH
        today = clock.local_day(asked_at(), zone())
        typed = {
            name.removeprefix(ANSWER): request.args.getlist(name)
            for name in request.args
            if name.startswith(ANSWER)
        }
        facts = pages.facts_of(pages.as_said(person, typed, today=today), script, by=agent(), today=today)
        script = script.without(
            unasked(get_pack(pages.programme_of(script, by=agent())).data_fields.withheld)
        )
        walk = pages.walk(
            script,
            person,
            typed,
            facts,
            at_step=request.args.get("step"),
            goes_on="next" in request.args,
            in_english=in_english,
            today=today,
        )
        kept: dict[str, Any] = {f"{ANSWER}{name}": value for name, value in walk.answers.items()}
        said_in = {"language": ENGLISH} if in_english else {}
        return render_template(
            "studio/script_preview.html",
            kind=kind,
            of=of,
            script=script,
            walk=walk,
            people=pages.PEOPLE[kind],
            kept=kept,
            said_in=said_in,
            shared=kept | said_in,
        )


@bp.post("/drafts/<int:script_draft_id>/step/preview")
@may(Role.REFERENT, Role.ADVISER)
def preview_step(script_draft_id: int) -> ResponseReturnValue:
    """Show the step that is being typed as the tracer will see it, and what the checks find; nothing is kept."""
    with transaction():
        draft, script, now = step_of(script_draft_id, request.args.get("step"))
        form = step_form(script, now, after=request.form.get("after"), posted=request.form)()
        person = pages.person_of(script.kind, request.form.get("who"))
        today = clock.local_day(asked_at(), zone())
        facts = pages.facts_of(person, script, by=agent(), today=today)
        written = form.read(now)
        seen, found = None, []
        if written is not None:
            step = rules.read_step(written[0])
            seen = pages.seen_step(step, facts, today=today)
            content = rules.with_step(
                draft.content, rules.step_content(step), after=request.form.get("after") or None
            )
            typed = rules.read_script(script.kind, content, version=script.version)
            found = words.found_in_step(typed, step.id)
            findings = paths.go_through(typed)
            found += words.findings(findings, typed, old=findings)[0].get(step.id, [])
        return render_template(
            "studio/_script_seen.html",
            seen=seen,
            found=found,
            form=form,
            person=person,
            people=pages.PEOPLE[script.kind],
        )
