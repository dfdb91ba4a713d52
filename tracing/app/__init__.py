"""Builds the Flask application: the only list of features."""

from tracing.app.factory import create_app

__all__ = ["create_app"]
