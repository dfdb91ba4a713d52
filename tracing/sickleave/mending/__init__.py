"""Mending a note that was issued: prolonged, replaced, cancelled, left as it is, countersigned; the person is told."""
