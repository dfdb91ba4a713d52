"""Pages on which a person maps the columns of a file to fields, then its codes; saved after the second step."""

from typing import Any

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from tracing.imports.errors import NotNow
from tracing.imports.format.codes import CODES, TEST
from tracing.imports.format.columns import REQUIRED, doubled_headings
from tracing.imports.format.date_orders import DATES, DateOrder
from tracing.imports.format.inspection import TableInspection, difference, proposed
from tracing.imports.format.laboratory import Laboratory
from tracing.imports.format.mapping import Mapping
from tracing.imports.format.proposals import likely, likely_country
from tracing.imports.lots import originals, queries
from tracing.imports.lots import services as lots
from tracing.imports.lots.routing import laboratory_of, terms_of
from tracing.imports.models import ImportLot, LotState
from tracing.imports.pages.source_words import (
    CODE_WORDS,
    COLUMN_FAULT_WORDS,
    COUNTRY_WORDS,
    FIELD_GROUPS,
    FIELD_WORDS,
)
from tracing.imports.sandbox import client
from tracing.imports.sources import queries as source_queries
from tracing.imports.sources import services as source_services
from tracing.imports.sources.mapping_rules import (
    ColumnFault,
    code_questions,
    column_faults,
    date_order_faults,
    heading_named,
    likely_month_first,
    mapping_from,
)
from tracing.kernel import clock, events
from tracing.kernel.db import transaction
from tracing.people.countries import Country
from tracing.staff.access import agent, may
from tracing.staff.models import Role
from tracing.staff.scope import read_log_reason, scope_of

bp = Blueprint("mapping", __name__, template_folder="templates")

MAPPABLE = (LotState.TO_MAP, LotState.PLANNED)
"""A plan that looks wrong may come from a wrong column: the lot can be mapped again before it is committed."""
MOST_LISTED = 10
"""Changed headings that are listed one by one; above that the file is of another sort, and two sentences say so."""


@bp.route("/lots/<int:lot_id>/mapping", methods=["GET", "POST"])
@may(Role.IMPORTER)
def columns(lot_id: int) -> ResponseReturnValue:
    """Show the columns of a file with some values; then the codes; then save both and have the file read again."""
    lot = queries.get_lot(lot_id, scope_of(agent()))
    source_queries.get_source(lot.source_code, scope_of(agent()))
    if lot.state not in MAPPABLE:
        raise NotNow
    looked, known = _look(lot)
    accepted = known[1] if known else None
    if looked.is_messages:
        return _codes_of_messages(lot, looked, accepted)
    if request.method == "GET":
        guessed, certain = proposed(looked, accepted)
        month_first = likely_month_first(guessed, looked, accepted)
        return _columns_page(lot, looked, accepted, guessed, certain=certain, month_first=month_first)
    chosen, month_first = _chosen(looked), _month_first()
    faults = column_faults(chosen, looked) | date_order_faults(chosen, month_first, looked)
    faults |= dict.fromkeys(_not_found(looked), ColumnFault.NO_SUCH_HEADING)
    step = request.form.get("step")
    if faults or step == "columns":
        page = _columns_page(
            lot, looked, accepted, chosen, certain=frozenset(chosen), month_first=month_first, faults=faults
        )
        return page, 422 if faults else 200
    if step != "save":
        return _codes_page(lot, looked, accepted, chosen, month_first)
    meanings = _meanings(lot, chosen, looked, accepted)
    return _save(lot, mapping_from(chosen, meanings, looked, accepted, month_first))


def _codes_of_messages(
    lot: ImportLot, looked: TableInspection, accepted: Mapping | None
) -> ResponseReturnValue:
    """Show the codes of HL7 messages, which have no columns to map; then save what they mean."""
    chosen = {name: heading for name, heading in looked.proposal.items() if heading is not None}
    if request.method == "GET":
        return _codes_page(lot, looked, accepted, chosen, frozenset())
    return _save(lot, mapping_from(chosen, _meanings(lot, chosen, looked, accepted), looked, accepted))


def _look(lot: ImportLot) -> tuple[TableInspection, tuple[int, Mapping] | None]:
    """Open the file again and inspect its columns; records that they were shown."""
    with transaction():
        content = originals.content_of(lot.id)
        secrets = originals.secret_of(lot.id) + source_queries.secrets_of(lot.source_code)
        known = source_queries.mapping_of(lot.source_code)
    looked = client.looked_at(content, secrets, known[1] if known else None, _laboratory(lot))
    with transaction():
        events.record_access(
            [f"lot:{lot.id}"], by=agent().member_id, at=clock.now(), why=read_log_reason(lot.owner_site_id)
        )
    return looked, known


def _laboratory(lot: ImportLot) -> Laboratory:
    """Return the tests of the programme for which a lot is read."""
    return laboratory_of(terms_of(lot, g.settings).programme)


def _chosen(looked: TableInspection) -> dict[str, str]:
    """Return the heading chosen for each field: a number among the choices, or one that was searched for by name."""
    picked = {name: request.form.get(f"column-{name}", type=int) for name in FIELD_WORDS}
    by_number = {
        name: looked.choices[place]
        for name, place in picked.items()
        if place is not None and 0 <= place < len(looked.choices)
    }
    named = {name: heading_named(typed, looked) for name, typed in _searched().items()}
    return by_number | {name: heading for name, heading in named.items() if heading is not None}


