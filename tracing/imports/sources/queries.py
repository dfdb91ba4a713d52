"""Read sources: their keys, their mappings, and their lots."""

import json
from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy import func, select

from tracing.imports.decryption.secrets import Secrets
from tracing.imports.format.mapping import Mapping
from tracing.imports.models import ImportLot, ImportSource, KeyState, KeyUse, SourceKey, SourceMapping
from tracing.imports.sources.errors import NoSuchKey, NoSuchMapping, NoSuchSource
from tracing.kernel.db import find_row, session
from tracing.people.countries import Country
from tracing.staff.scope import HOST, Scope
from tracing.vault import services as vault

MOST_VERSIONS_TRIED = 5
"""Each attempt opens the file once more."""
SAID_OF_THE_SOURCE = ("RESULTAT", "CODE_LOINC")
"""The fields whose codes mean the same in all files of a source."""


def get_source(code: str, scope: Scope = HOST, *, lock: bool = False) -> ImportSource:
    """Return a source inside a scope.

    Raises:
        NoSuchSource: it does not exist, or is outside the scope.
    """
    source = find_row(ImportSource, code, lock=lock)
    if source is None or not scope.covers(source.site_id):
        raise NoSuchSource
    return source


def find_source(code: str) -> ImportSource | None:
    """Return a source, or None if it was never created and nothing came from it."""
    return session.get(ImportSource, code)


def country_of(code: str) -> str:
    """Return the country by which a source's files are read; one that was never created is in France."""
    source = find_source(code)
    return Country.FRANCE.value if source is None else source.country.value


def trusts_ids(code: str) -> bool:
    """Return whether a source's result ids say which result is which; so do those of one that is still unknown."""
    return session.scalar(select(ImportSource.ids_are_unique).where(ImportSource.code == code)) is not False


def sources(scope: Scope) -> Sequence[ImportSource]:
    """Return the sources inside a scope, by name."""
    chosen = select(ImportSource).where(scope.holds(ImportSource.site_id))
    return session.scalars(chosen.order_by(ImportSource.label, ImportSource.code)).all()


def last_lots(scope: Scope) -> dict[str, ImportLot]:
    """Return the newest lot of each source inside a scope."""
    newest = (
        select(func.max(ImportLot.id))
        .where(scope.holds(ImportLot.owner_site_id))
        .group_by(ImportLot.source_code)
    )
    lots = session.scalars(select(ImportLot).where(ImportLot.id.in_(newest)))
    return {lot.source_code: lot for lot in lots}


def lots_of(code: str, scope: Scope, *, limit: int = 10) -> Sequence[ImportLot]:
    """Return the newest lots of a source inside a scope."""
    chosen = select(ImportLot).where(ImportLot.source_code == code, scope.holds(ImportLot.owner_site_id))
    return session.scalars(chosen.order_by(ImportLot.id.desc()).limit(limit)).all()


def living_keys(code: str | None = None) -> Sequence[SourceKey]:
    """Return the proposed and confirmed keys of a source, or of all sources, oldest first."""
    chosen = select(SourceKey).where(SourceKey.state != KeyState.RETIRED).order_by(SourceKey.id)
    return session.scalars(chosen if code is None else chosen.where(SourceKey.source_code == code)).all()


def retired_keys(code: str) -> Sequence[SourceKey]:
    """Return the retired keys of a source, latest first."""
    chosen = select(SourceKey).where(SourceKey.source_code == code, SourceKey.state == KeyState.RETIRED)
    return session.scalars(chosen.order_by(SourceKey.retired_at.desc())).all()


def get_key(code: str, key_id: int, *, lock: bool = False) -> SourceKey:
    """Return a key of a source."""
    key = find_row(SourceKey, key_id, lock=lock)
    if key is None or key.source_code != code:
        raise NoSuchKey
    return key


def secret_parts(key: SourceKey) -> dict[str, str]:
    """Unseal the secret parts of a key: `key`, `certificate`, `password`. Never shown to anyone."""
    parts: dict[str, str] = json.loads(vault.unseal_setting(seal_name(key.id), key.secret))
    return parts


def seal_name(key_id: int) -> str:
    """Return the name a sealed key is bound to: a secret moved to another row cannot be unsealed."""
    return f"source_key:{key_id}"


