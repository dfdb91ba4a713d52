"""Where the migrations of the main database meet its tables."""

from tracing.kernel.db import Base
from tracing.kernel.postgres.migrate import import_models, run_in_environment

import_models()
run_in_environment(Base.metadata)
