"""What a claim is owed, in minor units, and by whom.

Amounts are exact: a share or rate is a decimal of integer cents, and what is left over by rounding goes to the buyer.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import ROUND_CEILING, Decimal

from zhenbo.act.guarantee.facts import SIDES, promise
from zhenbo.act.guarantee.services import Guarantees, Pay, Service
from zhenbo.core.claim import Claim, Liable, Part
from zhenbo.core.condition import holds
from zhenbo.core.evidence import Say

SAYS = {
    "price": Say("the price paid", "实付价款"),
    "price_less": Say("the price paid, less gifts that cannot be given back and goods of the set that were kept", "实付价款，扣除未退赠品及套装中保留部分"),
    "price_rest": Say("the price paid, less what was paid back before", "实付价款，扣除此前已退部分"),
    "share": Say("the damaged share of the price", "按坏品比例计算的价款"),
    "damages": Say("damages by law: a multiple of the price, or the least amount", "法定增加赔偿（价款倍数，不低于最低额）"),
    "promised": Say("damages as promised", "承诺的赔偿"),
    "rate": Say("a part of the price, up to a maximum", "按价款比例赔付（有上限）"),
    "freight": Say("freight", "运费"),
    "appraisal": Say("the appraisal, whose cost the side in the wrong bears", "鉴定、检测费用（由结果不利的一方承担）"),
    "owed": Say("what was promised", "承诺的金额"),
}  # fmt: skip


_AGAINST = {"genuine": False, "defect": True, "unsafe_food": True, "misdescribed": True}
"""Findings that show the seller in the wrong."""


def price(claim: Claim) -> int:
    """What comes back for the goods claimed for: never more than was paid, and never twice.

    Goods of a set that are kept count at their own price (interim measures on seven-day returns, article 17), gifts that cannot
    be given back at the price stated for them (article 12); neither is taken off where the seller is at fault.
    """
    bought = claim.purchase
    paid = bought.paid
    if claim.kind == "no_reason":
        if bought.set_paid is not None and bought.kept_price is not None:
            paid = max(bought.set_paid - bought.kept_price, 0)
        paid -= bought.gift_unreturned
    return max(paid - bought.refunded, 0)


def parts(claim: Claim, pays: Sequence[Pay], remedy: str) -> tuple[Part, ...]:
    """The parts of what is owed; parts that come to nothing are left out."""
    if remedy == "replace_or_repair":
        pays = [p for p in pays if p.part == "freight"]
    made = (_part(claim, pay, remedy) for pay in pays)
    return tuple(p for p in made if p is not None and p.amount > 0)


def _part(claim: Claim, pay: Pay, remedy: str) -> Part | None:
    bought = claim.purchase
    match pay.part:
        case "price":
            full = price(claim)
            says = "price_rest" if bought.refunded else "price" if full == bought.paid else "price_less"
            return Part("price", full, SAYS[says])
        case "share":
            return _share(claim, pay, remedy)
        case "damages":
            return _damages(claim, pay)
        case "rate":
            ceiling = (
                pay.most if isinstance(pay.most, int) and pay.currency == bought.currency else bought.paid
            )
            return Part("rate", min(_of(bought.paid, pay.rate), ceiling), SAYS["rate"])
        case "freight":
            freight = bought.freight or 0
            insured = bought.freight_cover if pay.most == "cover" else None
            return Part("freight", freight if insured is None else min(freight, insured), SAYS["freight"])
        case "appraisal":
            against = any(f.by not in SIDES and _AGAINST.get(f.what) is f.holds for f in claim.findings)
            return Part("appraisal", bought.appraisal, SAYS["appraisal"]) if against else None
        case "owed":
            one = promise(claim)
            return Part("owed", one.amount or 0, SAYS["owed"]) if one else None


def _share(claim: Claim, pay: Pay, remedy: str) -> Part:
    """Of goods that stay with the buyer the damaged share; all of it where none is told, or where the rest is of no use."""
    damaged, paid = claim.damaged, claim.purchase.paid
    whole = damaged is None or remedy != "refund_only" or (claim.faults or 0) >= 2
    if whole or damaged is None or (pay.full_from is not None and damaged > pay.full_from):
        return Part("price", price(claim), SAYS["price_rest" if claim.purchase.refunded else "price"])
    return Part("share", min(_of(paid, damaged), price(claim)), SAYS["share"])


def _damages(claim: Claim, pay: Pay) -> Part | None:
    """The higher of promise (假一赔X, up to the most that was named with it) and law (SPC 2022, article 10)."""
    bought = claim.purchase
    told = [((p.number or 0) * bought.paid, p.most) for p in claim.promises if p.kind == "multiple"]
    promised = max((owed if most is None else min(owed, most) for owed, most in told), default=0)
    least = pay.least if pay.currency == bought.currency else 0
    lawful = max(pay.times * bought.paid, least) if pay.times else 0
    if not promised and not lawful:
        return None
    return Part("damages", max(promised, lawful), SAYS["promised" if promised > lawful else "damages"])


def _of(amount: int, share: float) -> int:
    """A share of an amount, rounded up: half a cent is the buyer's.

    Examples:
        >>> _of(1001, 0.1), _of(1000, 0.1)
        (101, 100)
    """
    return int((amount * Decimal(str(share))).to_integral_value(ROUND_CEILING))


def liable(
    claim: Claim, service: Service, facts: Mapping[str, object], rules: Guarantees, day: date
) -> Liable:
    """Who owes it: the first rule in force whose condition holds."""
    asked = {**facts, "service": service.id}
    for rule, condition in rules.liables:
        if rule.since <= day and holds(condition, asked):
            return Liable(rule.party, _name(rule.party, claim), rule.says, rules.cited(rule.cites, day), rule.jointly, rule.recover)  # fmt: skip
    return Liable("merchant", claim.purchase.merchant, Say("The seller is liable to the buyer.", "由销售者向消费者承担责任。"))  # fmt: skip


def _name(party: str, claim: Claim) -> str | None:
    bought = claim.purchase
    return {"merchant": bought.merchant, "operator": bought.operator, "host": bought.host, "platform": bought.platform}.get(party)  # fmt: skip