def secrets_of(source_code: str) -> Secrets:
    """Return what opens the files of a source: its confirmed keys, latest first, and the accepted signers."""
    source = find_source(source_code)
    if source is None:
        return Secrets()
    confirmed = [key for key in living_keys(source_code) if key.state is KeyState.CONFIRMED]
    kept = [(key.use, secret_parts(key)) for key in reversed(confirmed)]
    return Secrets(
        private_keys=tuple(
            (parts["key"].encode(), parts["certificate"].encode()) for use, parts in kept if use is KeyUse.CMS
        ),
        openpgp=tuple(parts["key"].encode("latin-1") for use, parts in kept if use is KeyUse.OPENPGP),
        age=tuple(parts["key"] for use, parts in kept if use is KeyUse.AGE),
        passwords=tuple(parts["password"] for use, parts in kept if use is KeyUse.PASSWORD),
        signers=tuple(parts["certificate"].encode("latin-1") for use, parts in kept if use is KeyUse.SIGNER),
        needs_signature=source.needs_signature,
    )


def mapping_versions(source_code: str) -> Sequence[SourceMapping]:
    """Return the mapping versions of a source, latest first."""
    chosen = select(SourceMapping).where(SourceMapping.source_code == source_code)
    return session.scalars(chosen.order_by(SourceMapping.version.desc())).all()


def get_mapping(source_code: str, version: int) -> SourceMapping:
    """Return one version of the mapping of a source."""
    chosen = select(SourceMapping).where(
        SourceMapping.source_code == source_code, SourceMapping.version == version
    )
    found = session.scalar(chosen)
    if found is None:
        raise NoSuchMapping
    return found


def mapping_version(mapping_id: int) -> int | None:
    """Return the number of the mapping version that a lot was read by."""
    return session.scalar(select(SourceMapping.version).where(SourceMapping.id == mapping_id))


def mapping_of(source_code: str) -> tuple[int, Mapping] | None:
    """Return a source's current mapping with its id, or None before its first file."""
    chosen = select(SourceMapping).where(SourceMapping.source_code == source_code)
    newest = session.scalar(chosen.order_by(SourceMapping.version.desc()).limit(1))
    return (newest.id, as_mapping(newest)) if newest else None


def accepted_mappings(source_code: str, *, begun_with: int | None = None) -> list[tuple[int, Mapping]]:
    """Return the mappings for a source's files, latest first; a lot in progress keeps the one it began with.

    What results and tests are called is said of the source: the latest word counts for files of every shape.
    """
    versions = mapping_versions(source_code)[:MOST_VERSIONS_TRIED]
    if not versions:
        return []
    said = as_mapping(versions[0]).codes
    if begun_with is not None:
        versions = [session.get_one(SourceMapping, begun_with)]
    return [(version.id, _with_latest(as_mapping(version), said)) for version in versions]


def _with_latest(mapping: Mapping, said: dict[str, dict[str, str]]) -> Mapping:
    older = {name: codes for name, codes in mapping.codes.items() if name not in SAID_OF_THE_SOURCE}
    return replace(mapping, codes=older | {name: said[name] for name in SAID_OF_THE_SOURCE if name in said})


def tests_of(source_code: str) -> dict[str, str]:
    """Return what was said of a source's codes of tests (`Mapping.tests`)."""
    known = mapping_of(source_code)
    return known[1].tests if known else {}


def taught_codes(source_code: str) -> list[tuple[str, str, str]]:
    """Return what is said of a source's codes now: field, value and meaning."""
    known = mapping_of(source_code)
    codes = known[1].codes if known else {}
    return [(name, value, code) for name, said in codes.items() for value, code in said.items()]


def is_tried(mapping_id: int) -> bool:
    """Return whether lots may be loaded with this mapping version before a person has seen a plan.

    The first lot read with a version that a person made shows its plan, even if the source is trusted.
    """
    version = session.get_one(SourceMapping, mapping_id)
    loaded = select(ImportLot.id).where(
        ImportLot.source_code == version.source_code,
        ImportLot.mapping_id == mapping_id,
        ImportLot.loaded_at.is_not(None),
    )
    return version.made_by is None or session.scalar(loaded.limit(1)) is not None


def as_mapping(version: SourceMapping) -> Mapping:
    """Return a version in the form the reading process takes."""
    return Mapping(
        dict(version.columns), dict(version.codes), tuple(version.headings), dict(version.date_orders)
    )
