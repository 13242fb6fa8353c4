"""Promises on air from record to list: speech heard, orders followed, chats compared."""

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from zhenbo.act.guarantee.fulfil import Bought, Kept, Trade, Win, kept
from zhenbo.act.guarantee.onair import Service, conformity, heard
from zhenbo.core.claim import Chat, Line, Promise
from zhenbo.core.dataset import Dataset, subjects
from zhenbo.core.errors import Reject
from zhenbo.core.schema import Flag
from zhenbo.core.session import Session, micros
from zhenbo.intake import promises as papers
from zhenbo.intake.load import load
from zhenbo.kernel.orders import NEVER, UNTIMED, Orders, orders

_SELLERS = ("卖家", "商家", "异常", "缺货", "无货", "风控", "seller", "stock", "abnormal")
_BUYERS = ("买家", "用户", "不想要", "拍错", "多拍", "buyer", "customer", "changed mind")


@dataclass(frozen=True)
class OnAir:
    """Promises with what became of them, and how customer service answered; `service` is None without chats."""

    kept: tuple[Kept, ...]
    service: Service | None
    rejects: tuple[Reject, ...]
    now: int
    lines: int


def followed(paths: Sequence[Path], written: Path | None, chats: Path | None, key: Callable[[], bytes], as_of: int | None) -> OnAir:  # fmt: skip
    """Promises heard in a record, and those written down, matched against its orders.

    Args:
        paths: data folders or raw files of known sources.
        written: `promises.toml`; those of the folders by default.
        chats: `chats.jsonl`; likewise.
        key: gives the key for pseudonyms.
        as_of: the moment of looking; the latest event by default.
    """
    dataset = load(paths, key()).dataset
    dataset = dataset if as_of is None else dataset.until(as_of)
    rejects: list[Reject] = []
    told = _beside(paths, written, "promises.toml")
    made = [p for file in told for p in _promises(file, rejects)]
    lines = list(_lines(dataset))
    made += list(heard(lines))
    trade = _trade(dataset, as_of)
    talk = [c for file in _beside(paths, chats, "chats.jsonl") for c in _chats(file, rejects)]
    found = kept(sorted(made, key=lambda p: (p.session or "", p.at or 0, p.id)), trade)
    return OnAir(tuple(found), conformity(made, talk) if talk else None, tuple(rejects), trade.now, len(lines))  # fmt: skip


def told_of(paths: Sequence[Path], wanted: Collection[str], key: Callable[[], bytes], as_of: int | None = None) -> dict[str, dict[str, object]]:  # fmt: skip
    """What a record knows of some orders: platform, broadcast, host, when each was made, signed for and sent back, what was paid and paid back."""
    found: dict[str, dict[str, object]] = {}
    dataset = load(paths, key()).dataset
    for session in subjects(dataset if as_of is None else dataset.until(as_of)):
        made = orders(session)
        made = made.only(made.named(wanted))
        live = session.session_id if session.scope == "session" else None
        for n, order in enumerate(made.id.to_pylist()):
            at = {k: _at(int(made.at[s][n])) for k, s in (("ordered_at", "created"), ("signed_at", "delivered"), ("received_back_at", "received_back"))}  # fmt: skip
            sums = {"whole": int(made.amount[n] - made.discount[n]), "refunded": int(made.refund[n])}
            found[order] = {**at, **sums, "platform": session.platform, "session": live, "host": session.host_id}  # fmt: skip
    return found


def _beside(paths: Sequence[Path], named: Path | None, name: str) -> list[Path]:
    if named is not None:
        return [named]
    return [p / name for p in paths if p.is_dir() and (p / name).exists()]


def _promises(file: Path, rejects: list[Reject]) -> list[Promise]:
    made, wrong = papers.read_promises(file)
    rejects += wrong
    return made


def _chats(file: Path, rejects: list[Reject]) -> list[Chat]:
    made, wrong = papers.read_chats(file)
    rejects += wrong
    return made


