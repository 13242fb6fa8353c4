"""The stores that every test of the record is run on."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from servers import PostgreSQL, postgresql
from zhenbo.act.book import admit
from zhenbo.record import Memory, Store

SERVED = pytest.param("postgresql", marks=pytest.mark.slow)


@pytest.fixture(scope="session")
def server() -> Iterator[PostgreSQL]:
    """A PostgreSQL of this session's own."""
    with postgresql() as running:
        yield running


@pytest.fixture(params=["sqlite", SERVED])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A store that keeps what it is given, not made yet."""
    if request.param == "sqlite":
        return str(tmp_path / "record.db")
    server: PostgreSQL = request.getfixturevalue("server")
    return server.database()


@pytest.fixture(params=["memory", "sqlite", SERVED])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Memory | Store]:
    """An empty store of each kind."""
    if request.param == "memory":
        yield Memory(admit)
        return
    place = str(tmp_path / "record.db")
    if request.param == "postgresql":
        place = request.getfixturevalue("server").database()
    with Store.open(place, admit) as opened:
        yield opened


@pytest.fixture
def opened(url: str) -> Iterator[Callable[[], Store]]:
    """Opens the store of `url`, as often as asked."""
    stores: list[Store] = []

    def door() -> Store:
        stores.append(Store.open(url, admit))
        return stores[-1]

    yield door
    for each in stores:
        each.close()
