"""Tasks over several processes: each is done once, remembers its answer beside its work, and is not done again."""

import errno
import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from multiprocessing.connection import wait as wait_for
from pathlib import Path

import pyarrow as pa

from zhenbo.core.errors import ZhenboError
from zhenbo.engines.embedded.spill import write_whole


@dataclass(frozen=True)
class Progress:
    """How far a stage is.

    Args:
        what: being done.
        done: weight of the tasks done.
        total: weight of all.
        made: what the tasks done say they made, summed (subjects audited, rows).
    """

    what: str
    done: int
    total: int
    made: int


@dataclass(frozen=True)
class Task:
    """One piece of work that can be done anywhere.

    Args:
        name: of its mark, unique in its folder.
        work: gives the answer to remember; travels to another process.
        weight: share of the progress.
    """

    name: str
    work: Callable[[], bytes]
    weight: int = 1


@dataclass
class Runner:
    """Runs tasks in `jobs` processes, or in this one when it is one.

    Args:
        jobs: processes.
        report: called with the progress.
    """

    jobs: int
    report: Callable[[Progress], None] = lambda _: None
    _pool: ProcessPoolExecutor | None = field(default=None, repr=False)

    @contextmanager
    def running(self) -> Iterator["Runner"]:
        """The processes live as long as this."""
        try:
            yield self
        finally:
            if self._pool is not None:
                self._pool.shutdown(wait=True, cancel_futures=True)
                self._pool = None

    def run(
        self, folder: Path, tasks: Sequence[Task], what: str, made: Callable[[bytes], int] = len
    ) -> list[bytes]:
        """The answers of tasks, in their order; one whose mark `<name>.done` stands in `folder` is not run again.

        Raises:
            ZhenboError: when a process was killed.
        """
        folder.mkdir(parents=True, exist_ok=True)
        marks = [folder / f"{task.name}.done" for task in tasks]
        answers = {i: mark.read_bytes() for i, mark in enumerate(marks) if mark.exists()}
        total = sum(task.weight for task in tasks)
        done = sum(tasks[i].weight for i in answers)
        so_far = sum(made(answer) for answer in answers.values())
        self.report(Progress(what, done, total, so_far))
        left = [i for i in range(len(tasks)) if i not in answers]
        for i, answer in self._each(left, marks, tasks):
            answers[i] = answer
            done, so_far = done + tasks[i].weight, so_far + made(answer)
            self.report(Progress(what, done, total, so_far))
        return [answers[i] for i in range(len(tasks))]

    def _each(self, left: list[int], marks: list[Path], tasks: Sequence[Task]) -> Iterator[tuple[int, bytes]]:
        waiting, running = iter(left), dict[Future[bytes], int]()
        try:
            if self.jobs == 1 or not left:
                for i in left:
                    yield i, _do(tasks[i].work, marks[i])
                return
            pool = self._workers()
            while True:
                for i in islice(waiting, 2 * self.jobs - len(running)):
                    running[pool.submit(_do, tasks[i].work, marks[i])] = i
                if not running:
                    return
                for future in wait(running, return_when=FIRST_COMPLETED).done:
                    yield running.pop(future), future.result()
        except BrokenProcessPool as error:
            raise ZhenboError(
                "A working process was killed, most likely for want of memory. The same command goes on where this one "
                "stopped; fewer --jobs hold less at once."
            ) from error
        except OSError as error:
            if error.errno != errno.ENOSPC:
                raise
            raise ZhenboError(
                f"The disk of {marks[0].parent} is full. Make room there and run the same command again: it goes on where "
                "this one stopped."
            ) from error

    def _workers(self) -> ProcessPoolExecutor:
        if self._pool is None:
            # spawn: a forked copy of a process that runs Arrow's threads may hang
            context = multiprocessing.get_context("spawn")
            self._pool = ProcessPoolExecutor(self.jobs, mp_context=context, initializer=_settle_in)
        return self._pool


def _do(work: Callable[[], bytes], mark: Path) -> bytes:
    answer = work()
    write_whole(mark, answer)
    pa.default_memory_pool().release_unused()
    return answer


def _settle_in() -> None:
    """One thread per process, Ctrl-C is the parent's to handle, and no process outlives its parent."""
    pa.set_cpu_count(1)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_die_with, args=(parent.sentinel,), daemon=True).start()


def _die_with(sentinel: int) -> None:
    wait_for([sentinel])
    os._exit(1)
