"""What goes wrong, said in full: what, where, what we know, what to try.

Findings about *data* (a broken row, an unknown state) are values, collected and never thrown: see `Reject`.
Exceptions are for a person who must change something before work can go on.
"""

import msgspec

from zhenbo.core.contacts import hidden


class ZhenboError(Exception):
    """Something the user must change; `exit_code` is what the command line returns."""

    exit_code = 2


class NoEventsError(ZhenboError):
    """Nothing readable was found in the paths given."""

    exit_code = 1


class StoryError(ZhenboError):
    """A story line that does not read as one."""


class PackError(ZhenboError):
    """A pack (mapping, policy, baseline, calibration) that breaks its own rules."""


class RecordError(ZhenboError):
    """An act that cannot be recorded as it stands: malformed, or its key already says something else."""


class BookError(RecordError):
    """A transaction that the book refuses: it does not balance, overdraws, or settles what is not open."""


class CaseError(RecordError):
    """A step of a case that may not be taken: a field is missing, nobody confirmed it, or it is not its turn."""


class Reject(msgspec.Struct, frozen=True):
    """One row or file that could not be used, kept as data in `rejects.jsonl`.

    Args:
        file: name of the file, without its folder.
        line: 1-based line or row number; 0 when the whole file is meant.
        reason: short code, e.g. `bad_time`, `truncated_parquet`.
        detail: what was seen, shortened to 200 characters.
    """

    file: str
    line: int
    reason: str
    detail: str = ""

    def told(self) -> "Reject":
        """As it is written down: what was seen may hold somebody's number, when a row's cells have slipped."""
        return msgspec.structs.replace(self, detail=hidden(self.detail))
