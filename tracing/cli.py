"""The `tracing` command and its subcommands. Each works on a fresh data directory: it starts what it needs."""

import json
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any

import click

from tracing import maintenance_commands
from tracing.kernel.config import Settings
from tracing.programmes.cli import programmes

if TYPE_CHECKING:
    from tracing.app.runtime import Runtime


class Commands(click.Group):
    """A group of commands that end with one sentence and an exit status when they cannot go on."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command; an unexpected error is reported in a sentence, never as a traceback."""
        try:
            return super().invoke(ctx)
        except (click.ClickException, click.exceptions.Exit, click.Abort, BrokenPipeError):
            raise
        except Exception as error:  # noqa: BLE001 - the one place where whatever went wrong is told
            from tracing.app.command_errors import explain

            failure = explain(error)
            click.echo(failure.sentence, err=True)
            sys.exit(failure.status)


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """Trace an epidemic by telephone.

    Everything is kept under TRACING_DATA_DIR (default: var). The settings are in docs/settings.md.

    Exit status: 0 done, 1 cannot start or refused, 2 wrong usage or input, 69 the database does not answer, 70 a fault
    of this program, 74 a file or folder cannot be used (a full disk).
    """


@main.command()
def run() -> None:
    """Run everything in one process: database, pages and scheduler.

    An empty database is filled with demo data first (TRACING_DEMO=off: it is not). Ctrl-C stops it all.
    """
    from tracing.app import serving
    from tracing.app.runtime import running

    settings = Settings.from_env()
    if settings.inbox is None:
        settings = replace(settings, inbox=settings.data_dir / "inbox")
    stop_on_signals()
    with running(settings) as runtime:
        accounts = prepare_demo(runtime)
        serving.all_in_one(runtime, accounts=accounts, say=click.echo)


def stop_on_signals() -> None:
    """Let SIGTERM stop the process as Ctrl-C does."""

    def stop(_number: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, stop)


def prepare_demo(runtime: "Runtime") -> list[str]:
    """Load demo data into an empty database, unless the settings say no; returns the demo accounts."""
    from tracing import demo

    if runtime.settings.demo == "off":
        return []
    if demo.is_wanted():
        click.echo("Empty database: loading the demo (about 300 invented people, through the import) …")
        demo.load(runtime.settings)
    return accept_demo_numbers(runtime)


@contextmanager
def opened(settings: Settings | None = None) -> Iterator["Runtime"]:
    """Start a process with the settings that its data folder asks for, as all commands that read files or pages do."""
    from tracing.app.runtime import running

    with running(settings or Settings.from_env()) as runtime:
        accept_demo_numbers(runtime)
        yield runtime


def accept_demo_numbers(runtime: "Runtime") -> list[str]:
    """Return the demo accounts; if there are any, accept telephone numbers reserved for fiction.

    The demo's people have such numbers, and so will the contacts they name.
    """
    from tracing import demo

    accounts = demo.accounts(runtime.settings)
    if accounts:
        runtime.settings = replace(runtime.settings, fiction_numbers=True)
    return accounts


@main.command()
@click.option("--workers", default=2, show_default=True, help="Processes that answer pages.")
@click.option(
    "--public", is_flag=True, help="Serve the public pages only, as a role that can do nothing else."
)
def serve(workers: int, public: bool) -> None:  # noqa: FBT001 - click passes a flag
    """Serve the pages only, with several processes (gunicorn). Run `tracing scheduler` beside it."""
    from tracing.app import public_pages, serving

    if public:
        with public_pages.running(Settings.from_env()) as of_the_public:
            serving.pages_only(of_the_public, workers=workers)
        return
    with opened() as runtime:
        serving.pages_only(runtime, workers=workers)


@main.command()
def scheduler() -> None:
    """Run the scheduler only. A second one does no harm: every run is taken once."""
    from tracing.app import serving

    settings = Settings.from_env()
    stop_on_signals()
    with opened(settings) as runtime:
        serving.scheduler_only(runtime, say=click.echo)


@main.group()
def db() -> None:
    """The database's structure."""


@db.command()
def upgrade() -> None:
    """Migrate both databases to the newest structure, and make the keys and secrets that hosts share."""
    from tracing.app.runtime import running
    from tracing.kernel.secrets import flask_secret_key

    with running(Settings.from_env()) as runtime:
        flask_secret_key(runtime.settings.data_dir)
        click.echo("The databases are up to date.")


@db.command()
def check() -> None:
    """Say whether the models and the migrations agree; exit 1 when they do not."""
    from tracing.app.runtime import running
    from tracing.kernel.postgres import migrate

    with running(Settings.from_env()) as runtime:
        migrate.check(runtime.server.owner_url, runtime.server.keys_owner_url)
        click.echo("Models and migrations agree.")


