"""Processes that write into a store side by side, and may be killed while they do."""

import multiprocessing
import signal
from collections.abc import Callable, Sequence
from multiprocessing.connection import Connection
from typing import Any

from zhenbo.act.book import admit, flows
from zhenbo.core.errors import BookError, RecordError
from zhenbo.record import Store

BATCH = 7
"""Advances in one batch of `pour`, each of 1 minor unit."""

SPAWN = multiprocessing.get_context(
    "forkserver"
)  # forked from a clean process: ours has threads and connections
SPAWN.set_forkserver_preload(["zhenbo.act.book", "zhenbo.record"])


def pour(url: str, name: str, told: Connection) -> None:
    """Enter batches of advances without end; tell each one's name once it is acknowledged."""
    with Store.open(url, admit) as store:
        told.send("")
        for n in range(1_000_000):
            batch = [flows.advance(f"{name}/{n}/{i}", n, "b", "s", name, 1) for i in range(BATCH)]
            try:
                store.append([t.act() for t in batch])
            except RecordError:  # the fund is empty, or the server is gone
                return
            told.send(f"{name}/{n}")


def spend(url: str, name: str, times: int, told: Connection) -> None:
    """Try so many advances of 10, one by one; tell how many the book took."""
    with Store.open(url, admit) as store:
        told.send("")
        told.recv()
        taken = 0
        for n in range(times):
            try:
                taken += store.append([flows.advance(f"{name}/{n}", n, "b", "s", name, 10).act()])
            except BookError:
                continue
        told.send(taken)


class Writer:
    """A process that writes.

    Args:
        does: what it runs; gets the arguments and its end of a pipe.
        args: of it.
    """

    def __init__(self, does: Callable[..., None], *args: Any) -> None:
        self.ours, theirs = SPAWN.Pipe()
        self.process = SPAWN.Process(target=does, args=(*args, theirs), daemon=True)
        self.process.start()
        theirs.close()
        assert self.ours.poll(60), "the writer never began"
        self.ours.recv()

    def kill(self) -> Sequence[str]:
        """End it by SIGKILL, which no process can see coming; what it had been told was recorded."""
        self.process.kill()
        self.process.join(60)
        assert self.process.exitcode in {-signal.SIGKILL, 0}
        said = []
        try:
            while self.ours.poll(0):
                said.append(self.ours.recv())
        except (EOFError, OSError):  # its last word was cut short with it
            pass
        self.ours.close()
        return said

    def end(self) -> Any:
        """Wait for its result."""
        assert self.ours.poll(120), "the writer never ended"
        said = self.ours.recv()
        self.process.join(60)
        self.ours.close()
        return said
