"""The record: acts and the book they add up to, in memory, in SQLite and in PostgreSQL."""

from zhenbo.record.engine import migrate
from zhenbo.record.memory import Memory
from zhenbo.record.store import Store
from zhenbo.record.verify import Finding

__all__ = ["Finding", "Memory", "Store", "migrate"]