def _lines(dataset: Dataset) -> Iterator[Line]:
    for session in subjects(dataset):
        rows = session.rows("speech")
        for at, text, product in zip(
            micros(rows["ts"]).tolist(),
            rows["text"].to_pylist(),
            rows["target_id"].to_pylist(),
            strict=True,
        ):
            if text:
                yield Line(at, session.session_id, text, product)


def _trade(dataset: Dataset, as_of: int | None) -> Trade:
    bought: list[Bought] = []
    wins: list[Win] = []
    for session in subjects(dataset):
        bought += _bought(session, orders(session))
        bought += _samples(session)
        wins += _wins(session)
    products = dataset.products
    prices = {
        p: v
        for p, v in zip(products["product_id"].to_pylist(), products["list_price"].to_pylist(), strict=True)
        if p and v
    }
    return Trade(bought, wins, prices, as_of if as_of is not None else dataset.latest)


def _bought(session: Session, made: Orders) -> Iterator[Bought]:
    said = {s: [_at(t) for t in made.at[s].tolist()] for s in ("created", "paid", "shipped", "cancelled")}
    quantity = session.events["qty"].take(pa.array(made.row)).to_pylist()
    words = [None if w < 0 else str(made.whys[w].as_py()) for w in made.why.tolist()]
    names = {k: made.names[k].to_pylist() for k in ("actor_id", "target_id")}
    who = {k: [names[k][c] if c >= 0 else None for c in made.keys[k].tolist()] for k in names}
    start = session.span[0] if session.events.num_rows else 0
    for n, (order, was_paid, amount) in enumerate(zip(made.id.to_pylist(), made.was_paid.tolist(), (made.amount - made.discount).tolist(), strict=True)):  # fmt: skip
        at = said["created"][n] or said["paid"][n] or start
        gone = made.at["cancelled"][n] != NEVER
        whole = not gone and made.refund[n] < amount
        yield Bought(
            order, session.session_id, who["actor_id"][n], who["target_id"][n], int(amount // max(quantity[n] or 1, 1)), at,
            (said["paid"][n] or at) if was_paid else None,
            said["shipped"][n] or (at if made.at["shipped"][n] != NEVER else None),
            (said["cancelled"][n] or at) if gone else None, _by(words[n]) if gone else None,
            int(made.refund[n]) if whole else 0,
        )  # fmt: skip


def _at(value: int) -> int | None:
    return None if value in {int(NEVER), int(UNTIMED)} else value


def _by(why: str | None) -> str | None:
    """Who called an order off, by the reason given; None where it does not say."""
    if why is None:
        return None
    if any(w in why for w in _BUYERS):
        return "buyer"
    return "seller" if any(w in why for w in _SELLERS) else None


def _samples(session: Session) -> Iterator[Bought]:
    """Prize and gift orders, which are no sales."""
    rows = session.rows("order_create", "order_ship")
    rows = rows.filter(pc.not_equal(pc.bit_wise_and(pc.fill_null(rows["flags"], 0), int(Flag.SAMPLE)), 0))
    if not rows.num_rows:
        return
    sent = {o: at for o, k, at in zip(rows["order_id"].to_pylist(), rows["kind"].to_pylist(), micros(rows["ts"]).tolist(), strict=True) if k == "order_ship"}  # fmt: skip
    shipped = session.rows("order_ship")
    sent |= {o: at for o, at in zip(shipped["order_id"].to_pylist(), micros(shipped["ts"]).tolist(), strict=True) if o}  # fmt: skip
    made = rows.filter(pc.equal(rows["kind"].cast(pa.string()), "order_create"))
    for order, buyer, product, at in zip(made["order_id"].to_pylist(), made["actor_id"].to_pylist(), made["target_id"].to_pylist(), micros(made["ts"]).tolist(), strict=True):  # fmt: skip
        yield Bought(order, session.session_id, buyer, product, 0, at, at, sent.get(order), sample=True)


def _wins(session: Session) -> Iterator[Win]:
    rows = session.rows("lottery")
    for who, at in zip(rows["actor_id"].to_pylist(), micros(rows["ts"]).tolist(), strict=True):
        if who and who != session.host_id:
            yield Win(session.session_id, who, at)
