"""Log-in: staff sessions, and the cookie of known browsers."""
