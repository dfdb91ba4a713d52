"""Notices: what changes, from when and for whom, read by everybody who calls before their next call."""
