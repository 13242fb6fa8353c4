"""`route`: one claim at one moment, through the services and rights that answer it, to one decision.

A promise is asked before the law; where both pay, the higher is paid. A window that has passed hands a claim on to the right
that remains. Signs of abuse are no condition of any pack: they can hold a payment until a person has looked, and never refuse.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

import msgspec

from zhenbo.act.guarantee.facts import REFUND_WITHIN, known, promise
from zhenbo.act.guarantee.facts import facts as facts_of
from zhenbo.act.guarantee.owed import liable, parts
from zhenbo.act.guarantee.services import Ask, Compiled, Duty, Guarantees, Pay, Service, Step
from zhenbo.act.guarantee.times import ends, latest
from zhenbo.core.claim import FINDINGS, Claim, Clock, Decision, Outcome, Reason, Wanted
from zhenbo.core.condition import holds
from zhenbo.core.evidence import Say
from zhenbo.core.session import HOUR, MINUTE

_EPOCH = date(1970, 1, 1)
LOOK_WITHIN = "24 h"
"""A person looks at a payment that signs of abuse hold; after that it is paid."""
APPEAL_WITHIN = "7 d"
"""Either side may appeal (JD general rules, articles 9 and 16, give seven days; elsewhere a house rule)."""

SAYS = {
    "no_service": Say("Nothing promised for this order, and no right by law in our packs, answers such a claim.", "该订单没有承诺、规则包中也没有法定权利适用于此类申请。"),
    "no_proof": Say("What was asked for did not come in time; the claim rests and is opened again when it comes. {asked}", "未在期限内收到所需材料；申请中止，补交后重新处理。{asked}"),
    "no_start": Say("When the goods were signed for is not told; the record of the carrier is wanted.", "未说明签收时间；需承运人的签收记录。"),
    "accepted": Say("The seller agrees to it, and what the two sides agree on holds, within the term or after it.", "卖家已同意；双方约定有效，不论期限是否届满。"),
    "refunded": Say("The price of these goods has been paid back already. Where the claim is for other goods of the order, name its line (`item`).", "该商品价款此前已经退还。如申请针对订单中的其他商品，请注明订单行（item）。"),
    "calendar": Say("Whether the last day of this term is one of rest, so that the term ends later (Civil Code, article 203), has not been announced as far as our calendar knows; a person looks.", "期限最后一日是否为法定休假日（民法典第二百零三条，遇休假日顺延），现有日历未载；由人工核对。"),
    "confirmation": Say("The goods are excepted by their nature, but since 2024-07-01 a return may be refused only where the buyer confirmed that. The seller shows the record of it.", "商品依其性质属除外商品，但自 2024-07-01 起未经消费者确认不得拒绝退货。由卖家出示确认记录。"),
    "signs": Say("Signs of abuse stand beside this claim. They decide nothing: a person looks first, and if nobody has by then, it is paid.", "该申请旁有滥用迹象。迹象本身不作任何结论：先由人工查看；逾期无人查看的，照常赔付。"),
    "looked": Say("Signs of abuse stood beside this claim and nobody found it abusive in time.", "该申请旁曾有滥用迹象，期限内未被认定为滥用。"),
}  # fmt: skip


@dataclass(frozen=True)
class _Desk:
    """What a decision is made with."""

    claim: Claim
    facts: Mapping[str, object]
    rules: Guarantees
    now: int
    day: date


@dataclass
class _Said:
    """What was said on the way."""

    notes: list[Reason] = field(default_factory=list)
    clocks: list[Clock] = field(default_factory=list)


def route(claim: Claim, rules: Guarantees, now: int, signs: Iterable[Say] = ()) -> Decision:
    """The decision of a claim at a moment.

    Args:
        claim: all that is ever known of it; what came later than `now` is not looked at.
        rules: the packs.
        now: the moment of decision.
        signs: signs of abuse that stood beside it by then (`zhenbo.act.guarantee.signs`).

    Returns:
        pay, ask, refuse or redirect, with the very condition, its clauses, amount, who owes it, clocks and proofs wanted.
    """
    seen, marks = known(claim, now), tuple(signs)
    fast = rules.fast
    found = facts_of(seen, now, most=fast.most, currency=fast.currency, suspected=bool(marks))
    desk = _Desk(seen, found, rules, now, day_of(claim))
    chosen = _best([_judge(made, desk) for made in _applying(desk)], desk)
    return _held(chosen, desk, marks) if marks else chosen


def last(decision: Decision) -> Decision:
    """The decision that counts: that of the right a claim was handed on to."""
    return last(decision.then) if decision.outcome == "redirect" and decision.then else decision


def day_of(claim: Claim) -> date:
    """The day whose rules hold: that of the order, else of signing, else of the claim."""
    bought = claim.purchase
    at = next(t for t in (bought.ordered_at, bought.signed_at, claim.filed_at) if t is not None)
    return _EPOCH + timedelta(microseconds=at + claim.zone * MINUTE)


def _applying(desk: _Desk) -> list[Compiled]:
    made = [c for c in desk.rules.answering.get(desk.claim.kind, ()) if _applies(c.service, desk)]
    return made or [c for c in desk.rules.fallback.get(desk.claim.kind, ()) if _applies(c.service, desk)]


def _applies(service: Service, desk: _Desk) -> bool:
    bought = desk.claim.purchase
    if not service.since <= desk.day <= service.until:
        return False
    if service.platforms and bought.platform not in service.platforms:
        return False
    if service.goods and bought.goods not in service.goods:
        return False
    if not service.offered:
        return True
    return service.offered in bought.services or any(p.kind == service.promised for p in desk.claim.promises)


def _best(found: list[Decision], desk: _Desk) -> Decision:
    """The best for the buyer: a payment before a question, the higher payment before the lower.

    A question of another right that could bring more stays beside a payment, and is settled after it.
    """
    if not found:
        reason = Reason("none", "", SAYS["no_service"])
        return _decision(desk, "refuse", "", "", reason, _Said())
    order = sorted(range(len(found)), key=lambda i: (-_rank(found[i]), -found[i].amount, i))
    first, rest = found[order[0]], [found[i] for i in order[1:]]
    more = next((d for d in rest if first.outcome == "pay" and d.outcome == "ask" and d.amount > first.amount), None)  # fmt: skip
    return msgspec.structs.replace(first, then=more) if more else first


def _rank(decision: Decision) -> int:
    """How good a decision is for the buyer; a claim handed on is as good as what it comes to there, but for a straight payment."""
    if decision.outcome == "redirect" and decision.then:
        return 3 if decision.then.outcome == "pay" else _rank(decision.then)
    return {"pay": 4, "ask": 2, "redirect": 0, "refuse": 0}[decision.outcome]


def _judge(made: Compiled, desk: _Desk) -> Decision:
    """The decision under one service."""
    service, said = made.service, _Said()
    late = _late(made, desk, said)
    if late:
        return late
    for step, condition in made.steps:
        if not step.since <= desk.day <= step.until:
            continue
        told = holds(condition, desk.facts)
        if told is True:
            decided = _fired(made, step, desk, said)
        elif told is None and step.unknown == "ask" and step.wanted:
            decided = _asked(made, step, step.wanted, desk, said, step.asks)
        else:
            continue
        if decided:
            return decided
    return _paid(made, desk, said, Reason(service.id, "", service.says, desk.rules.cited(service.cites, desk.day)), service.pays, service.remedy)  # fmt: skip


def _late(made: Compiled, desk: _Desk, said: _Said) -> Decision | None:
    """What follows when the window has passed; None while it runs, or when nobody knows when it began."""
    service, claim = made.service, desk.claim
    if not service.window or not service.late:
        return None
    start = {"signed": claim.purchase.signed_at, "ordered": claim.purchase.ordered_at, "received_back": claim.received_back_at}.get(service.starts)  # fmt: skip
    if start is None:
        return _unstarted(made, desk, said)
    until, at_most = _until(made, desk, start)
    if claim.raised_at <= until:
        return None
    if desk.facts["accepts"] is True:
        return _agreed(made, desk, said)
    if claim.raised_at <= at_most:
        return _uncharted(made, desk, said)
    late = service.late
    says = Say(*(t.replace("{ends_us}", _clock(until, claim.zone)).replace("{raised_us}", _clock(claim.raised_at, claim.zone)) for t in (late.says.en, late.says.zh)))  # fmt: skip
    reason = Reason(f"{service.id}/window", f"raised_at <= {service.starts} + {service.window}", says, desk.rules.cited(late.cites, desk.day))  # fmt: skip
    if late.then == "refuse" and not (late.to_where and desk.facts[late.to_where] is True):
        return _decision(desk, "refuse", service.id, made.rule, reason, said)
    onward = _judge(desk.rules.services[late.to], desk)
    gone = _decision(desk, "redirect", service.id, made.rule, reason, said)
    return msgspec.structs.replace(gone, then=onward, amount=onward.amount, wanted=onward.wanted)


def _unstarted(made: Compiled, desk: _Desk, said: _Said) -> Decision | None:
    """The carrier's record is asked for where nobody tells when a window began; its silence is not the buyer's loss."""
    name = f"{made.service.id}/window"
    ask = Ask("platform", ("waybill",), "24 h", "skip")
    until, says = _by(ask, name, desk), SAYS["no_start"]
    over = until is not None and desk.now > until
    clock = Clock(name, ask.of, until, says, missed=over)
    if over:
        said.clocks.append(clock)
        return None
    asked = _decision(
        desk, "ask", made.service.id, made.rule, Reason(name, "", says), _Said(said.notes, [clock])
    )
    return msgspec.structs.replace(
        asked, wanted=(Wanted(ask.of, ask.kinds, until, says),), **_worth(made, desk)
    )


def _agreed(made: Compiled, desk: _Desk, said: _Said) -> Decision:
    """What the seller agrees to is not refused for want of a term or a class of goods."""
    service = made.service
    reason = Reason(f"{service.id}/accepted", "accepts", SAYS["accepted"], desk.rules.cited(service.cites, desk.day))  # fmt: skip
    return _paid(made, desk, said, reason, service.pays, service.remedy)


def _uncharted(made: Compiled, desk: _Desk, said: _Said) -> Decision:
    """A claim that is late unless its term ended on a day of rest, of which nobody knows."""
    name, says = f"{made.service.id}/window", SAYS["calendar"]
    late = made.service.late
    cites = desk.rules.cited(late.cites, desk.day) if late else ()
    asked = _decision(desk, "ask", made.service.id, made.rule, Reason(name, "", says, cites), said)
    wanted = (Wanted("person", ("inspection",), None, says),)
    return msgspec.structs.replace(asked, wanted=wanted, review=(says,), **_worth(made, desk))


def _until(made: Compiled, desk: _Desk, start: int) -> tuple[int, int]:
    """The end of the window, at the earliest and at the latest: the goods' own, or a longer one that was promised."""
    service, claim = made.service, desk.claim
    window = next((w.window for w, c in made.windows if holds(c, desk.facts) is True), service.window)
    days = max((p.number or 0 for p in claim.promises if p.kind == service.longer), default=0) if service.longer else 0  # fmt: skip
    promised = ends(start, f"{min(days, 3650)} d", claim.zone) if days else 0
    return max(ends(start, window, claim.zone), promised), max(latest(start, window, claim.zone), promised)


