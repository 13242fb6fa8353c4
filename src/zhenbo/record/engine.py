"""Opening a database: which one is meant, how it must behave, its tables brought up to date.

What is appended has reached the disk when `append` returns, and writers stand in line: SQLite by `BEGIN IMMEDIATE` with a
write-ahead log synced at every commit; PostgreSQL by a lock on the acts, which also stops writers that are not ours, with
commits awaited (`synchronous_commit`). Readers never wait.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import URL, Connection, Engine
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError, SQLAlchemyError

from zhenbo.core.errors import RecordError
from zhenbo.record.tables import REVISION

PATIENCE = 60
"""Seconds that a writer stands in line before it gives up."""
_LOCK = 7_265_823_441
"""PostgreSQL's advisory lock under which tables are made; any number, but always this one."""
_LIKE = "Write a file name (book.db), sqlite:///path or postgresql://user@host/database."


def engine(url: str, *, create: bool = True) -> Engine:
    """An engine for a store, its tables up to date.

    Args:
        url: file name, `sqlite:///path` or `postgresql://…`.
        create: whether a file that is not there may be made.

    Raises:
        RecordError: when the store cannot be opened, is no store, or was written by a later version.
    """
    made = _unready(url, create=create)
    try:
        _ready(made)
    except BaseException:
        made.dispose()
        raise
    return made


def migrate(url: str) -> tuple[str | None, str, str]:
    """Bring a store's tables up to date, making them where there are none.

    Returns:
        The revision before (None without tables), the one now, the store's name without its password.

    Raises:
        RecordError: as `engine`.
    """
    made = _unready(url, create=True)
    try:
        return _ready(made), REVISION, shown(made)
    finally:
        made.dispose()


def _unready(url: str, *, create: bool) -> Engine:
    place = located(url)
    return _sqlite(place, create) if place.get_backend_name() == "sqlite" else _postgresql(place)


def located(url: str) -> URL:
    """What a store's name means.

    Raises:
        RecordError: when it is no name of a store.
    """
    try:
        place = sa.make_url(url if "://" in url else f"sqlite:///{Path(url).expanduser()}")
    except (ArgumentError, ValueError) as error:
        raise RecordError(f"--store {url[:200]!r} is no store. {_LIKE}") from error
    backend = place.drivername.partition("+")[0]
    if backend in {"postgres", "postgresql"}:
        return place.set(drivername="postgresql+psycopg")
    if backend != "sqlite" or not place.database or place.database == ":memory:":
        raise RecordError(f"--store {place.render_as_string(hide_password=True)[:200]} is no store that keeps anything. {_LIKE}")  # fmt: skip
    return place


def shown(engine: Engine) -> str:
    """The store's name without its password."""
    return engine.url.render_as_string(hide_password=True)


def _sqlite(place: URL, create: bool) -> Engine:
    path = Path(place.database or "")
    if not path.exists():
        if not create:
            raise RecordError(
                f"There is no store {path}. `zhenbo book post` makes one; --store names another."
            )
        _touch(path)
    made = sa.create_engine(place, connect_args={"timeout": PATIENCE})

    @sa.event.listens_for(made, "connect")
    def _(connection: Any, _: Any) -> None:
        # we say BEGIN ourselves: the driver's own never takes the lock at once
        connection.isolation_level = None
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "cache_size=-65536"):
            connection.execute(f"PRAGMA {pragma}")

    @sa.event.listens_for(made, "begin")
    def _(connection: Connection) -> None:
        writing = connection.get_execution_options().get("writing", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")

    return made


def _touch(path: Path) -> None:
    """An empty file that its owner alone can read."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600))
    except OSError as error:
        raise RecordError(f"The store {path} cannot be made ({error}). Name another with --store.") from error


def _postgresql(place: URL) -> Engine:
    try:
        return sa.create_engine(
            place, isolation_level="READ COMMITTED", pool_pre_ping=True,
            connect_args={"options": f"-c synchronous_commit=on -c lock_timeout={PATIENCE * 1000}", "connect_timeout": 10},
        )  # fmt: skip
    except (ModuleNotFoundError, NoSuchModuleError) as error:
        raise RecordError("PostgreSQL needs its driver. Install it: pip install 'zhenbo[store]'.") from error


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """A transaction in which nobody else writes.

    Raises:
        RecordError: when the store does not answer, or its line does not move.
    """
    with told(engine), engine.connect().execution_options(writing=True) as connection, connection.begin():
        if engine.dialect.name == "postgresql":
            # first of all: each later statement then sees what was committed before the lock
            connection.exec_driver_sql("LOCK TABLE acts IN EXCLUSIVE MODE")
        yield connection


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """A transaction that sees one moment of the store, whatever is written meanwhile."""
    with told(engine), engine.connect() as plain:
        level = {"isolation_level": "REPEATABLE READ"} if engine.dialect.name == "postgresql" else {}
        connection = plain.execution_options(**level)
        with connection.begin():
            yield connection


@contextmanager
def told(engine: Engine) -> Iterator[None]:
    """Failures of the database in words.

    Raises:
        RecordError: instead of the driver's error.
    """
    try:
        yield
    except DBAPIError as error:
        said = " ".join(str(error.orig).split())[:300]
        after = "Whether this step was recorded is not known: do it again; what is there already is passed over." if error.connection_invalidated else "Nothing of this step was recorded."  # fmt: skip
        raise RecordError(f"The store {shown(engine)} refused: {said}. {after}") from error
    except SQLAlchemyError as error:
        raise RecordError(f"The store {shown(engine)} cannot be used: {' '.join(str(error).split())[:300]}.") from error  # fmt: skip


def _ready(engine: Engine) -> str | None:
    """Bring the tables up to date; the revision they had before, None where there were none."""
    with reading(engine) as connection:
        before = _revision(connection)
    if before == REVISION:
        return before
    with told(engine), engine.connect().execution_options(writing=True) as connection, connection.begin():
        if engine.dialect.name == "postgresql":
            connection.execute(sa.text("SELECT pg_advisory_xact_lock(:n)"), {"n": _LOCK})
        if _revision(connection) != REVISION:  # another process may have been first
            _upgrade(connection)
    return before


def _revision(connection: Connection) -> str | None:
    if not sa.inspect(connection).has_table("alembic_version"):
        return None
    found: str | None = connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalar()
    return found


def _upgrade(connection: Connection) -> None:
    from alembic import command
    from alembic.config import Config
    from alembic.util import CommandError

    config = Config()
    config.set_main_option("script_location", "zhenbo.record:migrations")
    config.attributes["connection"] = connection
    try:
        command.upgrade(config, "head")
    except CommandError as error:
        raise RecordError(f"The store {shown(connection.engine)} was written by a later zhenbo ({error}). Update zhenbo; the store was not touched.") from error  # fmt: skip
