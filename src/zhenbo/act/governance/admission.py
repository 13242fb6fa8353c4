"""Gates: what a party may do here, and what opens what is closed.

An unpaid deposit closes exactly four things (FIELD D05): sharing goods, the showcase, the cart in videos, and taking out
commission that is not settled. Nothing is deleted, so paying it opens all four again as they were. A first broadcast needs a verified
identity and a passed quiz (直播电商监督管理办法 art. 8 and 10); a licence that has run out closes the goods it is for. Sanctions
in force close what they say, as long as they say.
"""

import datetime as dt
from calendar import monthrange
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import msgspec

from zhenbo.act.book import Deposit
from zhenbo.act.governance.fold import Standing
from zhenbo.core.acts import Act
from zhenbo.core.admission import (
    Gate,
    Left,
    Licensed,
    Observed,
    Registered,
    Reviewed,
    Submitted,
    Trained,
    Verified,
)
from zhenbo.core.case import CAPABILITIES, TITLES, Basis, Scalar, Stated, persona
from zhenbo.core.evidence import Say
from zhenbo.core.session import DAY

REGISTERED, VERIFIED, OBSERVED = "admission.registered", "admission.verified", "admission.observed"
LICENSED, TRAINED, LEFT = "admission.licensed", "admission.trained", "admission.left"
SUBMITTED, REVIEWED = "listing.submitted", "listing.reviewed"
SHAPES: Mapping[str, type[msgspec.Struct]] = {
    REGISTERED: Registered, VERIFIED: Verified, OBSERVED: Observed, LICENSED: Licensed, TRAINED: Trained, LEFT: Left,
    SUBMITTED: Submitted, REVIEWED: Reviewed,
}  # fmt: skip
"""Kinds of acts about admission and listing; their subject is the party."""

UNPAID = ("share_goods", "showcase", "video_cart", "withdraw_unsettled")
"""What an unpaid deposit closes (D05), and nothing else."""
_LIVE2026 = Say("Measures for the supervision of live-streaming e-commerce", "直播电商监督管理办法")
_DEPOSIT = (
    Basis("cn.ecommerce", "58", Say("E-Commerce Law", "电子商务法")),
    Basis("field.deposit", "since 2020-10-20", Say("Platform rule on the deposit for sharing goods", "平台商品分享功能保证金规则")),
)  # fmt: skip
SAYS: Mapping[str, Say] = {
    "share_goods": Say("Sharing goods is limited until {missing_minor} of the deposit is paid.", "保证金尚欠 {missing_minor}，缴清前商品分享受限。"),
    "showcase": Say("Goods are taken off the showcase until {missing_minor} of the deposit is paid; then they are back as they were.", "保证金尚欠 {missing_minor}，缴清前橱窗商品下架；缴清后原样恢复。"),
    "video_cart": Say("The cart in videos is hidden until {missing_minor} of the deposit is paid.", "保证金尚欠 {missing_minor}，缴清前视频购物车隐藏。"),
    "withdraw_unsettled": Say("Commission not yet settled cannot be taken out until {missing_minor} of the deposit is paid.", "保证金尚欠 {missing_minor}，缴清前未结算佣金不可提现。"),
    "sanction": Say("{step} by case {case} until {until_us}.", "案件 {case}：{step}，至 {until_us}。"),
    "sanction_good": Say("{step} by case {case}, for good.", "案件 {case}：{step}，不设期限。"),
    "unverified": Say("Its identity has not been verified; that comes before the first broadcast.", "身份尚未核验；首次直播前须完成核验。"),
    "untrained": Say("No passed quiz is on file; that comes before the first broadcast.", "无培训考核合格记录；首次直播前须完成。"),
    "lapsed": Say("The last passed quiz is more than a year old.", "最近一次培训考核合格已超过一年。"),
    "licence": Say("No licence for {goods} is in force.", "缺少有效的 {goods} 许可。"),
    "left": Say("It has left.", "已退出。"),
}  # fmt: skip


@dataclass(frozen=True)
class File:
    """A party's identity file.

    Args:
        party: who.
        registered: when it asked to be admitted; None when it never did.
        papers: what it said then.
        verified: when its identity was last verified.
        operator: by the papers, as last verified.
        observed: who was seen to run it, with what shows it and when.
        licences: by class of goods, until when.
        trained: when it last passed.
        left: when it left.
    """

    party: str
    registered: int | None = None
    papers: Registered | None = None
    verified: int | None = None
    operator: str | None = None
    observed: tuple[tuple[int, str, str], ...] = ()
    licences: Mapping[str, int] = field(default_factory=dict)
    trained: int | None = None
    left: int | None = None


def files(acts: Iterable[Act]) -> dict[str, File]:
    """The identity files that acts add up to, by party."""
    found: dict[str, File] = {}
    for act in acts:
        shape = SHAPES.get(act.kind)
        if shape is not None and act.kind.startswith("admission."):
            found[act.subject] = _entered(found.get(act.subject, File(act.subject)), act.read(shape), act.at)
    return found


