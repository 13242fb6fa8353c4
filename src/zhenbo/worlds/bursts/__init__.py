"""Honest evenings that look like fraud: what a detector must not punish.

Each burst shapes the plan before the evening and adds its own crowd movements to the ordinary ones. Causes and shapes
are the field's (INPUTS 1.5-1.6, FIELD 9); sizes are judgement unless said. Some are declared by the host, some never.
"""

from zhenbo.worlds.bursts.library import BURSTS, Burst, stage

__all__ = ["BURSTS", "Burst", "stage"]
