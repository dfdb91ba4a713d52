"""Making a source, and accepting how its files are read."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, TypedDict

from sqlalchemy import func, select

from tracing.imports import source_queries as queries
from tracing.imports.layout import NAME as LAYOUT
from tracing.imports.mappings import Mapping, first_mapping
from tracing.imports.models import ImportSource, SourceKind, SourceMapping
from tracing.imports.source_errors import SourceCodeTaken
from tracing.kernel import events
from tracing.kernel.db import session


class Terms(TypedDict):
    """What an import officer decides about a source."""

    label: str
    kind: SourceKind
    is_trusted: bool
    needs_signature: bool
    site_id: int | None
    contact: str


def add_source(code: str, terms: Terms, *, by: int, at: datetime) -> ImportSource:
    """Make a source known before its first file."""
    if queries.find_source(code):
        raise SourceCodeTaken
    source = ImportSource(code=code, layout=LAYOUT, created_at=at, updated_at=at, **terms)
    session.add(source)
    session.flush()
    events.record("source.added", by=by, at=at, source=code, **_decided(terms))
    return source


def change_source(code: str, terms: Terms, *, by: int, at: datetime) -> ImportSource:
    """Change what was decided about a source; what became of earlier lots stays."""
    source = queries.get_source(code, lock=True)
    before = {name: getattr(source, name) for name in terms}
    changed = sorted(name for name, value in terms.items() if before[name] != value)
    if changed:
        for name in changed:
            setattr(source, name, terms[name])  # type: ignore[literal-required]
        source.updated_at = at
        session.flush()
        events.record("source.changed", by=by, at=at, source=code, changed=changed, **_decided(terms))
    return source


def _decided(terms: Terms) -> dict[str, Any]:
    """Return what the journal keeps: decisions, and no word that somebody typed."""
    return {
        "is_trusted": terms["is_trusted"],
        "needs_signature": terms["needs_signature"],
        "site": terms["site_id"],
    }


def accept_mapping(source_code: str, mapping: Mapping, *, by: int | None, at: datetime) -> SourceMapping:
    """Keep how the files of a source are read, as its next version; an equal one is not kept twice."""
    queries.get_source(source_code, lock=True)
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
        made_by=by,
        made_at=at,
    )
    session.add(version)
    session.flush()
    events.record("source.mapped", by=by, at=at, source=source_code, version=version.version)
    return version


def record_first_mapping(source_code: str, headings: Sequence[str], *, at: datetime) -> SourceMapping:
    """Keep the headings of a source's first file, which the layout recognised by itself; a later one changes nothing."""
    queries.get_source(source_code, lock=True)
    newest = next(iter(queries.mapping_versions(source_code)), None)
    return newest or accept_mapping(source_code, first_mapping(headings), by=None, at=at)