def _searched() -> dict[str, str]:
    """Return the heading typed into the search of each field, where there is one."""
    typed = {name: request.form.get(f"search-{name}", "").strip() for name in FIELD_WORDS}
    return {name: heading for name, heading in typed.items() if heading}


def _not_found(looked: TableInspection) -> list[str]:
    """Return the fields whose typed heading no column has."""
    return [name for name, typed in _searched().items() if heading_named(typed, looked) is None]


def _month_first() -> frozenset[str]:
    """Return the fields whose dates the form says to be month first."""
    return frozenset(name for name in DATES if request.form.get(f"order-{name}") == DateOrder.MONTH)


def _meanings(
    lot: ImportLot, chosen: dict[str, str], looked: TableInspection, accepted: Mapping | None
) -> dict[str, dict[str, str]]:
    """Return the code chosen for each value of the coded columns; an empty one leaves the value as it is."""
    said: dict[str, dict[str, str]] = {}
    for name, questions in code_questions(chosen, looked, accepted, _laboratory(lot)).items():
        answers = {one.value: request.form.get(f"code-{name}-{one.number}", "") for one in questions}
        said[name] = {value: code if code in CODES[name] else "" for value, code in answers.items()}
    return said


def _save(lot: ImportLot, mapping: Mapping) -> ResponseReturnValue:
    """Save the mapping as the source's next version and have the lot read again."""
    me, at = agent().member_id, clock.now()
    with transaction():
        source_services.set_country(lot.source_code, _country(lot.source_code), by=me, at=at)
        version = source_services.accept_mapping(lot.source_code, mapping, by=me, at=at)
        if lot.state is LotState.PLANNED:
            lots.plan_again(lot.id, by=me, at=at)
        else:
            lots.read_with_new_mapping(lot.id, by=me, at=at)
    flash(_("Correspondance gardée, version %(number)s. Le lot est relu avec elle.", number=version.version))
    return redirect(url_for("imports.lot", lot_id=lot.id), 303)


def _country(source_code: str) -> Country:
    """Return the country that was chosen on the page, else the source's."""
    chosen = request.form.get("country")
    known = source_queries.get_source(source_code).country
    return Country(chosen) if chosen in {country.value for country in Country} else known


def _seeming_country(lot: ImportLot, looked: TableInspection, chosen: dict[str, str]) -> Country | None:
    """Return the country to propose for the first file of a source of which nothing else was said."""
    source = source_queries.get_source(lot.source_code)
    if (
        "country" in request.form
        or source.country is not Country.FRANCE
        or source_queries.mapping_of(source.code)
    ):
        return None
    return likely_country(chosen, looked.columns)


def _columns_page(
    lot: ImportLot,
    looked: TableInspection,
    accepted: Mapping | None,
    chosen: dict[str, str],
    *,
    certain: frozenset[str],
    month_first: frozenset[str],
    faults: dict[str, Any] | None = None,
) -> str:
    used = set(chosen.values())
    columns = looked.columns
    seeming = _seeming_country(lot, looked, chosen)
    common = _common(lot, looked, chosen, month_first)
    doubled = [] if accepted else doubled_headings(looked.headings)
    return render_template(
        "imports/mapping.html",
        **common | {"country": seeming or common["country"]},
        seeming_country=seeming,
        certain=certain,
        likely={name: likely(name, columns, chosen.get(name)) for name in FIELD_WORDS},
        missing=[name for name in REQUIRED if name not in chosen],
        not_found={name: _searched()[name] for name in _not_found(looked)},
        doubled=list(dict.fromkeys(doubled)),
        date_fields=DATES,
        seems_month_first={
            name for name in DATES if looked.date_orders.get(chosen.get(name, "")) == DateOrder.MONTH
        },
        faults={name: COLUMN_FAULT_WORDS[fault] for name, fault in (faults or {}).items()},
        change=difference(accepted, looked.headings) if accepted and accepted.headings else None,
        unused=[heading for heading in looked.choices if heading not in used],
        most_listed=MOST_LISTED,
        blank=sum(not heading.strip() for heading in looked.headings),
        groups=FIELD_GROUPS,
        required=REQUIRED,
    )


def _codes_page(
    lot: ImportLot,
    looked: TableInspection,
    accepted: Mapping | None,
    chosen: dict[str, str],
    month_first: frozenset[str],
) -> str:
    return render_template(
        "imports/mapping_codes.html",
        **_common(lot, looked, chosen, month_first),
        questions=code_questions(chosen, looked, accepted, _laboratory(lot)),
        code_words=CODE_WORDS,
        left_out=len(looked.choices) - len(chosen),
        test_field=TEST,
    )


def _common(
    lot: ImportLot, looked: TableInspection, chosen: dict[str, str], month_first: frozenset[str]
) -> dict[str, Any]:
    """Return the template variables that both steps share."""
    return {
        "lot": lot,
        "source": source_queries.get_source(lot.source_code),
        "looked": looked,
        "chosen": chosen,
        "month_first": month_first,
        "place_of": {heading: place for place, heading in enumerate(looked.choices)},
        "field_words": FIELD_WORDS,
        "countries": COUNTRY_WORDS,
        "country": _country(lot.source_code),
    }
