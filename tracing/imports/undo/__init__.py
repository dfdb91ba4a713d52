"""Undo a loaded lot: delete what nobody was called about, keep the rest."""
