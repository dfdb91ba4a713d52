"""Sick notes: who may have one and for which days, issuing and cancelling them, and the two printed copies."""
