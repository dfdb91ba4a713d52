"""Programmes: one dated rule pack per disease, which tells what the rules were on a given day."""

from tracing.programmes.loader import InvalidPack, UnknownProgramme, get_pack, load_packs
from tracing.programmes.schema import Pack

__all__ = ["InvalidPack", "Pack", "UnknownProgramme", "get_pack", "load_packs"]
