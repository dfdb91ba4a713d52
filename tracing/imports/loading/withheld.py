"""Drop from a line what the programme of its people does not hold, before anything of it is looked up or stored."""

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any

from tracing.imports.format.columns import FIELDS
from tracing.imports.format.line import ParsedLine
from tracing.people.rules import Identity
from tracing.programmes.data_fields import DataField

COLUMNS: Mapping[DataField, tuple[str, ...]] = {
    DataField.SOCIAL_SECURITY_NUMBER: ("NIR",),
    DataField.EMAIL: ("COURRIEL",),
    DataField.ADDRESS: ("ADRESSE",),
    DataField.DOCTOR: ("RPPS_PRESCRIPTEUR", "NOM_PRESCRIPTEUR"),
    DataField.ONSET: ("DATE_DEBUT_SYMPTOMES",),
    DataField.SYMPTOMS: ("SYMPTOMES",),
    DataField.VARIANT: ("CRIBLAGE",),
    DataField.WORK: ("PROF_SANTE",),
    DataField.PLACES: ("HEBERGEMENT", "STRUCTURE_HEBERGEMENT"),
}
"""The columns of a field. Postcode and town stay: they say which site calls, and which places are near."""


def without_withheld(line: ParsedLine, withheld: Collection[DataField]) -> ParsedLine:
    """Return a line as its programme may hold it; how the line is recognised when it comes again stays."""
    dropped = {column for field in withheld for column in COLUMNS.get(field, ())}
    if not dropped:
        return line
    values = line.values and tuple(
        "" if column in dropped else value for column, value in zip(FIELDS, line.values, strict=True)
    )
    negative = line.negative_pcr
    return line._replace(
        values=values,
        identity=line.identity and _identity(line.identity, dropped),
        facts=line.facts
        and line.facts._replace(
            **_emptied(
                dropped,
                CRIBLAGE=("variant_screen", ""),
                SYMPTOMES=("symptoms", ""),
                DATE_DEBUT_SYMPTOMES=("onset_on", None),
            )
        ),
        background=line.background
        and line.background._replace(
            **_emptied(
                dropped,
                RPPS_PRESCRIPTEUR=("prescriber_rpps", ""),
                NOM_PRESCRIPTEUR=("prescriber_name", ""),
                PROF_SANTE=("health_professional", ""),
                HEBERGEMENT=("housing", ""),
                STRUCTURE_HEBERGEMENT=("housing_name", ""),
            )
        ),
        negative_pcr=negative and negative._replace(identity=_identity(negative.identity, dropped)),
    )


def _identity(identity: Identity, dropped: Collection[str]) -> Identity:
    if "NIR" in dropped:
        identity = replace(identity, nir=None, national_number="")
    if "COURRIEL" in dropped:
        identity = replace(identity, email="")
    return replace(identity, address="") if "ADRESSE" in dropped else identity


def _emptied(dropped: Collection[str], **columns: tuple[str, str | None]) -> dict[str, Any]:
    return dict(empty for column, empty in columns.items() if column in dropped)
