"""Draft the next migration from the models: `make migration words="say when a claim was taken"`."""

import subprocess
import sys

from tracing.kernel.config import Settings
from tracing.kernel.postgres import migrate
from tracing.kernel.postgres.embedded import ensure_server


def main(words: str, store: str = "main") -> None:
    """Migrate the databases to the newest revision, then write the difference from the models to a new file."""
    server = ensure_server(Settings.from_env())
    try:
        migrate.upgrade(server.owner_url, server.keys_owner_url)
        if store == "keys":
            path = migrate.draft(migrate.KEYS, server.keys_owner_url, words)
        else:
            path = migrate.draft(migrate.MAIN, server.owner_url, words)
    finally:
        server.stop()
    subprocess.run([sys.executable, "-m", "ruff", "check", "--fix", "--quiet", path], check=False)
    subprocess.run([sys.executable, "-m", "ruff", "format", "--quiet", path], check=True)
    sys.stdout.write(f"{path}\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
