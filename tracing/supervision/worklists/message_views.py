"""Views of a site's outbox, and of the letter to a person who has no number."""

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from tracing.contacts.queries import find_contact, represented
from tracing.kernel import clock
from tracing.kernel.db import transaction
from tracing.messages import queries, rules, words
from tracing.messages import services as messages
from tracing.queue.models import CallTask
from tracing.queue.ordering.hours import calling_of
from tracing.sickleave.mending import queries as notes
from tracing.staff import queries as staff
from tracing.staff.access import agent, may
from tracing.staff.models import Role
from tracing.supervision.errors import CanStillBeTakenBack
from tracing.supervision.rules import WorkList
from tracing.supervision.worklists import queries as worklists
from tracing.supervision.worklists import services
from tracing.ui.formats import phone


@may(Role.SUPERVISOR, Role.IMPORTER)
def outbox() -> ResponseReturnValue:
    """Show what waits to be sent, and what was written."""
    return render_template(
        "supervision/outbox.html",
        page=queries.outbox(agent().site.id, before_id=request.args.get("before", type=int)),
        before=request.args.get("before"),
        may_post=agent().holds(Role.SUPERVISOR),
        channel_words=words.CHANNEL_WORDS,
        state_words=words.STATE_WORDS,
        state_tones=words.STATE_TONES,
    )


@may(Role.SUPERVISOR)
def letter(task_id: int) -> ResponseReturnValue:
    """Show the letter, to be printed."""
    try:
        with transaction():
            listed = worklists.get_listed(task_id, site_id=agent().site.id)
            services.require_letter(listed.task, at=clock.database_now())
            task, identity = services.show_identity(task_id, by=agent(), at=clock.now())
            written_for = _represented(task)
    except CanStillBeTakenBack as refusal:
        return _wait(refusal)
    return render_template(
        "supervision/letter.html",
        listed=listed,
        identity=identity,
        site=staff.get_site(agent().site.id),
        paragraphs=paragraphs(written_for),
        to_representative=written_for is not None,
        written=queries.letters_to([task.person_id]).get(task.person_id),
        today=rules.day_in_words(clock.local_day(clock.now(), agent().site.time_zone)),
    )


def _wait(refusal: CanStillBeTakenBack) -> ResponseReturnValue:
    """Say on the list that the letter has to wait a moment."""
    flash(refusal.message)
    return redirect(url_for("supervision.lists", list=WorkList.NO_NUMBER.value), 303)


def _represented(task: CallTask) -> rules.Represented | None:
    """Return for whom the letter about a call goes to somebody who answers for them; None: to the person."""
    today = clock.local_day(clock.now(), agent().site.time_zone)
    return represented(task.person_id, find_contact(task.contact_id), on=today)


def paragraphs(written_for: rules.Represented | None) -> tuple[str, ...]:
    """Return the text of the letter, with the site's telephone number and hours."""
    site = staff.get_site(agent().site.id)
    calling = calling_of(site, None)
    hours = rules.hours_in_words(
        calling.opens, calling.closes, sundays=calling.sundays, holidays=calling.holidays
    )
    call_back = phone(site.call_back_number) if site.call_back_number else ""
    return rules.letter(call_back, hours, represented=written_for)


@may(Role.SUPERVISOR)
def letter_written(task_id: int) -> ResponseReturnValue:
    """Record that the letter was printed and posted."""
    try:
        with transaction():
            listed = worklists.get_listed(task_id, site_id=agent().site.id, lock=True)
            services.require_letter(listed.task, at=clock.database_now())
            messages.letter_written(
                listed.task.person_id,
                listed.reference,
                "\n".join(paragraphs(_represented(listed.task))),
                by=agent(),
                at=clock.database_now(),
            )
    except CanStillBeTakenBack as refusal:
        return _wait(refusal)
    flash(_("Lettre notée comme écrite."))
    return redirect(url_for("supervision.lists", list=WorkList.NO_NUMBER.value), 303)


@may(Role.SUPERVISOR)
def queued_letter(letter_id: int) -> ResponseReturnValue:
    """Show a letter of the outbox, to be printed."""
    with transaction():
        message = queries.get_letter(letter_id, agent().site.id)
        identity = services.show_addressee(message, by=agent(), at=clock.now())
        found = queries.read_letter(message)
        today = clock.local_day(clock.now(), agent().site.time_zone)
        written_for = represented(message.person_id, None, on=today)
        enclosed = notes.enclosed_in(message.id)
    return render_template(
        "supervision/queued_letter.html",
        message=message,
        enclosed=enclosed,
        identity=identity if found.text is not None else None,
        site=staff.get_site(agent().site.id),
        paragraphs=(found.text or "").split("\n"),
        to_representative=written_for is not None,
        slip=found.slip.split("\n") if found.slip else [],
        today=rules.day_in_words(clock.local_day(clock.now(), agent().site.time_zone)),
    )


@may(Role.SUPERVISOR)
def letter_posted(letter_id: int) -> ResponseReturnValue:
    """Record that a letter of the outbox was printed and posted."""
    with transaction():
        messages.letter_posted(letter_id, by=agent(), at=clock.database_now())
    flash(_("Lettre notée comme postée."))
    return redirect(url_for("supervision.outbox"), 303)


ROUTES = (
    ("/messages/<int:letter_id>/letter", queued_letter, ("GET",)),
    ("/messages/<int:letter_id>/posted", letter_posted, ("POST",)),
    ("/messages", outbox, ("GET",)),
    ("/lists/tasks/<int:task_id>/letter", letter, ("GET",)),
    ("/lists/tasks/<int:task_id>/letter-written", letter_written, ("POST",)),
)
