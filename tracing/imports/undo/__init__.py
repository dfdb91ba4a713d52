"""Undo a loaded lot: delete the cases for which no call was made, keep the rest."""
