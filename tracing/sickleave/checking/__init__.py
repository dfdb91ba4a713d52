"""Checking a note by what is printed on it: by the site’s staff on the telephone; the public pages do the same."""
