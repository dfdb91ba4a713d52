"""Where the migrations of the key store meet its tables."""

from tracing.kernel.postgres.migrate import run_in_environment
from tracing.vault.models import KeyBase

run_in_environment(KeyBase.metadata)
