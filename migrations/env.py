"""Alembic environment of the main database: connects its migrations with its models."""

from tracing.kernel.db import Base
from tracing.kernel.postgres.migrate import import_models, run_in_environment

import_models()
run_in_environment(Base.metadata)
