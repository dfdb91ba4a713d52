"""Alembic environment of the key store: connects its migrations with its models."""

from tracing.kernel.postgres.migrate import run_in_environment
from tracing.vault.models import KeyBase

run_in_environment(KeyBase.metadata)
