"""What can be bought for a live room, laid over an honest evening at a chosen dose.

Written from the field's price lists, court cases and disputes (FIELD 3-5) without sight of any detector. One file is
one family of trades; a new file with an `ATTACKS` mapping is found without editing any list.
"""

from zhenbo.worlds.attacks.attack import Attack, Delivery, Family, Lay, deliver, during, together
from zhenbo.worlds.attacks.cases import case_g1, case_g2
from zhenbo.worlds.attacks.comments import Rhythm, rewritten, scripted
from zhenbo.worlds.attacks.fans import Fading, followers
from zhenbo.worlds.attacks.farms import farm
from zhenbo.worlds.attacks.fleet import Fleet
from zhenbo.worlds.attacks.library import ATTACKS, lay, lay_as
from zhenbo.worlds.attacks.orders import brush
from zhenbo.worlds.attacks.packages import package
from zhenbo.worlds.attacks.taps import likes
from zhenbo.worlds.attacks.viewers import viewbots

__all__ = [
    "ATTACKS", "Attack", "Delivery", "Fading", "Family", "Fleet", "Lay", "Rhythm", "brush", "case_g1", "case_g2", "deliver", "during",
    "farm", "followers", "lay", "lay_as", "likes", "package", "rewritten", "scripted", "together", "viewbots",
]  # fmt: skip
