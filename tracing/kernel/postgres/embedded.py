"""Provide a database server: the external one in the settings, or the embedded one while a process needs it."""

import os
from dataclasses import dataclass, field

from tracing.kernel.config import CannotStart, Settings
from tracing.kernel.postgres import roles
from tracing.kernel.postgres.cluster import Cluster


@dataclass
class Server:
    """A running server and the URLs of its two databases. Call `stop` when the process ends."""

    owner_url: str = field(repr=False)
    app_url: str = field(repr=False)
    keys_owner_url: str = field(repr=False)
    keys_app_url: str = field(repr=False)
    public_url: str | None = field(default=None, repr=False)
    """The main database for the role of the public pages; None: no address was given for it."""
    _cluster: Cluster | None = field(default=None, repr=False)
    _share: int | None = field(default=None, repr=False)
    _process: int = field(default_factory=os.getpid, repr=False)

    def stop(self) -> None:
        """Release the server and stop it if no other process uses it. Safe to call twice, or in a fork."""
        if self._cluster is None or self._share is None or os.getpid() != self._process:
            return
        share, self._share = self._share, None
        with self._cluster.exclusively():
            self._cluster.leave(share)

    def add_database(self, name: str) -> tuple[str, str]:
        """Create one more database (for a test run) and return its URLs for the owner and the application."""
        if self._cluster is None:
            raise CannotStart("Only the embedded server makes databases.")
        self._cluster.prepare_databases(name)
        return self._cluster.url(roles.OWNER, name), self._cluster.url(roles.APPLICATION, name)


def ensure_server(settings: Settings, *, durable: bool = True) -> Server:
    """Return a server that answers, with its roles and databases: the one in the settings, or the embedded one.

    The embedded one is created at the first call, started if it is down, and adopted if it is already running.
    """
    if settings.database_url is not None:
        return _external(settings)
    try:
        return _shared(settings, durable=durable)
    except PermissionError as refused:
        raise CannotStart(
            f"This user may not use {refused.filename}. Start as the user who owns {settings.data_dir}, "
            + "or set TRACING_DATA_DIR."
        ) from refused


def _shared(settings: Settings, *, durable: bool) -> Server:
    settings.data_dir.mkdir(mode=0o755, parents=True, exist_ok=True)
    cluster = Cluster(settings.data_dir, durable=durable)
    with cluster.exclusively():
        share = cluster.join()
        try:
            cluster.start()
            cluster.prepare_roles()
            cluster.prepare_databases(roles.MAIN_DATABASE, roles.KEYS_DATABASE)
        except BaseException:
            cluster.leave(share)
            raise
    return Server(
        owner_url=cluster.url(roles.OWNER, roles.MAIN_DATABASE),
        app_url=cluster.url(roles.APPLICATION, roles.MAIN_DATABASE),
        keys_owner_url=cluster.url(roles.OWNER, roles.KEYS_DATABASE),
        keys_app_url=cluster.url(roles.APPLICATION, roles.KEYS_DATABASE),
        public_url=cluster.url(roles.PUBLIC_PAGES, roles.MAIN_DATABASE),
        _cluster=cluster,
        _share=share,
    )


def _external(settings: Settings) -> Server:
    app_url, keys_url = settings.database_url or "", settings.keys_url or ""
    return Server(
        owner_url=settings.owner_database_url or app_url,
        app_url=app_url,
        keys_owner_url=settings.owner_keys_url or keys_url,
        keys_app_url=keys_url,
        public_url=settings.public_database_url,
    )
