"""What runs around every request: address, CSRF, access log, retries, database errors."""
