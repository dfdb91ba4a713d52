"""Create and change sources, and accept mapping versions for their files."""

from collections.abc import Mapping as Table
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, TypedDict

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert as upsert

from tracing.imports.format.columns import NAME as LAYOUT
from tracing.imports.format.inspection import first_mapping
from tracing.imports.format.mapping import Mapping
from tracing.imports.models import ImportSource, SourceKind, SourceMapping
from tracing.imports.sources import queries
from tracing.imports.sources.errors import OtherWorld, SourceCodeTaken
from tracing.kernel import events
from tracing.kernel.db import session
from tracing.people.countries import Country
from tracing.staff import queries as staff
from tracing.staff.models import SiteKind
from tracing.staff.scope import HOST, Scope


class Terms(TypedDict):
    """What an import officer decides about a source."""

    label: str
    kind: SourceKind
    is_trusted: bool
    ids_are_unique: bool
    needs_signature: bool
    site_id: int | None
    contact: str
    country: Country


def get_or_create_source(code: str, scope: Scope = HOST, *, at: datetime) -> ImportSource:
    """Return a source, creating it if unknown: its lots then wait for a person. One that a site creates is the site's.

    Raises:
        NoSuchSource: it exists outside the scope.
    """
    owner = None if scope.is_national else scope.site_id
    session.execute(
        upsert(ImportSource)
        .values(code=code, label=code, layout=LAYOUT, site_id=owner, created_at=at)
        .on_conflict_do_nothing()
    )
    return queries.get_source(code, scope)


def add_source(code: str, terms: Terms, *, by: int, at: datetime) -> ImportSource:
    """Create a source before its first file."""
    if queries.find_source(code):
        raise SourceCodeTaken
    source = ImportSource(code=code, layout=LAYOUT, created_at=at, updated_at=at, **terms)
    session.add(source)
    session.flush()
    events.record("source.added", by=by, at=at, site_id=source.site_id, source=code, **_decided(terms))
    return source


def change_source(code: str, terms: Terms, *, by: int, at: datetime) -> ImportSource:
    """Change the decisions about a source; earlier lots are not affected.

    Raises:
        OtherWorld: lots of real people would go to a training site, or the reverse.
    """
    source = queries.get_source(code, lock=True)
    before: dict[str, Any] = {name: getattr(source, name) for name in terms}
    if _is_practice(source.site_id) != _is_practice(terms["site_id"]):
        raise OtherWorld
    changed = sorted(name for name, value in terms.items() if before[name] != value)
    if changed:
        for name in changed:
            setattr(source, name, terms[name])  # type: ignore[literal-required]
        source.updated_at = at
        session.flush()
        # the auditor of the old owner sees that it left, the auditor of the new one that it came
        for owner in sorted({before["site_id"], source.site_id}, key=str):
            events.record(
                "source.changed",
                by=by,
                at=at,
                site_id=owner,
                source=code,
                changed=changed,
                **_decided(terms),
            )
    return source


def set_country(code: str, country: Country, *, by: int, at: datetime) -> None:
    """Say in which country a source is; does nothing where that was said already."""
    source = queries.get_source(code, lock=True)
    if source.country is country:
        return
    source.country = country
    _changed(source, by=by, at=at, country=country.value)


def distrust_ids(code: str, *, by: int, at: datetime) -> None:
    """No longer trust a source's result ids: its lines are recognised by their fingerprints from now on."""
    source = queries.get_source(code, lock=True)
    if source.ids_are_unique:
        source.ids_are_unique = False
        _changed(source, by=by, at=at, ids_are_unique=False)


def _changed(source: ImportSource, *, by: int, at: datetime, **now: Any) -> None:
    """Keep when a decision about a source was changed, and to what."""
    source.updated_at = at
    session.flush()
    events.record(
        "source.changed",
        by=by,
        at=at,
        site_id=source.site_id,
        source=source.code,
        changed=list(now),
        **now,
    )


def _is_practice(site_id: int | None) -> bool:
    """Return whether a source with this owner sends fictional people."""
    return site_id is not None and staff.get_site(site_id).kind is SiteKind.TRAINING


def _decided(terms: Terms) -> dict[str, Any]:
    """Return what the audit log keeps: decisions, but no text that a person typed."""
    return {
        "is_trusted": terms["is_trusted"],
        "needs_signature": terms["needs_signature"],
        "ids_are_unique": terms.get("ids_are_unique", True),
        "site": terms["site_id"],
        "country": terms["country"].value,
    }


def accept_mapping(source_code: str, mapping: Mapping, *, by: int | None, at: datetime) -> SourceMapping:
    """Store a source's mapping as its next version; one equal to the current version is not stored again."""
    source = queries.get_source(source_code, lock=True)
    newest = next(iter(queries.mapping_versions(source_code)), None)
    if newest is not None and queries.as_mapping(newest) == mapping:
        return newest
    last = session.scalar(
        select(func.max(SourceMapping.version)).where(SourceMapping.source_code == source_code)
    )
    version = SourceMapping(
        source_code=source_code,
        version=(last or 0) + 1,
        headings=list(mapping.headings),
        columns=dict(mapping.columns),
        codes=dict(mapping.codes),
        date_orders=dict(mapping.date_orders),
        made_by=by,
        made_at=at,
    )
    session.add(version)
    session.flush()
    events.record(
        "source.mapped",
        by=by,
        at=at,
        site_id=source.site_id,
        source=source_code,
        version=version.version,
    )
    return version


def record_first_mapping(source_code: str, headings: Sequence[str], *, at: datetime) -> SourceMapping:
    """Store the headings of a source's first table, which the layout itself recognised; later files change nothing.

    HL7 messages have none: the version made for them holds what was said of the source's codes.
    """
    queries.get_source(source_code, lock=True)
    newest = next(iter(queries.mapping_versions(source_code)), None)
    if newest is not None and (newest.headings or not headings):
        return newest
    first = first_mapping(headings) if headings else Mapping({})
    if newest is not None:
        first = replace(first, codes=dict(newest.codes))
    return accept_mapping(source_code, first, by=None, at=at)


def teach(
    source_code: str, meanings: Table[str, Table[str, str]], *, by: int, at: datetime
) -> SourceMapping | None:
    """Keep what a source's codes mean, in addition to what was said before; None if there is nothing new.

    `meanings` gives, by coded field, the meaning of each value; an empty one takes back what was said of it. What was
    loaded stays as it is.
    """
    queries.get_source(source_code, lock=True)
    current = queries.mapping_of(source_code)
    mapping = current[1] if current else Mapping({})
    codes = {name: dict(known) for name, known in mapping.codes.items()}
    for name, said in meanings.items():
        here = {value.casefold() for value in said}
        kept = {value: code for value, code in codes.get(name, {}).items() if value.casefold() not in here}
        codes[name] = kept | {value: code for value, code in said.items() if code}
    taught = replace(mapping, codes={name: known for name, known in codes.items() if known})
    if taught == mapping:
        return None
    return accept_mapping(source_code, taught, by=by, at=at)
