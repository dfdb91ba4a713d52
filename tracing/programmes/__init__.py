"""Programmes: one folder of dated rules per disease (`packs/`), and what its rules were on a given day.

Not yet the programme's: the codes by which imports know its tests (`imports.format.loinc`, `imports.parsing.hl7_results`
have their own; `laboratory` is ready for them), and the scripts, which all programmes share (`scripts/library`).
"""

from tracing.programmes.loader import InvalidPack, UnknownProgramme, get_pack, load_packs
from tracing.programmes.schema import Pack

__all__ = ["InvalidPack", "Pack", "UnknownProgramme", "get_pack", "load_packs"]
