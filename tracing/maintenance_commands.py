"""Maintenance commands of `tracing`: downgrade to an earlier release, backup, restore."""

from pathlib import Path

import click

from tracing.kernel.config import Settings


@click.command(context_settings={"ignore_unknown_options": True})
@click.argument("revision", default="-1")
@click.option("--store", type=click.Choice(["main", "keys"]), default="main", show_default=True)
@click.option("--yes", is_flag=True, help="Do not ask.")
def downgrade(revision: str, store: str, *, yes: bool) -> None:
    """Revert migrations down to REVISION (default: -1, the last one only), to run an earlier release again.

    Run it with the release that migrated, after a backup and with every host stopped: the data in the tables and
    columns of these migrations is lost. It needs the database addresses of the owner role.
    """
    from tracing.kernel.postgres import migrate
    from tracing.kernel.postgres.embedded import ensure_server

    server = ensure_server(Settings.from_env())
    try:
        chosen = migrate.STORES[store]
        url = server.owner_url if store == "main" else server.keys_owner_url
        target, back = migrate.steps_back(chosen, url, revision)
        click.echo(f"Migrations of the {chosen.name} that will be taken back, with what only they hold:")
        for step in back:
            click.echo(f"  {step}")
        if not yes:
            click.confirm("Is there a backup, and shall they be taken back?", abort=True)
        migrate.move(chosen, url, target)
        click.echo("Done. Start the earlier release: this one would migrate again.")
    finally:
        server.stop()


@click.command()
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@click.option(
    "--key-to",
    type=click.Path(file_okay=False, path_type=Path),
    help="Also copy the master key, to a folder that is kept apart from FOLDER.",
)
def backup(folder: Path, key_to: Path | None) -> None:
    """Save both databases in a new FOLDER; pages may be served meanwhile."""
    from tracing.app import backup as backups
    from tracing.app.runtime import master_key_path
    from tracing.kernel import clock

    settings = Settings.from_env()
    backups.back_up(settings, folder, key_to=key_to, at=clock.now())
    click.echo(f"Saved in {folder}: {backups.MAIN_DUMP}, {backups.KEYS_DUMP}.")
    if key_to is None:
        click.echo(
            f"They are worth nothing without {master_key_path(settings)}: keep a copy of it elsewhere."
        )


@click.command()
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option(
    "--key",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The master key that goes with the backup, unless it lies in the data folder.",
)
def restore(folder: Path, key: Path | None) -> None:
    """Fill empty databases from the backup in FOLDER."""
    from tracing.app import backup as backups

    backups.restore(Settings.from_env(), folder, key=key)
    click.echo("Restored. Start the platform: everybody logs in again.")
