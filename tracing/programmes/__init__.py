"""Programmes: dated rules per disease, from files (`packs/`) and then as they are published (`publishing`).

Not yet the programme's: the codes by which imports know its tests (`imports.format.loinc`, `imports.parsing.hl7_results`
have their own; `laboratory` is ready for them), and the scripts, which all programmes share (`scripts/library`).
"""

from tracing.programmes.loader import InvalidPack, UnknownProgramme, get_pack, load_packs
from tracing.programmes.schema import Pack

__all__ = ["InvalidPack", "Pack", "UnknownProgramme", "get_pack", "load_packs"]