def _fired(made: Compiled, step: Step, desk: _Desk, said: _Said) -> Decision | None:
    """What a step whose condition holds brings; None when the next is asked."""
    service = made.service
    reason = Reason(f"{service.id}/{step.id}", step.when, step.says, desk.rules.cited(step.cites, desk.day))
    match step.then:
        case "note":
            said.notes.append(reason)
            return None
        case "ask":
            assert step.wanted is not None
            return _asked(made, step, step.wanted, desk, said)
        case "pay":
            pays = service.pays if step.pays is None else step.pays
            return _paid(made, desk, said, reason, pays, step.remedy or service.remedy)
        case "refuse":
            return (
                _doubted(made, step, desk, said)
                or _overruled(made, step, desk, said)
                or _decision(desk, "refuse", service.id, made.rule, reason, said)
            )


def _overruled(made: Compiled, step: Step, desk: _Desk, said: _Said) -> Decision | None:
    """A seller may waive an exception or a standard of theirs; what somebody established is not theirs to waive."""
    condition = next(c for s, c in made.steps if s is step)
    if desk.facts["accepts"] is not True or condition.names.keys() & ({*FINDINGS} - {"confirmed"}):
        return None
    return _agreed(made, desk, said)


def _doubted(made: Compiled, step: Step, desk: _Desk, said: _Said) -> Decision | None:
    """An exception that the buyer did not confirm for this purchase is, from a day on, a question for a person.

    Where nobody tells whether they did, the seller shows it first.
    """
    doubt, facts = step.unless_unconfirmed, desk.facts
    if not doubt or desk.day < doubt.since or facts["confirmed"] == "each" or facts["accepts"] is True:
        return None
    if facts["confirmed"] is None and facts["shows_confirmation"]:
        return None
    if facts["confirmed"] is None:
        ask, says = Ask("merchant", ("confirmation",), "24 h", "skip"), SAYS["confirmation"]
        first = msgspec.structs.replace(step, says=says, cites=(*doubt.cites, *step.cites))
        if asked := _asked(made, first, ask, desk, said):
            return asked
    reason = Reason(f"{made.service.id}/{step.id}", f"{step.when} and confirmed != 'each'", doubt.says, desk.rules.cited((*doubt.cites, *step.cites), desk.day))  # fmt: skip
    wanted = (Wanted("person", ("confirmation",), None, doubt.says),)
    asked = _decision(desk, "ask", made.service.id, made.rule, reason, said)
    return msgspec.structs.replace(asked, wanted=wanted, review=(doubt.says,), **_worth(made, desk))


