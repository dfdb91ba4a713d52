"""The left navigation (the rail): which places each role sees, and the account shown in the frame."""

from collections.abc import Callable
from typing import Any, NamedTuple

from flask import g, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from tracing.casefiles.rules import READERS
from tracing.duplicates import queries as pairs
from tracing.escalations import queries as questions
from tracing.hand_offs import queries as hand_offs
from tracing.help_requests import queries as help_requests
from tracing.imports.corrections import queries as corrections
from tracing.kernel import clock
from tracing.messages import queries as messages
from tracing.programmes.in_force import get_pack
from tracing.sickleave.mending import queries as notes
from tracing.staff import access
from tracing.staff.agent import Agent
from tracing.staff.models import Role, SiteKind
from tracing.staff.scope import scope_of
from tracing.staff.words import ROLE_WORDS
from tracing.triage import queries as triage
from tracing.ui.frame import MOST_PLACES, Account, MenuLink, Place


class RailEntry(NamedTuple):
    """A place and the roles whose rail shows it."""

    endpoint: str
    label: Any
    icon: str
    roles: frozenset[Role]
    also: tuple[str, ...] = ()
    """Prefixes of other addresses that belong to this place; those below its own always do."""
    waiting: Callable[[Agent], int] | None = None
    """Counts what waits there for an agent; must be cheap, because it runs on every page."""


DOORS = (
    RailEntry(
        "desk.home",
        _l("Appels"),
        "telephone-outbound",
        frozenset({Role.TRACER}),
        also=("/calls", "/incoming"),
    ),
    RailEntry(
        "escalations.waiting",
        _l("Avis demandés"),
        "heart-pulse",
        frozenset({Role.ADVISER, Role.REFERENT}),
        waiting=lambda agent: questions.count_waiting(agent.site.id, questions.audiences_of(agent)),
    ),
    RailEntry(
        "triage.listing",
        _l("À voir d’abord"),
        "exclamation-triangle-fill",
        frozenset({Role.ADVISER}),
        # of the lists an adviser sees the withdrawn results only, and opens the notes from there
        also=("/lists", "/sick-notes"),
        waiting=lambda agent: triage.count(agent.site.id),
    ),
    RailEntry(
        "toolbox.listing",
        _l("Boîte à outils"),
        "book",
        frozenset({Role.TRACER, Role.ADVISER, Role.REFERENT}),
        also=("/notices",),
    ),
    RailEntry("supervision.board", _l("Tableau du site"), "activity", frozenset({Role.SUPERVISOR})),
    RailEntry("supervision.team", _l("Équipe"), "people", frozenset({Role.SUPERVISOR, Role.REFERENT})),
    RailEntry("supervision.lists", _l("Listes à traiter"), "list-check", frozenset({Role.SUPERVISOR})),
    RailEntry(
        "sickleave.to_mend",
        _l("Arrêts"),
        "file-earmark-text",
        # an adviser sees those that wait in « À voir d’abord », and opens the lists from there
        frozenset({Role.SUPERVISOR}),
        also=("/sick-notes",),
        waiting=lambda agent: notes.count_to_decide(
            agent.site.id, today=clock.local_day(clock.now(), agent.site.time_zone)
        ),
    ),
    RailEntry(
        "help_requests.waiting",
        _l("Aides demandées"),
        "basket",
        frozenset({Role.SUPERVISOR}),
        waiting=lambda agent: help_requests.count_waiting(agent.site.id),
    ),
    RailEntry(
        "supervision.order",
        _l("Ordre des appels"),
        "sort-down",
        frozenset({Role.SUPERVISOR}),
        also=("/calling-hours",),
    ),
    RailEntry(
        "hand_offs.listing",
        _l("Signalements"),
        "send",
        frozenset({Role.ADVISER}),
        also=("/clusters",),
        waiting=lambda agent: hand_offs.count_waiting(agent.site.id),
    ),
    RailEntry("onboarding.recruits", _l("Recrues"), "mortarboard", frozenset({Role.REFERENT})),
    RailEntry("studio.ask", _l("Règles"), "signpost-split", frozenset({Role.ADVISER, Role.REFERENT})),
    RailEntry(
        "script_versions.listing", _l("Scripts"), "chat-left-text", frozenset({Role.ADVISER, Role.REFERENT})
    ),
    RailEntry("imports.lots", _l("Lots reçus"), "file-earmark-arrow-up", frozenset({Role.IMPORTER})),
    RailEntry(
        "corrections.waiting",
        _l("À corriger"),
        "pencil",
        frozenset({Role.IMPORTER}),
        waiting=lambda agent: corrections.count_waiting(scope_of(agent)),
    ),
    RailEntry(
        "pairs.review",
        _l("Doublons possibles"),
        "person-check",
        frozenset({Role.IMPORTER}),
        waiting=lambda agent: pairs.open_count(scope_of(agent)),
    ),
    RailEntry("sources.listing", _l("Expéditeurs"), "building", frozenset({Role.IMPORTER})),
    RailEntry(
        "supervision.outbox",
        _l("Messages à envoyer"),
        "envelope",
        frozenset({Role.SUPERVISOR, Role.IMPORTER}),
        waiting=lambda agent: messages.waiting_count(agent.site.id),
    ),
    RailEntry("accounts.members", _l("Comptes"), "people", frozenset({Role.ADMINISTRATOR})),
    RailEntry("supervision.calling_hours", _l("Heures d’appel"), "clock", frozenset({Role.ADMINISTRATOR})),
    RailEntry("supervision.journal", _l("Journal"), "journal-text", frozenset({Role.AUDITOR})),
)


