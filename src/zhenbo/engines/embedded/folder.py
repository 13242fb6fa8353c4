"""The folder an audit works in: claimed for one input, version and question, locked while it runs, removed when done."""

import fcntl
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Self

import msgspec

from zhenbo.core.errors import ZhenboError
from zhenbo.engines.embedded.spill import write_whole

_CLAIM = "zhenbo-work.json"


class WorkFolder:
    """A claimed folder.

    Args:
        path: made if absent.
        claim: what the work is for, each part by name; work found there counts only if every part is the same.
    """

    def __init__(self, path: Path, claim: Mapping[str, str]) -> None:
        self.path = path
        self.claim = dict(claim)
        self.said: list[str] = []
        """What the user should know: work that goes on, or was cleared and why."""
        self._lock: IO[str] | None = None

    def __enter__(self) -> Self:
        """Claim and lock it.

        Raises:
            ZhenboError: when it holds anything that is no work of zhenbo, or another run works there.
        """
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            found = {p.name for p in self.path.iterdir()}
        except OSError as error:
            raise ZhenboError(
                f"The working folder {self.path} cannot be made ({error}). Name another with --work."
            ) from error
        if found - {"lock"} and _CLAIM not in found:
            raise ZhenboError(
                f"{self.path} holds files that are no work of zhenbo ({', '.join(sorted(found)[:3])} …); it would be removed "
                "when done. Name another folder with --work."
            )
        self._locked()
        self._settle()
        return self

    def __exit__(self, *_: object) -> None:
        """Let go of it; what was done stays for the next run."""
        if self._lock is not None:
            self._lock.close()

    def remove(self) -> None:
        """The work is done and its results are written: nothing of it is needed."""
        shutil.rmtree(self.path, ignore_errors=True)

    def _locked(self) -> None:
        self._lock = (self.path / "lock").open("w", encoding="ascii")
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            self._lock.close()
            raise ZhenboError(
                f"Another audit works in {self.path}. Wait for it, or name another folder with --work."
            ) from error

    def _settle(self) -> None:
        place = self.path / _CLAIM
        try:
            held = msgspec.json.decode(place.read_bytes(), type=dict[str, str]) if place.exists() else None
        except (msgspec.DecodeError, OSError):
            held = {}
        if held == self.claim:
            done = sum(1 for _ in self.path.rglob("*.done"))
            if done:
                self.said.append(
                    f"Going on with the interrupted audit in {self.path}: {done} steps were done already."
                )
            return
        if held is not None:
            other = sorted(name for name in {*held, *self.claim} if held.get(name) != self.claim.get(name))
            self._clear()
            self.said.append(
                f"The unfinished work in {self.path} was for another {', '.join(other)}: cleared, starting anew."
            )
        write_whole(place, msgspec.json.encode(self.claim))

    def _clear(self) -> None:
        for inside in self.path.iterdir():
            if inside.name != "lock":
                shutil.rmtree(inside) if inside.is_dir() else inside.unlink()
