"""What follows for a person and their calls, whatever they are called for. Pure."""

from dataclasses import dataclass

from tracing.consequences.picture_rules import CallNow, Consequence, ConsequenceKind


@dataclass(frozen=True, kw_only=True, repr=False)
class PersonNow:
    """A person under all their records, with what binds them through every door."""

    person_id: int
    is_dead: bool = False
    wants_no_calls: bool = False
    are_messages_stopped: bool = False
    is_stop_partial: bool = False
    """Under some of their records only: another one was joined to these since, and its letters wait."""
    calls: tuple[tuple[int, CallNow], ...] = ()
    """Their tasks, of every case and contact."""
    has_number: bool = True
    """Whether they have a number that was not said wrong."""
    to_ring: frozenset[int] = frozenset()
    """Their tasks for which somebody would ring them, now or once a supervisor has put it back."""
    without_number: frozenset[int] = frozenset()
    """Their tasks that wait for a number."""
    texts_astray: tuple[int, ...] = ()
    """Texts that wait to be sent to a number that was said wrong."""


def of_person(person: PersonNow) -> tuple[Consequence, ...]:
    """Return what follows for a person from what was said of them and of their numbers, or was taken back."""
    found = []
    is_barred = person.is_dead or person.wants_no_calls
    for task_id, call in person.calls:
        kind = _of_call(person, task_id, call)
        if kind is not None:
            found.append(Consequence(kind, ("task", task_id)))
    found += [Consequence(ConsequenceKind.TEXT_STOPS, ("message", one)) for one in person.texts_astray]
    are_all_stopped = person.are_messages_stopped and not person.is_stop_partial
    if is_barred and not are_all_stopped:
        found.append(Consequence(ConsequenceKind.MESSAGES_STOP, ("person", person.person_id)))
    elif not is_barred and person.are_messages_stopped:
        found.append(Consequence(ConsequenceKind.MESSAGES_GO_ON, ("person", person.person_id)))
    return tuple(found)


def calls_held_back(person: PersonNow) -> frozenset[int]:
    """Return the tasks of a person that would stop, were nobody on the telephone about them."""
    return frozenset(
        task_id
        for task_id, call in person.calls
        if call is CallNow.LIVE and _of_call(person, task_id, CallNow.WAITING) is not None
    )


def _of_call(person: PersonNow, task_id: int, call: CallNow) -> ConsequenceKind | None:
    """Return what follows for one call of a person; nothing while somebody is on the telephone about it."""
    waits = {CallNow.WAITING, CallNow.AGAIN}
    # a call to tell them something else ends as if it had not been wanted: `of_case`
    if person.is_dead:
        return ConsequenceKind.CALL_NEVER if call in {CallNow.WAITING, CallNow.UNWANTED} else None
    if person.wants_no_calls:
        return ConsequenceKind.CALL_UNWANTED if call in {CallNow.WAITING, CallNow.NEVER} else None
    if call in {CallNow.NEVER, CallNow.UNWANTED}:
        return ConsequenceKind.CALL_AFTER_ALL
    if call in waits and not person.has_number and task_id in person.to_ring:
        return ConsequenceKind.CALL_NUMBERLESS
    if call in waits and person.has_number and task_id in person.without_number:
        return ConsequenceKind.CALL_HAS_NUMBER
    return None