def _asked(
    made: Compiled, step: Step, ask: Ask, desk: _Desk, said: _Said, asks: Say | None = None
) -> Decision | None:
    """A question while its clock runs; what its lapse brings when it has."""
    service, says = made.service, asks or step.says
    name = f"{service.id}/{step.id}"
    until = _by(ask, name, desk)
    over = until is not None and desk.now > until
    cites = desk.rules.cited(step.cites, desk.day)
    clock = Clock(name, ask.of, until, says, cites, missed=over)
    if over and ask.lapse in {"skip", "fire"}:
        said.clocks.append(clock)
        if ask.lapse == "skip":
            return None
        return _paid(made, desk, said, Reason(name, step.when, step.says, cites), service.pays, service.remedy)  # fmt: skip
    if over and ask.lapse == "refuse":
        rests = SAYS["no_proof"]
        closed = Say(rests.en.replace("{asked}", says.en), rests.zh.replace("{asked}", says.zh))
        return _decision(desk, "refuse", service.id, made.rule, Reason(name, step.when, closed, cites), said)
    asked = _decision(desk, "ask", service.id, made.rule, Reason(name, step.when, says, cites), _Said(said.notes, [*said.clocks, clock]))  # fmt: skip
    wanted = (Wanted(ask.of, ask.kinds, until, says),)
    review = (says,) if ask.of == "person" else ()
    return msgspec.structs.replace(asked, wanted=wanted, review=review, **_worth(made, desk))


