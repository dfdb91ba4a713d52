"""The servers behind `tracing run` (all in one process), `tracing serve` (pages only) and `tracing scheduler`."""

import socket
import threading
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import structlog
import waitress
from flask import Flask
from gunicorn import systemd
from gunicorn.app.base import BaseApplication
from gunicorn.glogging import Logger

from tracing.app.middleware.whole_request import reading_whole_requests
from tracing.app.public_pages import PublicRuntime, create_public_app, sharing_port
from tracing.app.runtime import Runtime
from tracing.app.scheduler import make_scheduler
from tracing.kernel.config import CannotStart, Settings
from tracing.kernel.db import make_engine
from tracing.kernel.gc_control import freeze_loaded_objects
from tracing.public.services import Checks
from tracing.sickleave.models import NOTE_CHECK
from tracing.vault import services as vault

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

log = structlog.get_logger()

THREADS = 8
"""Pages answered at once where one process does everything."""
THREADS_OF_MANY = 3
"""Pages answered at once by each process where there are several: enough to use the time in which the database works.

With few threads, late requests wait for a thread instead of competing with all the others for the interpreter: at 83
next calls a second, the slowest hundredth took 32 to 54 ms instead of 48 to 120 (8 threads, measured in turns).
"""

CONNECTIONS = 800
"""Connections open at once where one process does everything: below the usual limit of 1,024 open files."""
SILENT_FOR = 15
"""Seconds after which a client that stops in the middle of a request is dropped; one waiting for its answer is not."""


def make_server(app: "WSGIApplication", *, host: str, port: int, silent_for: int = SILENT_FOR) -> Any:
    """Return a server for one process, listening.

    One thread reads requests and hands them over when complete: half a request occupies a connection, but no page.
    """
    return waitress.create_server(
        app,
        host=host,
        port=port,
        threads=THREADS,
        ident=None,
        connection_limit=CONNECTIONS,
        channel_timeout=silent_for,
        cleanup_interval=1,
        asyncore_use_poll=True,  # select() is limited to 1,024 files
        # the application reads forwarded headers itself, of the proxies that the settings name
        clear_untrusted_proxy_headers=False,
    )


FINISH_SECONDS = 30
"""Seconds that a page under way has to finish when the process is stopped; the unit's TimeoutStopSec must be longer."""


def all_in_one(runtime: Runtime, *, accounts: Sequence[str], say: Callable[[str], None]) -> None:
    """Serve the pages and run the scheduler until Ctrl-C or SIGTERM."""
    settings = runtime.settings
    try:
        server = make_server(with_public_pages(runtime), host=settings.host, port=settings.port)
    except (OSError, ValueError) as error:  # the server raises ValueError for a malformed address
        raise _taken(settings, error) from None
    warn_without_address(settings)
    freeze_loaded_objects()
    jobs = make_scheduler(settings)
    jobs.start()
    try:
        say("")
        for account in accounts:
            say(account)
        say(f"\nReady: http://{settings.host}:{settings.port}/   (Ctrl-C stops everything)")
        server.run()
    except KeyboardInterrupt:
        pass
    finally:
        jobs.shutdown(wait=True)
        server.close()
        say("Stopped.")


def with_public_pages(runtime: Runtime) -> "WSGIApplication":
    """Return the pages of the platform, and the public ones under their prefix if their role has an address."""
    app, url = runtime.make_app(), runtime.server.public_url
    if url is None:
        return app
    checks = Checks(make_engine(url), vault.keys().index_key(NOTE_CHECK))
    return sharing_port(app, create_public_app(runtime.settings, checks))


def warn_without_address(settings: Settings) -> None:
    """Log that links cannot be complete because the public address and the proxies are not set."""
    if settings.address is None:
        log.warning(
            "TRACING_PUBLIC_URL is not set: links of invitations are written without the platform's address"
        )


