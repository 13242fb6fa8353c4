"""One machine, several processes, tables larger than memory: `Rows` hosted by files that are split by key.

A gathering is a list of stages. Each reads what the stages before it left on disk, a part at a time, and leaves its own
answer split by the hash of the next key; a part is either not there or whole, so a run killed at any moment goes on
where it was.
"""

from zhenbo.engines.embedded.folder import WorkFolder
from zhenbo.engines.embedded.host import Host, Spilled
from zhenbo.engines.embedded.runner import Progress, Runner

__all__ = ["Host", "Progress", "Runner", "Spilled", "WorkFolder"]