def _worth(made: Compiled, desk: _Desk) -> dict[str, object]:
    """What would be owed."""
    remedy = _remedy(made.service, made.service.remedy, desk)
    owed = parts(desk.claim, made.service.pays, remedy)
    return {
        "parts": owed,
        "amount": sum(p.amount for p in owed),
        "remedy": remedy,
        "currency": desk.claim.purchase.currency,
    }


def _by(ask: Ask, name: str, desk: _Desk) -> int | None:
    """Until when something is wanted; None when that runs from something that has not happened."""
    claim = desk.claim
    match ask.within:
        case "due":
            one = promise(claim)
            return one.due if one else None
        case "refund":
            return None if claim.received_back_at is None else latest(claim.received_back_at, REFUND_WITHIN, claim.zone)  # fmt: skip
        case "promise":
            hours = next((p.number for p in claim.promises if p.kind == "refund_hours"), None)
            since = min((p.at or claim.filed_at for p in claim.proofs if p.kind == "waybill"), default=None)
            return None if hours is None or since is None else since + hours * HOUR
        case within:
            return latest(claim.asked.get(name, claim.filed_at), within, claim.zone)


def _remedy(service: Service, remedy: str, desk: _Desk) -> str:
    if service.remedy_if_perishable and remedy == service.remedy and desk.facts["perishable"]:
        return service.remedy_if_perishable
    return remedy


