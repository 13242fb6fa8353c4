"""One stream, several processes: each keeps a range of every group's keys, and their answers meet at the event.

Every process reads the whole stream, puts it in order and drops repeats by itself, so all of them answer the same
events in the same order; only tables and rings are divided. Nothing is divided by room: a device that visits two
rooms is one key in one process.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from multiprocessing import get_context
from multiprocessing.connection import Connection
from typing import Any

import numpy as np
import pyarrow as pa

from zhenbo.core.errors import ZhenboError
from zhenbo.kernel.plan import Feature
from zhenbo.kernel.stream import Answer, Kernel

Batches = Callable[[], Iterable[pa.Table]]
"""Opens the stream from its start; it travels to other processes: a module-level function or a partial of one."""


def in_shares(
    batches: Batches, declared: Sequence[Feature], processes: int, **options: Any
) -> Iterator[Answer]:
    """The answers of one kernel, computed by several processes.

    Args:
        batches: the stream; every process reads it.
        declared: what to measure.
        processes: how many.
        options: of `Kernel`.

    Raises:
        ZhenboError: when a process ends before its stream does.
    """
    with ExitStack() as stack:
        ends = [
            stack.enter_context(_running(batches, declared, (i, processes), options))
            for i in range(processes)
        ]
        while True:
            parts = [_next(end) for end in ends]
            if parts[0] is None:
                return
            yield _together([part for part in parts if part is not None])


class _running:  # noqa: N801 - reads as the context it is
    """A process that answers for its share, and the end of the pipe its answers come through."""

    def __init__(
        self, batches: Batches, declared: Sequence[Feature], share: tuple[int, int], options: dict[str, Any]
    ) -> None:
        context = get_context("spawn")  # a forked process would inherit Arrow's threads, not their locks
        self.mine, self.theirs = context.Pipe(duplex=False)
        self.process = context.Process(
            target=_answer_all, args=(self.theirs, batches, declared, share, options), daemon=True
        )

    def __enter__(self) -> Connection:
        self.process.start()
        self.theirs.close()
        return self.mine

    def __exit__(self, *_: object) -> None:
        self.mine.close()
        self.process.terminate()
        self.process.join()


def _answer_all(
    out: Connection,
    batches: Batches,
    declared: Sequence[Feature],
    share: tuple[int, int],
    options: dict[str, Any],
) -> None:
    kernel = Kernel(declared, share=share, **options)
    for batch in batches():
        out.send(kernel.feed(batch))
    out.send(kernel.flush())
    out.send(None)


def _next(end: Connection) -> Answer | None:
    try:
        answer: Answer | None = end.recv()
    except EOFError as error:
        raise ZhenboError(
            "A process ended before its events did; its own message stands above. Out of memory is the usual cause: "
            "give fewer processes, or smaller windows."
        ) from error
    return answer


def _together(parts: Sequence[Answer]) -> Answer:
    first = parts[0]
    values = {
        name: np.fmax.reduce([part.values[name] for part in parts]) if len(parts) > 1 else first.values[name]
        for name in first.values
    }
    return Answer(first.rows, values, first.late, first.duplicates, first.untimed)
