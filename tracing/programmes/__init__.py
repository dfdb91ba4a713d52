"""Diseases as dated rule packs: what the rules said on a given day, and which rule decided."""

from tracing.programmes.loader import InvalidPack, UnknownProgramme, get_pack, load_packs
from tracing.programmes.schema import Pack

__all__ = ["InvalidPack", "Pack", "UnknownProgramme", "get_pack", "load_packs"]
