"""Middleware around every request: client address, cookie, CSRF, request log, retry, database errors, denied access."""