def _entered(file: File, body: msgspec.Struct, at: int) -> File:
    match body:
        case Registered():
            return replace(file, registered=at, papers=body, operator=body.operator, left=None)
        case Verified() if persona(body.by) == persona(file.party):
            return file  # nobody verifies oneself
        case Verified():
            return replace(file, verified=at, operator=body.operator or file.operator)
        case Observed():
            return replace(file, observed=(*file.observed, (at, body.operator, body.ground)))
        case Licensed():
            return replace(file, licences={**file.licences, body.goods: body.until})
        case Trained():
            return replace(file, trained=at if body.passed else file.trained)
        case _:
            return replace(file, left=at)


def gates(file: File, deposit: Deposit, standing: Standing, now: int) -> tuple[Gate, ...]:
    """What a party may do now, capability by capability."""
    why: dict[str, list[tuple[Stated, tuple[Basis, ...]]]] = {c: [] for c in CAPABILITIES}
    if not deposit.paid:
        owed: dict[str, Scalar] = {"missing_minor": deposit.missing, "currency": deposit.currency}
        for c in UNPAID:
            why[c].append((Stated(SAYS[c], dict(owed)), _DEPOSIT))
    for key, article in _before_live(file, now):
        why["go_live"].append((Stated(SAYS[key]), (Basis("cn.live2026", article, _LIVE2026),)))
    for h in standing.holds:
        for c in h.denies:
            why[c].append((_held(h.step, h.case, h.until), (Basis("cn.live2026", "12", _LIVE2026),)))
    if file.left is not None and file.left <= now:
        for c in set(CAPABILITIES) - {"withdraw_unsettled", "register"}:
            why[c].append((Stated(SAYS["left"]), ()))
    return tuple(
        Gate(c, not rows, tuple(s for s, _ in rows), tuple(dict.fromkeys(b for _, bs in rows for b in bs)))
        for c, rows in why.items()
    )


def _before_live(file: File, now: int) -> Iterable[tuple[str, str]]:
    if file.verified is None or file.verified > now:
        yield "unverified", "8"
    if file.trained is None or file.trained > now:
        yield "untrained", "10"
    elif months_on(file.trained, 12) < now:
        yield "lapsed", "10"


def _held(step: str, case: str, until: int | None) -> Stated:
    title = TITLES[step]  # type: ignore[index]
    key = "sanction_good" if until is None else "sanction"
    says = Say(SAYS[key].en.replace("{step}", title.en), SAYS[key].zh.replace("{step}", title.zh))
    return Stated(says, {"case": case} if until is None else {"case": case, "until_us": until})


def may_list(file: File, goods: str, licensed: Iterable[str], now: int) -> Stated | None:
    """What stands against selling a class of goods; None where nothing does."""
    if goods in set(licensed) and file.licences.get(goods, 0) < now:
        return Stated(SAYS["licence"], {"goods": goods})
    return None


def shown(items: Sequence[str], gates: Iterable[Gate]) -> tuple[str, ...]:
    """What a showcase shows: all of its goods, or none as long as the gate is closed; the list itself stays."""
    closed = any(g.capability == "showcase" and not g.open for g in gates)
    return () if closed else tuple(items)


@dataclass(frozen=True)
class Overdue:
    """An identity not verified again in time: since when, and by how many days."""

    party: str
    due: int
    days: int


def overdue(found: Iterable[File], now: int, months: int = 6) -> list[Overdue]:
    """Parties whose identity must be verified again (art. 8: at least every six months), the latest first.

    A party never verified is due from its registration on; one that has left is not asked again.
    """
    late = []
    for f in found:
        if f.registered is None or (f.left is not None and f.left <= now):
            continue
        due = f.registered if f.verified is None else months_on(f.verified, months)
        if due < now:
            late.append(Overdue(f.party, due, (now - due) // DAY))
    return sorted(late, key=lambda o: (o.due, o.party))


@dataclass(frozen=True)
class Mismatch:
    """Somebody else than the registered operator was seen to run a room: a matter for review, no finding of fault."""

    party: str
    registered: str
    seen: str
    since: int
    grounds: tuple[str, ...]


def mismatches(found: Iterable[File]) -> list[Mismatch]:
    """Rooms whose actual operator is not the registered one (K40); each with what shows it."""
    rows = []
    for f in found:
        after = f.verified or 0
        others = [o for o in f.observed if f.operator is not None and o[1] != f.operator and o[0] > after]
        for seen in sorted({o[1] for o in others}):
            mine = [o for o in others if o[1] == seen]
            rows.append(Mismatch(f.party, f.operator or "", seen, min(o[0] for o in mine), tuple(o[2] for o in mine)))  # fmt: skip
    return sorted(rows, key=lambda m: (m.since, m.party, m.seen))


def months_on(at: int, months: int) -> int:
    """The same time so many calendar months later; the last day of a shorter month.

    Examples:
        >>> months_on(1_693_440_000_000_000, 6) == 1_709_164_800_000_000  # 31 August to 29 February
        True
    """
    day = dt.datetime(1970, 1, 1, tzinfo=dt.UTC) + dt.timedelta(microseconds=at)
    year, month = divmod(day.month - 1 + months, 12)
    year, month = day.year + year, month + 1
    moved = day.replace(year=year, month=month, day=min(day.day, monthrange(year, month)[1]))
    return (moved - dt.datetime(1970, 1, 1, tzinfo=dt.UTC)) // dt.timedelta(microseconds=1)