@main.group()
def keys() -> None:
    """The master key and the key store."""


@keys.command("check")
@click.option("--json", "as_json", is_flag=True, help="Print the report as one JSON object.")
def check_keys(as_json: bool) -> None:  # noqa: FBT001 - click passes a flag
    """Say whether the keys belong to the data; exit 1 when they do not. Nothing is written.

    For each day, one row of each table is decrypted. This works even where the other commands refuse to start.
    """
    from tracing.app.runtime import check_keys as report_on_keys
    from tracing.vault.opening import in_words

    report = report_on_keys(Settings.from_env())
    if as_json:
        click.echo(json.dumps(report))
    else:
        for line in in_words(report):
            click.echo(line)
    sys.exit(0 if report["ok"] else 1)


@main.group()
def imports() -> None:
    """Lots of laboratory results."""


@imports.command("load")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--source", required=True, help="Code of the laboratory or portal that sent it; made if unknown."
)
@click.option(
    "--key-file", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="Private key (PEM)."
)
@click.option(
    "--cert-file", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="Its certificate (PEM)."
)
@click.option(
    "--password-file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A password, or lines of `file name  password`.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the report as one JSON object.")
@click.option("--lines", is_flag=True, help="Also say what became of each line, by result id.")
@click.option("--plan", is_flag=True, help="Only say what loading it would bring; nothing is written.")
def load(  # noqa: PLR0917 - click passes by name
    file: Path,
    source: str,
    key_file: Path | None,
    cert_file: Path | None,
    password_file: Path | None,
    as_json: bool,  # noqa: FBT001 - click passes a flag
    lines: bool,  # noqa: FBT001 - click passes a flag
    plan: bool,  # noqa: FBT001 - click passes a flag
) -> None:
    """Load an encrypted FILE of positive results.

    Exit status 0 when the lot was loaded, whatever its lines; 2 when the file as a whole is refused; 1 when
    another lot is being loaded.
    """
    from tracing.imports import cli as commands
    from tracing.imports.errors import AnotherLotIsLoading, FileRefused

    with opened() as runtime:
        try:
            report = commands.load(
                file,
                source=source,
                key_file=key_file,
                cert_file=cert_file,
                password_file=password_file,
                with_lines=lines,
                plan_only=plan,
                settings=runtime.settings,
                screen=sys.stderr,
            )
        except (FileRefused, AnotherLotIsLoading) as refusal:
            click.echo(refusal.message, err=True)
            sys.exit(2 if isinstance(refusal, FileRefused) else 1)
    if as_json:
        click.echo(json.dumps(report, ensure_ascii=False))
    else:
        for line in commands.in_words(report):
            click.echo(line)


@imports.command("fetch")
def fetch() -> None:
    """Empty the watched folder: receive its files, load lots of trusted sources, make a plan for the others."""
    from tracing.imports import cli as commands

    settings = Settings.from_env()
    if settings.inbox is None:
        settings = replace(settings, inbox=settings.data_dir / "inbox")
    with opened(settings) as runtime:
        for line in commands.fetch(runtime.settings):
            click.echo(line)


@imports.command("listen-mllp")
@click.option("--source", required=True, help="Code of the laboratory whose messages come this way.")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=2575, show_default=True, type=click.IntRange(0, 65535), help="0: a free one.")
def listen_mllp(source: str, host: str, port: int) -> None:
    """Receive HL7 messages by MLLP until Ctrl-C or SIGTERM, each acknowledged once it is stored.

    MLLP itself protects nothing: put a TLS tunnel in front (docs/how-to/receive-over-the-network.md). The scheduler,
    or `tracing run`, makes lots of the messages.
    """
    from tracing.imports.arrivals import mllp_cli as commands
    from tracing.imports.sources.errors import NoSuchSource

    stop_on_signals()
    with opened() as runtime:
        try:
            commands.listen(source, host=host, port=port, settings=runtime.settings, say=click.echo)
        except NoSuchSource as refusal:
            click.echo(refusal.message, err=True)
            sys.exit(2)


@main.group()
def site() -> None:
    """Sites."""


@site.command("paper")
@click.argument("code")
@click.option("--fund-name", required=True, help="The fund that pays, as an employer reads it.")
@click.option("--fund-address", default="", help="Its address; lines separated by newlines.")
@click.option(
    "--fund-number", default="", help="Its line for employers, in E.164; never that of the tracers."
)
@click.option("--signatory", default="", help="Who signs, with their office.")
def paper(code: str, fund_name: str, fund_address: str, fund_number: str, signatory: str) -> None:
    """Set who pays and who signs on the employer's copy of a site's sick notes."""
    from tracing.app.runtime import running
    from tracing.staff import cli as commands

    with running(Settings.from_env()):
        try:
            commands.set_paper(
                code,
                fund_name=fund_name,
                fund_address=fund_address,
                fund_number=fund_number,
                signatory=signatory,
            )
        except ValueError as error:
            raise click.ClickException(str(error)) from None
    click.echo(f"Notes issued at {code} from now on bear {fund_name}.")


