"""Scheduled work on the queue as time passes, the settings that place it anew, and the release of calls of absent members."""