def _paid(made: Compiled, desk: _Desk, said: _Said, reason: Reason, pays: tuple[Pay, ...], remedy: str) -> Decision:  # fmt: skip
    service = made.service
    remedy = _remedy(service, remedy, desk)
    owed = parts(desk.claim, pays, remedy)
    who = liable(desk.claim, service, desk.facts, desk.rules, desk.day)
    money = sum(p.amount for p in owed)
    if not money and desk.claim.purchase.refunded and any(p.part in {"price", "share"} for p in pays):
        rests = Reason(f"{service.id}/refunded", "", SAYS["refunded"], reason.cites)
        return _decision(desk, "refuse", service.id, made.rule, rests, said)
    said.clocks += [_duty(service, d, desk) for d in service.duties]
    return msgspec.structs.replace(
        _decision(desk, "pay", service.id, made.rule, reason, said), remedy=remedy, parts=owed, amount=money, liable=who,
        advance=money > 0 and who.party in {"merchant", "operator"} and desk.facts["accepts"] is not True,
    )  # fmt: skip


def _duty(service: Service, duty: Duty, desk: _Desk) -> Clock:
    claim = desk.claim
    start = {"decided": desk.now, "filed": claim.filed_at, "received_back": claim.received_back_at}[
        duty.starts
    ]
    until = None if start is None else ends(start, duty.within, claim.zone)
    missed = start is not None and desk.now > latest(start, duty.within, claim.zone)
    return Clock(
        f"{service.id}/{duty.step}",
        duty.by,
        until,
        duty.says,
        desk.rules.cited(duty.cites, desk.day),
        missed,
    )


def _decision(
    desk: _Desk, outcome: Outcome, service: str, rule: str, reason: Reason, said: _Said
) -> Decision:
    appeal = ends(desk.now, APPEAL_WITHIN, desk.claim.zone) if outcome in {"pay", "refuse"} else None
    return Decision(
        desk.claim.id, desk.now, outcome, service, rule, reason, currency=desk.claim.purchase.currency,
        clocks=tuple(said.clocks), notes=tuple(said.notes), appeal=appeal,
    )  # fmt: skip


def _held(decision: Decision, desk: _Desk, signs: tuple[Say, ...]) -> Decision:
    """A payment beside which signs stand waits for a person, for a day at most; nothing else is changed by them."""
    onward = decision.then
    paying = decision.outcome == "pay" or (
        decision.outcome == "redirect" and onward and onward.outcome == "pay"
    )
    if not paying:
        return decision
    until = ends(desk.claim.asked.get("signs", desk.claim.filed_at), LOOK_WITHIN, desk.claim.zone)
    if desk.now > until:
        return msgspec.structs.replace(decision, notes=(*decision.notes, Reason("signs", "", SAYS["looked"])))
    wanted = Wanted("person", ("inspection",), until, SAYS["signs"])
    return msgspec.structs.replace(
        decision, outcome="ask", reason=Reason("signs", "", SAYS["signs"]), wanted=(*decision.wanted, wanted),
        review=(*decision.review, *signs), then=decision, advance=False, appeal=None,
    )  # fmt: skip


def _clock(at: int, zone: int) -> str:
    """A moment in the zone of the claim, as a page prints it."""
    there = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=at, minutes=zone)
    hours, minutes = divmod(abs(zone), 60)
    return f"{there:%Y-%m-%d %H:%M} ({'+' if zone >= 0 else '-'}{hours:02}:{minutes:02})"