@site.command("renew-key")
@click.argument("code")
def renew_key(code: str) -> None:
    """Make a new key that signs a site's sick notes, and print its certificate (PEM)."""
    from tracing.app.runtime import running
    from tracing.sickleave.signing import cli as commands

    with running(Settings.from_env()):
        try:
            click.echo(commands.renew(code), nl=False)
        except ValueError as error:
            raise click.ClickException(str(error)) from None


@main.group()
def staff() -> None:
    """Accounts of members of staff."""


@staff.command("add")
@click.argument("login")
@click.option("--name", required=True, help="As they introduce themselves on the telephone.")
@click.option(
    "--site", "site_code", required=True, help="Code of the site; made (with --site-name) if unknown."
)
@click.option("--site-name", help="Name of a site to open.")
@click.option(
    "--role",
    "roles",
    multiple=True,
    required=True,
    help="tracer, medical_adviser, referent, supervisor, import_officer, auditor, administrator; may be repeated.",
)
@click.option("--contract-ends", type=click.DateTime(["%Y-%m-%d"]), help="Last day of a short contract.")
@click.option(
    "--national",
    "is_national",
    is_flag=True,
    help="As an import officer: sees the lots of every live site, and those of none.",
)
def add(  # noqa: PLR0917 - click passes by name
    login: str,
    name: str,
    site_code: str,
    site_name: str | None,
    roles: tuple[str, ...],
    contract_ends: datetime | None,
    is_national: bool,  # noqa: FBT001 - click passes a flag
) -> None:
    """Open an account and print its first password, once."""
    from tracing.app.runtime import running
    from tracing.kernel.errors import Refused
    from tracing.staff import cli as commands

    with running(Settings.from_env()) as runtime:
        try:
            password = commands.add(
                login,
                name=name,
                site_code=site_code,
                site_name=site_name,
                roles=roles,
                contract_ends_on=date(contract_ends.year, contract_ends.month, contract_ends.day)
                if contract_ends
                else None,
                is_national=is_national,
                programme=runtime.settings.programme,
                time_zone=runtime.settings.time_zone,
            )
        except (Refused, ValueError) as refusal:
            click.echo(str(refusal), err=True)
            sys.exit(2)
    click.echo(f"{login} can log in with this first password, shown once: {password}")


@staff.command("grant")
@click.argument("login")
@click.option("--site", "site_code", required=True, help="Code of the site.")
@click.option("--role", "roles", multiple=True, help="A role to add, as in `staff add`; may be repeated.")
@click.option(
    "--national",
    "is_national",
    is_flag=True,
    help="Import officer of every live site: alone on the host, by two administrators in the pages.",
)
def grant(
    login: str,
    site_code: str,
    roles: tuple[str, ...],
    is_national: bool,  # noqa: FBT001 - click passes a flag
) -> None:
    """Give an account more roles at a site."""
    from tracing.app.runtime import running
    from tracing.kernel.errors import Refused
    from tracing.staff import cli as commands

    with running(Settings.from_env()):
        try:
            commands.grant(login, site_code=site_code, roles=roles, is_national=is_national)
        except (Refused, ValueError) as refusal:
            click.echo(str(refusal), err=True)
            sys.exit(2)
    click.echo(f"{login} has these roles at {site_code}.")


@staff.command("allow")
@click.argument("login")
@click.option("--address", help="Also lift the delay of this address, from which many accounts failed.")
def allow(login: str, address: str | None) -> None:
    """Let LOGIN try to log in now: earlier wrong passwords no longer cause a delay."""
    from tracing.app.runtime import running
    from tracing.kernel.errors import Refused
    from tracing.staff import cli as commands

    with running(Settings.from_env()):
        try:
            commands.allow(login, address=address)
        except Refused as refusal:
            click.echo(str(refusal), err=True)
            sys.exit(2)
    click.echo(f"{login} can try to log in now.")


@main.command()
def demo() -> None:
    """Load the demo data into an empty database and print the demo accounts."""
    from tracing import demo as demonstration
    from tracing.app.runtime import running

    with running(Settings.from_env()) as runtime:
        if demonstration.is_wanted():
            demonstration.load(runtime.settings)
        else:
            click.echo("The database is not empty: nothing was loaded.")
        for account in demonstration.accounts(runtime.settings):
            click.echo(account)


db.add_command(maintenance_commands.downgrade)
main.add_command(maintenance_commands.backup)
main.add_command(maintenance_commands.restore)
main.add_command(programmes)


if __name__ == "__main__":
    main()
