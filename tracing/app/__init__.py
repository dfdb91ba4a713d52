"""The application: the list of features, start-up, serving, the scheduler and the middleware around every request."""

from tracing.app.factory import create_app

__all__ = ["create_app"]
