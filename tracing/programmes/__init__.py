"""Programmes: one dated rule pack per disease (`packs/*.yaml`), and what its rules were on a given day.

Not in a pack: which tests find the disease (`imports.format.loinc`, `imports.parsing.hl7_results`), and the scripts, which
all programmes share (`scripts/library`).
"""

from tracing.programmes.loader import InvalidPack, UnknownProgramme, get_pack, load_packs
from tracing.programmes.schema import Pack

__all__ = ["InvalidPack", "Pack", "UnknownProgramme", "get_pack", "load_packs"]
