"""Where the record is kept, opened under the law of the book and of cases: the one door for every command that acts."""

from pathlib import Path

from zhenbo.act.governance.law import admit
from zhenbo.intake.identity import key_path
from zhenbo.record import Memory, Store, migrate


def store_path() -> Path:
    """The user's own store: `record.db`, beside the key."""
    return key_path().with_name("record.db")


def opened(url: str | None = None, *, create: bool = True) -> Store:
    """The store that `--store` names, the user's own by default; close it, or use it as a context.

    Args:
        url: file name, `sqlite:///path` or `postgresql://…`.
        create: whether it may be made; commands that only read say False.

    Raises:
        RecordError: when it cannot be opened, is not there, or was written by a later version.
    """
    return Store.open(url or str(store_path()), admit, create=create)


def migrated(url: str | None = None) -> tuple[str | None, str, str]:
    """Bring a store's tables up to date, making them where there are none.

    Returns:
        The revision before (None without tables), the one now, and the store's name without a password.

    Raises:
        RecordError: as `opened`.
    """
    return migrate(url or str(store_path()))


def in_memory() -> Memory:
    """A record that is gone with the process, under the same law."""
    return Memory(admit)
