"""Scheduled work on the queue as time passes, a site's queue settings, and the release of calls of absent members."""