def places_of(agent: Agent) -> list[Place]:
    """Return the places for the agent's roles at the present site, in the order of the rail."""
    doors = [door for door in DOORS if agent.holds(*door.roles)]
    # an address below one place may belong to another as well, for whoever has not that place
    own = [door for door in doors if _is_at(url_for(door.endpoint))]
    return [
        Place(
            endpoint=door.endpoint,
            label=str(door.label),
            icon=door.icon,
            active=door in own if own else is_open(door),
            badge=(door.waiting(agent) or None) if door.waiting else None,
        )
        for door in doors
    ][:MOST_PLACES]


def is_open(door: RailEntry) -> bool:
    """Return whether the present page is this place or below it."""
    addresses = (url_for(door.endpoint), *door.also)
    return any(map(_is_at, addresses))


def _is_at(address: str) -> bool:
    return request.path == address or request.path.startswith(f"{address}/")


def frame() -> dict[str, Any]:
    """Give every template the rail and the account of the member who is logged in."""
    agent: Agent | None = g.get("agent")
    if agent is None or g.get("tells_of_error") or access.is_fragment():
        # an error page shows no account, and must not depend on what broke; a part of a page has no frame
        return {"account": None, "rail": []}
    here = [ROLE_WORDS[role] for role in Role if (agent.site.id, role) in agent.roles]
    account = Account(
        name=agent.name,
        site=agent.site.name,
        role=", ".join(str(word) for word in here) or _("sans rôle ici"),
        login_url=url_for("staff.login"),
        sign_out_url=url_for("staff.logout"),
        lock_url=url_for("staff.lock"),
        unlock_url=url_for("staff.unlock"),
        activity_url=url_for("staff.activity"),
        idle_minutes=access.idle_minutes(),
        find_url=url_for("casefiles.find") if agent.holds(*READERS) else None,
        warning=_programme_warning(agent.site.programme),
        menu=(
            MenuLink(url=url_for("toolbox.listing"), label=_("Boîte à outils"), icon="book"),
            MenuLink(url=url_for("staff.account"), label=_("Mon compte"), icon="person-badge"),
        ),
    )
    return {
        "account": account,
        "rail": places_of(agent),
        "is_training": agent.site.kind is SiteKind.TRAINING,
    }


def _programme_warning(programme: str) -> str | None:
    """Return what every page says of a programme that no doctor has checked."""
    pack = get_pack(programme)
    if not pack.needs_medical_validation:
        return None
    return str(
        _(
            "Programme « %(programme)s » : ces règles doivent être validées par un médecin avant tout appel réel.",
            programme=pack.label,
        )
    )
