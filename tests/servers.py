"""A real PostgreSQL of the tests' own: started from Debian's packages by an unprivileged user, gone with the tests."""

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import psycopg
import pytest

BINARIES = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda p: int(p.parent.name))
ABSENT = "no PostgreSQL server here: apt-get install postgresql"


class PostgreSQL:
    """A cluster in a folder of its own, reached through a socket in it.

    Args:
        folder: where it lives.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._names = count()
        self.run("initdb", "-D", folder / "data", "-U", "tester", "-A", "trust", "--no-sync")

    def run(self, tool: str, *args: object) -> None:
        """A tool of PostgreSQL, never as root, which it refuses."""
        who = {}
        if os.geteuid() == 0:
            nobody = pwd.getpwnam("nobody")
            who = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
        command = [BINARIES[-1] / tool, *map(str, args)]
        done = subprocess.run(command, cwd=self.folder, capture_output=True, text=True, check=False, **who)
        assert done.returncode == 0, f"{tool}: {done.stdout[-500:]} {done.stderr[-500:]}"

    def start(self) -> None:
        """Start, and wait until it answers."""
        options = f"-k {self.folder} -c listen_addresses='' -c max_connections=40"
        self.run(
            "pg_ctl", "-D", self.folder / "data", "-w", "-l", self.folder / "log", "-o", options, "start"
        )

    def stop(self, mode: str = "fast") -> None:
        """Stop; `immediate` is a crash: nothing is flushed, the next start recovers from the log."""
        self.run("pg_ctl", "-D", self.folder / "data", "-w", "-m", mode, "stop")

    def database(self) -> str:
        """The URL of a new, empty database."""
        name = f"t{next(self._names)}"
        with psycopg.connect(
            host=str(self.folder), user="tester", dbname="postgres", autocommit=True
        ) as connection:
            connection.execute(f"CREATE DATABASE {name}")
        return f"postgresql://tester@/{name}?host={self.folder}"


@contextmanager
def postgresql() -> Iterator[PostgreSQL]:
    """A running cluster; the test is skipped where there are no packages to start it from."""
    if not BINARIES:
        pytest.skip(ABSENT)
    folder = Path(
        tempfile.mkdtemp(prefix="zhenbo-pg-", dir="/tmp")
    )  # short: a socket's path has 107 bytes at most
    try:
        if os.geteuid() == 0:
            shutil.chown(folder, "nobody")
        server = PostgreSQL(folder)
        server.start()
        try:
            yield server
        finally:
            server.stop("immediate")
    finally:
        shutil.rmtree(folder, ignore_errors=True)
