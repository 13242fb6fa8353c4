"""Who is who: rooms, hosts, agencies, merchants and their people, and to whom each belonged on a day.

A `Party` is one line of `parties.toml`. The `Registry` reads them all and answers "who operated room R on day D, under
which agency, selling for whom", across renames and sales of accounts. It never guesses: a name borne by two parties
joins nobody, and two answers that hold at once are both given.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from zhenbo.core.deal import Deal

ROLES = ("host", "agency", "merchant", "shop", "person", "account", "supplier")

OPERATES = {
    "operated_by": False,
    "owned_by": False,
    "sold_to": False,
    "operates": True,
    "owns": True,
    "acquired": True,
}
"""Who runs a room; true where the line stands under the operator instead of the room."""
MANAGES = {"managed_by": False, "signed_to": False, "under": False, "manages": True}
SELLS = {"sells_for": False, "hired_by": False, "hires": True}
STAFF = {"works_for": False, "employed_by": False, "related_to": False, "employs": True}
ACTS = {"acts_as": False, "account_of": True}
PAYS = {"pays_from": False, "payer_of": True}
DEVICES = {"uses_device": False}
ADDRESSES = {"lives_at": False, "ships_to": False}
SIGNS = {"signs": False, "signed_by": True}
RENAMES = ("renamed_to", "renamed_from")
RELATIONS = (
    *OPERATES, *MANAGES, *SELLS, *STAFF, *ACTS, *PAYS, *DEVICES, *ADDRESSES, *SIGNS, *RENAMES,
)  # fmt: skip
"""Relations that the registry understands; lines of another one are kept and answer nothing."""


@dataclass(frozen=True, order=True)
class Party:
    """One line on who somebody is or to whom they belong, and since when.

    Args:
        id: whom it speaks of.
        role: one of `ROLES`.
        name: name then in use; empty when the line does not tell.
        relation: one of `RELATIONS`; empty when the line only tells a name.
        other: the other side of the relation: an id, an account, a paying account, a deal, or an earlier name.
        valid_from: first microsecond; None from the beginning.
        valid_to: last microsecond; None still holds.
    """

    id: str
    role: str = ""
    name: str = ""
    relation: str = ""
    other: str = ""
    valid_from: int | None = None
    valid_to: int | None = None

    def holds(self, at: int | None) -> bool:
        """Whether the line holds at a moment; at None, whether it ever did."""
        if at is None:
            return True
        return (self.valid_from is None or self.valid_from <= at) and (
            self.valid_to is None or at <= self.valid_to
        )


@dataclass(frozen=True)
class Held:
    """Who stood behind a room at a moment. Several names: the papers name several at once. None: they are silent.

    Args:
        room: the host account asked about.
        operators: who ran it.
        agencies: under which MCN.
        merchants: selling for whom.
    """

    room: str
    operators: tuple[str, ...] = ()
    agencies: tuple[str, ...] = ()
    merchants: tuple[str, ...] = ()


class Registry:
    """All lines on who is who, and the deals beside them.

    Args:
        rows: lines of the papers, in any order.
        deals: contracts; they tell for whom a room sells.
    """

    def __init__(self, rows: Iterable[Party] = (), deals: Iterable[Deal] = ()) -> None:
        self.rows: tuple[Party, ...] = tuple(sorted(set(rows), key=_line))
        self.deals: tuple[Deal, ...] = tuple(deals)

    def same(self, who: str) -> str:
        """The one id under which a party goes through all its renames: the first of its ids by name."""
        return self._same.get(who, who)

    def ids(self, who: str) -> tuple[str, ...]:
        """All ids of a party, across renames."""
        one = self.same(who)
        return tuple(sorted({one} | {i for i, root in self._same.items() if root == one}))

    def names(self, who: str) -> tuple[tuple[str, int | None, int | None], ...]:
        """Names a party went by, with first and last microsecond, the oldest first."""
        told = {(r.name, r.valid_from, r.valid_to) for i in self.ids(who) for r in self._by_id[i] if r.name}
        dated = {name for name, since, until in told if since is not None or until is not None}
        kept = [t for t in told if t[0] not in dated or t[1] is not None or t[2] is not None]
        return tuple(sorted(kept, key=lambda t: (t[1] is not None, t[1] or 0, t[0])))

    def name(self, who: str, at: int | None = None) -> str | None:
        """The name in use at a moment; the latest known when none is told for it."""
        told = self.names(who)
        holding = [
            t for t in told if at is None or ((t[1] is None or t[1] <= at) and (t[2] is None or at <= t[2]))
        ]
        return (holding or list(told))[-1][0] if told else None

    def renames(self, who: str) -> int:
        """How often a party changed its name."""
        return max(len({name for name, _, _ in self.names(who)}) - 1, 0)

    def role(self, who: str) -> str | None:
        """What a party is; None when no line tells."""
        return next((r.role for i in self.ids(who) for r in self._by_id[i] if r.role), None)

    def on(self, room: str, at: int | None) -> Held:
        """Who operated a room at a moment, under which agency, selling for whom.

        Args:
            room: host account.
            at: microsecond; None asks for all that ever held.
        """
        operators = self.linked(room, OPERATES, at)
        agencies = self.linked(room, MANAGES, at)
        for operator in operators:
            agencies = _joined(agencies, self.linked(operator, MANAGES, at))
            if self.role(operator) == "agency":
                agencies = _joined(agencies, (operator,))
        return Held(room, operators, agencies, _joined(self.linked(room, SELLS, at), self._hiring(room, at)))

    def linked(self, who: str, relations: dict[str, bool], at: int | None) -> tuple[str, ...]:
        """The other sides of some relations at a moment, in the order of the parties' ids.

        A line without an end gives way to a later one of the same party, except of those it sells for, who may be many;
        lines whose stated times overlap all count.

        Args:
            who: the party, under any of its ids.
            relations: such as `OPERATES`: relation -> whether the line stands under the other side.
            at: microsecond; None asks for all that ever held.
        """
        lines: list[tuple[Party, str]] = []
        for i in self.ids(who):
            lines += [(r, r.other) for r in self._by_id[i] if relations.get(r.relation) is False and r.other]
            lines += [(r, r.id) for r in self._by_other[i] if relations.get(r.relation) is True]
        holding = [(r, other) for r, other in lines if r.holds(at)]
        if at is not None and relations is not SELLS:
            latest = max((_since(r) for r, _ in holding), default=0)
            holding = [(r, o) for r, o in holding if _since(r) == latest or (r.valid_to or at) > at]
        return tuple(sorted({self.same(other) for _, other in holding}))

    def accounts(self, who: str, at: int | None = None) -> frozenset[str]:
        """Accounts that a party and its staff act with."""
        return self._means(who, ACTS, at) | frozenset(
            s for s in (*self.ids(who), *self.staff(who, at)) if self.role(s) == "account"
        )

    def payers(self, who: str, at: int | None = None) -> frozenset[str]:
        """Paying accounts of a party and its staff."""
        return self._means(who, PAYS, at)

    def staff(self, who: str, at: int | None = None) -> tuple[str, ...]:
        """Who works for a party: lines `works_for` that name it."""
        mine = set(self.ids(who))
        under = {
            r.id if not inverse else r.other
            for relation, inverse in STAFF.items()
            for r in self._of_relation[relation]
            if (r.other if not inverse else r.id) in mine and r.holds(at)
        }
        return tuple(sorted(under))

    def signs(self, deal: str) -> tuple[str, ...]:
        """Who signed a deal; empty when the papers do not tell."""
        direct = {r.id for r in self._of_relation["signs"] if r.other == deal}
        inverse = {r.other for r in self._of_relation["signed_by"] if r.id == deal}
        return tuple(sorted(direct | inverse))

    def rooms(self, who: str, at: int | None = None) -> tuple[str, ...]:
        """Rooms that a party operates or manages at a moment."""
        mine = self.same(who)
        known = {r.id for r in self.rows if r.role == "host"} | {d.host_id for d in self.deals if d.host_id}
        known |= {r.other for r in self.rows if OPERATES.get(r.relation) or MANAGES.get(r.relation)}
        held = ((room, self.on(room, at)) for room in sorted(known))
        return tuple(room for room, h in held if mine in h.operators or mine in h.agencies)

    def _means(self, who: str, relations: dict[str, bool], at: int | None) -> frozenset[str]:
        """What a party and its staff act or pay with: several at a time are the rule."""
        found: set[str] = set()
        for i in {*self.ids(who), *self.staff(who, at)}:
            found |= {r.other for r in self._by_id[i] if relations.get(r.relation) is False and r.holds(at)}
            found |= {r.id for r in self._by_other[i] if relations.get(r.relation) is True and r.holds(at)}
        return frozenset(found - {""})

    def _hiring(self, room: str, at: int | None) -> tuple[str, ...]:
        """Merchants whose deals name the room and a time around the moment."""
        mine = set(self.ids(room))
        hiring = {
            self.same(d.merchant_id)
            for d in self.deals
            if d.merchant_id and d.host_id in mine and (at is None or _during(d, at))
        }
        return tuple(sorted(hiring))

    @cached_property
    def _by_id(self) -> dict[str, list[Party]]:
        return _grouped(self.rows, "id")

    @cached_property
    def _by_other(self) -> dict[str, list[Party]]:
        return _grouped(self.rows, "other")

    @cached_property
    def _of_relation(self) -> dict[str, list[Party]]:
        return _grouped(self.rows, "relation")

    @cached_property
    def _same(self) -> dict[str, str]:
        """Id -> the first id of the party, where renames join several."""
        root: dict[str, str] = {}

        def find(who: str) -> str:
            while root.get(who, who) != who:
                who = root[who]
            return who

        known = set(self._by_id)
        bearers: dict[str, set[str]] = defaultdict(set)
        for row in self.rows:
            if row.name:
                bearers[row.name].add(row.id)
        for row in self.rows:
            if row.relation not in RENAMES or not row.other:
                continue
            others = {row.other} if row.other in known else bearers[row.other] - {row.id}
            if len(others) == 1 and row.id not in bearers.get(row.other, ()):
                first, second = sorted((find(row.id), find(others.pop())))
                root[second] = first
        return {who: find(who) for who in sorted({*root, *root.values()})}


def _line(row: Party) -> tuple[str, str, str, int, int, str, str]:
    return (row.id, row.relation, row.other, row.valid_from or 0, row.valid_to or 0, row.name, row.role)


def _since(row: Party) -> int:
    return -(2**62) if row.valid_from is None else row.valid_from


def _joined(first: Sequence[str], second: Sequence[str]) -> tuple[str, ...]:
    return tuple(sorted({*first, *second}))


def _during(deal: Deal, at: int) -> bool:
    """Whether a deal runs at a moment; one by broadcasts runs from its signature on."""
    since = deal.since if deal.since is not None else deal.signed_on
    return (since is None or since <= at) and (deal.until is None or at <= deal.until)


def _grouped(rows: Iterable[Party], field: str) -> dict[str, list[Party]]:
    found: dict[str, list[Party]] = defaultdict(list)
    for row in rows:
        found[getattr(row, field)].append(row)
    return found