class GunicornLogger(Logger):  # type: ignore[misc]
    """Sends gunicorn's log through ours (kernel.logs): its own would write a failed request with its query string."""

    def setup(self, cfg: Any) -> None:
        """Leave handlers and levels as they are configured for the whole process."""
        self.error_log.handlers.clear()
        self.error_log.propagate = True
        self.access_log.handlers.clear()
        self.cfg, self.loglevel, self._access_log_enabled = cfg, self.error_log.getEffectiveLevel(), False

    def exception(self, msg: Any, *_args: Any, **options: Any) -> None:
        """Log where a request failed, without its address."""
        words = msg.replace(" %s", "") if isinstance(msg, str) else "error"
        self.error_log.exception(words, **options)

    def warning(self, msg: Any, *args: Any, **options: Any) -> None:
        """Log a warning, without the part of the request that could not be read."""
        if str(msg).startswith("Invalid request"):
            msg = str(msg).split(": ", maxsplit=1)[0]
        self.error_log.warning(msg, *args, **options)


def _taken(settings: Settings, error: OSError | ValueError) -> CannotStart:
    reason = getattr(error, "strerror", None) or error
    taken = f"{settings.host}:{settings.port} cannot be used ({reason})."
    return CannotStart(
        f"{taken} Stop what listens there, or choose another address: TRACING_HOST, TRACING_PORT"
    )


def check_address(settings: Settings) -> None:
    """Check that the address to listen on is free; a socket that systemd has opened for us is fine.

    Raises:
        CannotStart: it is in use. The server itself would retry for five seconds and fill a page of the log.
    """
    if systemd.listen_fds(unset_environment=False):
        return
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    try:
        with socket.create_server((settings.host, settings.port), family=family):
            pass
    except OSError as error:
        raise _taken(settings, error) from None


class GunicornServer(BaseApplication):  # type: ignore[misc]
    """gunicorn with our application, configured in code and not by files."""

    def __init__(self, make_app: Callable[[], Flask], options: dict[str, Any]) -> None:
        self._make_app = make_app
        self._options = options
        super().__init__()

    def load_config(self) -> None:
        """Hand over our options."""
        for name, value in self._options.items():
            self.cfg.set(name, value)

    def load(self) -> "WSGIApplication":
        """Build the application in each worker."""
        app = self._make_app()
        freeze_loaded_objects()
        return reading_whole_requests(app)


def pages_only(runtime: Runtime | PublicRuntime, *, workers: int) -> None:
    """Serve the pages with `workers` processes until a signal.

    Where systemd hands over a socket (tracing-serve.socket), gunicorn listens there and not on the address in the
    settings: requests that arrive while this process restarts wait in the socket's queue, and none is lost.
    """
    settings = runtime.settings
    check_address(settings)

    def in_worker(_server: Any, _worker: Any) -> None:
        # connections of the parent must not be shared by its children
        for engine in runtime.engines:
            engine.dispose(close=False)

    if isinstance(runtime, Runtime):
        warn_without_address(settings)
    for engine in runtime.engines:
        engine.dispose()
    options = {
        "bind": f"{settings.host}:{settings.port}",
        "workers": workers,
        "threads": THREADS_OF_MANY,
        "worker_class": "gthread",
        "post_fork": in_worker,
        "when_ready": lambda server: log.info("pages served", at=", ".join(map(str, server.LISTENERS))),
        "timeout": 120,
        "graceful_timeout": FINISH_SECONDS,
        # longer than a proxy keeps one open (nginx: 60 s), else it could send on a connection that we just closed
        "keepalive": 75,
        "errorlog": "-",
        "accesslog": None,
        "loglevel": settings.log_level,
        "logger_class": GunicornLogger,
        "worker_tmp_dir": str(settings.data_dir),
        "control_socket_disable": True,
        # the application reads forwarded headers itself, of the proxies that the settings name
        "forwarded_allow_ips": "",
        "secure_scheme_headers": {},
        "forwarder_headers": "",
    }
    GunicornServer(runtime.make_app, options).run()


def scheduler_only(runtime: Runtime, *, say: Callable[[str], None]) -> None:
    """Run the scheduler until Ctrl-C or SIGTERM."""
    jobs = make_scheduler(runtime.settings)
    jobs.start()
    say("The scheduler is running. Ctrl-C stops it.")
    try:
        threading.Event().wait()
    except KeyboardInterrupt:
        pass
    finally:
        jobs.shutdown(wait=True)
        say("Stopped.")
