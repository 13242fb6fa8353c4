"""Hired accounts: how they look on paper, whatever they are told to do."""

from dataclasses import dataclass

import numpy as np

from zhenbo.core.session import DAY
from zhenbo.worlds.anchors import CARRIER_NAT
from zhenbo.worlds.attacks import acts
from zhenbo.worlds.crowd import REGIONS, Ints
from zhenbo.worlds.show import SECOND, Show

GATEWAY = 4
"""People of one room behind one network from which it is taken for a carrier's gateway and not a home's; judgement."""


@dataclass(frozen=True)
class Fleet:
    """How hired accounts look; without any choice they look as ordinary people do (bought aged accounts 老号).

    Args:
        cohort: registered one after another within hours, with empty profiles.
        batches: how many such registration runs the cohort comes from.
        phones: how many devices they share (0 = one each).
        networks: how many addresses of the network they share (0 = one each).
        homes: how many delivery addresses they share (0 = one each).
        payers: how many payers they share (0 = one each).
        own: a phone, a network and a payer for everybody, shared with nobody (一人一机一IP, FIELD A46).
        spelled: every parcel's address is written differently, so its hash is its own; only the province tells.
        fans: share who already follow the host.
        years: accounts are at least so old (0 = any age).
        empty: followers and level of profiles nobody uses, whatever the age.
        chat: camouflage: ordinary remarks per account besides what it is told to say.
        hearts: camouflage: ordinary taps per account.
    """

    cohort: bool = False
    batches: int = 1
    phones: int = 0
    networks: int = 0
    homes: int = 0
    payers: int = 0
    own: bool = False
    spelled: bool = False
    fans: float = 0.0
    years: float = 0.0
    empty: bool = False
    chat: float = 0.0
    hearts: float = 0.0

    def enlist(self, show: Show, rng: np.random.Generator, n: int) -> Ints:
        """`n` hired accounts, noted as one group."""
        who = self.recruit(show, rng, n)
        show.hire(who)
        return who

    def blend(self, show: Show, rng: np.random.Generator, who: Ints) -> None:
        """Those who have come in chat and tap as the honest audience does, as far as the fleet is told to."""
        if self.chat or self.hearts:
            acts.mingle(show, rng, who, self.chat, self.hearts)

    def recruit(self, show: Show, rng: np.random.Generator, n: int) -> Ints:
        """`n` hired accounts, not yet noted (for a group put together from several fleets)."""
        crowd, start = show.crowd, show.plan.start
        who = crowd.ordinary(rng, n, start, 0.0 if self.years else 0.1, self.fans)
        if self.years:
            old = np.minimum(crowd.trait("since")[who], start - int(self.years * 365) * DAY)
            crowd.set_trait("since", who, old - rng.integers(0, 900 * DAY, n))
        if self.cohort:
            self._registered(show, rng, who)
        if self.cohort or self.empty:
            crowd.set_trait("followers", who, rng.integers(0, 6, n))
            crowd.set_trait("level", who, rng.integers(0, 3, n))
        self._shared(show, rng, who)
        return who

    def _registered(self, show: Show, rng: np.random.Generator, who: Ints) -> None:
        """Registration runs: one account after another, forty seconds apart on average."""
        n, runs = len(who), max(1, min(self.batches, len(who)))
        run = np.arange(n) * runs // n
        born = show.plan.start - rng.integers(20, 500, runs) * DAY
        gap = np.cumsum(rng.exponential(40, n)) * SECOND
        show.crowd.set_trait("since", who, born[run] + gap.astype(np.int64))

    def _shared(self, show: Show, rng: np.random.Generator, who: Ints) -> None:
        """Phones, networks, homes and payers."""
        n = len(who)
        for trait, shared in (
            ("device", self.phones), ("ip", self.networks), ("addr", 0 if self.spelled else self.homes), ("pay", self.payers),
        ):  # fmt: skip
            if shared:
                pool = show.crowd.fresh(min(shared, n))
                show.crowd.set_trait(trait, who, pool[rng.permutation(np.arange(n) % len(pool))])
            elif self.own or (trait == "addr" and self.spelled):
                show.crowd.set_trait(trait, who, show.crowd.fresh(n))
        if not (self.networks or self.own):
            self._carriers(show, rng, who)
        if self.homes:
            show.crowd.set_trait("region", who, self._provinces(show, rng, who))

    def _carriers(self, show: Show, rng: np.random.Generator, who: Ints) -> None:
        """Phones on mobile data come through the same carrier gateways as the room's audience, not through their own."""
        audience = np.unique(show.people()[0])
        used, people = np.unique(show.crowd.trait("ip")[audience], return_counts=True)
        gateways = used[people >= GATEWAY]
        address = show.crowd.fresh(len(who))
        if len(gateways):
            mobile = rng.random(len(who)) < CARRIER_NAT
            address = np.where(mobile, rng.choice(gateways, len(who)), address)
        show.crowd.set_trait("ip", who, address)

    def _provinces(self, show: Show, rng: np.random.Generator, who: Ints) -> Ints:
        """Where shared homes stand: one address lies in one province, and the organiser's few lie near each other."""
        place = rng.integers(len(REGIONS), size=min(2, self.homes))
        home = show.crowd.trait("addr")[who]
        return np.asarray(place[home % len(place)], dtype=np.int64)


ORDINARY = Fleet()
"""Aged accounts off the market, one phone, network, home and payer each, as people have them."""
