"""`deals.toml` and `parties.toml`: read entry by entry, so that a bad one costs itself only and is named.

Amounts are whole minor units, rates shares between 0 and 1 read as exact decimals, times ISO 8601 (UTC where none of
`zone` at the head of the file and the value itself says otherwise; a date alone ends with its day where it is an end).
"""

import difflib
import re
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from decimal import Decimal
from pathlib import Path
from typing import Any

from zhenbo.core.deal import REMEDIES, Deal
from zhenbo.core.errors import ZhenboError
from zhenbo.core.evidence import Say
from zhenbo.core.papers import Papers, Remark
from zhenbo.core.parties import RELATIONS, ROLES, Party, Registry
from zhenbo.core.session import DAY
from zhenbo.intake import convert
from zhenbo.intake.identity import Pseudonyms
from zhenbo.intake.load import walk

_LARGEST = 8 << 20
"""Bytes of a paper; contracts are written by hand."""
_MOST = 2**53
"""Largest amount and count: what every reader of the JSON can hold."""
_TEXT = 2_000
_SAID = 80

SAYS = {
    "broken": Say("The file is no TOML: {what}. Entries that read on their own were taken.", "文件不是合法的 TOML：{what}。能够单独读懂的条目已采用。"),
    "entry": Say("The entry is no TOML: {what}. It is left out; check quotes and brackets.", "该条目不是合法的 TOML：{what}。已略去；请检查引号与括号。"),
    "size": Say("The file has {bytes} bytes; papers of up to {most} are read. Split it.", "文件有 {bytes} 字节；最多读取 {most} 字节。请拆分。"),
    "none": Say("There is no [[deal]] in the file. A deal begins with a line [[deal]] and needs an id; docs/deals.md shows one.", "文件中没有 [[deal]]。每份合同以一行 [[deal]] 开头并需要 id；示例见 docs/deals.md。"),
    "id": Say("The entry has no id; it is called {called} here. Give it one.", "该条目没有 id；此处称为 {called}。请补上。"),
    "party": Say("A party needs an id; the entry is left out.", "当事方条目需要 id；已略去。"),
    "twice": Say("Another entry of this id says something else ({differs}); the first one is used. Keep one of them.", "另一条目使用同一 id，内容却不同（{differs}）；采用先出现的一条。请只保留一条。"),
    "unknown": Say("No such field; it is not used. Did you mean {near}?", "没有这个字段，未采用。是否想写 {near}？"),
    "strange": Say("No such field; it is not used. Known fields: docs/deals.md.", "没有这个字段，未采用。可用字段见 docs/deals.md。"),
    "money": Say("{value} is not a whole number of minor units. Write 800000 for 8,000.00 yuan.", "{value} 不是整数的最小货币单位。8,000.00 元请写 800000。"),
    "rate": Say('{value} is no share between 0 and 1. Write 0.2 (or "20%") for 20 %.', '{value} 不是 0 到 1 之间的比例。20% 请写 0.2（或 "20%"）。'),
    "margin": Say("{value} is no margin of at most 1. Write 0.45 for 45 %, -0.1 for goods sold 10 % below cost.", "{value} 不是小于等于 1 的毛利率。45% 请写 0.45；低于成本 10% 销售请写 -0.1。"),
    "roi": Say('{value} is no return on the fee. Write 3 (or "1:3") for sales of three times the fee.', '{value} 不是有效的投产比。销售额为费用三倍时请写 3（或 "1:3"）。'),
    "count": Say("{value} is no whole number of 0 or more.", "{value} 不是大于等于 0 的整数。"),
    "time": Say("{value} is no time. Write 2026-03-01 or 2026-03-01T20:00:00+08:00.", "{value} 不是时间。请写 2026-03-01 或 2026-03-01T20:00:00+08:00。"),
    "word": Say("{value} is no text.", "{value} 不是文字。"),
    "words": Say('{value} is no list of texts. Write ["a", "b"].', '{value} 不是文字列表。请写 ["a", "b"]。'),
    "remedy": Say("{value} is no known remedy; use pro_rata, full, rerun or none.", "{value} 不是已知的补救方式；请用 pro_rata、full、rerun 或 none。"),
    "span": Say("It ends before it begins ({since_us} to {until_us}); neither time is used.", "结束早于开始（{since_us} 至 {until_us}）；两个时间均不采用。"),
    "both": Say("session_id {one} is not among sessions; the list is used.", "session_id {one} 不在 sessions 之中；以列表为准。"),
    "where": Say("The deal names neither sessions nor a host with from and to: it can be found in no broadcast.", "合同既未列出场次，也未写明主播与起止时间：无法对应到任何一场直播。"),
    "taken": Say("Commission ({commission}) and the platform's cut ({platform}) take more than all sales. Check both.", "佣金（{commission}）与平台扣点（{platform}）合计超过全部销售额。请核对。"),
    "role": Say("{value} is no known role ({known}); the line is kept.", "{value} 不是已知角色（{known}）；该行保留。"),
    "relation": Say("{value} is no known relation; the line is kept and answers nothing.", "{value} 不是已知关系；该行保留，但不参与回答。"),
    "other": Say("The relation {value} names nobody in `other`; it answers nothing.", "关系 {value} 的 other 为空；不参与回答。"),
    "period": Say("It ends before it begins ({since_us} to {until_us}); the line is left out.", "结束早于开始（{since_us} 至 {until_us}）；该行略去。"),
    "zone": Say('{value} is no time zone; UTC is used. Write "+08:00".', '{value} 不是时区；按 UTC 处理。请写 "+08:00"。'),
}  # fmt: skip
"""What is wrong with a paper, in both languages."""

_MONEY = (
    "slot_fee",
    "order_fee",
    "pledge_gmv",
    "stated_gmv",
    "stocked",
    "ad_value",
    "paid_fee",
    "paid_commission",
    "paid_back",
)
_RATES = (
    "commission_rate",
    "platform_rate",
    "tax_rate",
    "clawback_return_rate",
    "returns_expected",
)
_COUNTS = ("minutes", "samples", "stated_viewers", "shop_visits")
_TIMES = {"from": "since", "to": "until", "rerun_by": "rerun_by", "signed_on": "signed_on"}
_ENDS = {"to", "rerun_by", "valid_to"}
_WORDS = ("host_id", "merchant_id", "mcn_id", "purpose", "host_scheduled", "currency")
_LISTS = ("sessions", "products", "points", "clauses")
_DEAL = {
    *_MONEY,
    *_RATES,
    *_COUNTS,
    *_TIMES,
    *_WORDS,
    *_LISTS,
    "id",
    "session_id",
    "roi",
    "remedy",
    "gross_margin",
}
_PARTY = {"id", "role", "name", "relation", "other", "valid_from", "valid_to"}


def read(paths: Sequence[Path], deals: Sequence[Path] = ()) -> Papers:
    """The papers found in files and folders.

    Args:
        paths: data folders or files, as `intake.load.load` takes them; only their TOML files are looked at.
        deals: further files named as papers (`--deal`): one without a deal is a mistake worth telling.

    Raises:
        ZhenboError: when a path does not exist or cannot be opened.
    """
    desk = _Desk()
    named = {path.resolve() for path in deals}
    for label, path in walk([*paths, *deals]):
        if path.suffix.lower() == ".toml" or path in named:
            desk.take(label, path, wanted=path in named)
    return desk.papers()


def hidden(papers: Papers, people: Pseudonyms, platforms: Iterable[str]) -> Papers:
    """The papers with their accounts also under the pseudonyms that raw sources get, so that they meet.

    Args:
        papers: as read; a data folder's papers hold pseudonyms already, which stay beside.
        people: makes the pseudonyms.
        platforms: of the record; actors of different platforms with equal ids are different people.
    """
    over = sorted(set(platforms))
    more = [row for party in papers.registry.rows for row in _pseudonymous(party, people, over)]
    if not more:
        return papers
    return replace(papers, registry=Registry([*papers.registry.rows, *more], papers.registry.deals))


def _pseudonymous(party: Party, people: Pseudonyms, platforms: Sequence[str]) -> Iterator[Party]:
    what = {"acts_as": "actor", "pays_from": "pay"}.get(party.relation)
    for platform in platforms:
        if what and party.other:
            yield replace(party, other=people.of(what, party.other, platform))
        if party.role == "account":
            yield replace(party, id=people.of("actor", party.id, platform))


@dataclass
class _Desk:
    """What has been read so far."""

    deals: dict[str, Deal] = field(default_factory=dict)
    parties: list[Party] = field(default_factory=list)
    remarks: list[Remark] = field(default_factory=list)
    read: set[bytes] = field(default_factory=set)

    def papers(self) -> Papers:
        deals = tuple(self.deals[name] for name in sorted(self.deals))
        return Papers(deals, Registry(self.parties, deals), tuple(self.remarks))

    def take(self, label: str, path: Path, *, wanted: bool) -> None:
        """One file; a copy of one already read says nothing new."""
        try:
            body = path.read_bytes()[: _LARGEST + 1]
        except OSError as error:
            raise ZhenboError(f"{path} cannot be read: {error}. Check its permissions.") from error
        if body in self.read:
            return
        self.read.add(body)
        if len(body) > _LARGEST:
            self.remarks.append(
                Remark(label, "", "", SAYS["size"], {"bytes": path.stat().st_size, "most": _LARGEST})
            )
            return
        zone, entries = self._entries(label, _text(body), wanted)
        clock = convert.Clock(zone)
        for table, number, found in entries:
            page = _Page(label, table, number, found, clock, self.remarks)
            if table == "deal":
                self._deal(page)
            elif party := _party(page):
                self.parties.append(party)

    def _entries(
        self, label: str, text: str, wanted: bool
    ) -> tuple[str, list[tuple[str, int, Mapping[str, Any]]]]:
        """The zone of a file and its entries: of the whole, else of each block that reads alone."""
        try:
            whole = tomllib.loads(text, parse_float=Decimal)
        except (tomllib.TOMLDecodeError, RecursionError, ValueError) as error:
            found = (
                list(_blocks(text, label, self.remarks))
                if re.search(r"\[\[\s*(deal|party)\s*\]\]", text)
                else []
            )
            if found or wanted:
                self.remarks.append(Remark(label, "", "", SAYS["broken"], {"what": str(error)[:160]}))
            return "+00:00", found
        found = [
            (table, number, body)
            for table in ("deal", "party")
            for number, body in enumerate(_tables(whole.get(table)), start=1)
        ]
        if wanted and not any(table == "deal" for table, _, _ in found):
            self.remarks.append(Remark(label, "", "", SAYS["none"]))
        return self._zone(label, whole.get("zone"), bool(found)), found

    def _zone(self, label: str, zone: Any, used: bool) -> str:
        if zone is None or not used:
            return "+00:00"
        try:
            convert.zone_of(str(zone))
        except ValueError:
            self.remarks.append(Remark(label, "", "zone", SAYS["zone"], {"value": _shown(zone)}))
            return "+00:00"
        return str(zone)

    def _deal(self, page: "_Page") -> None:
        deal = _deal(page)
        before = self.deals.setdefault(deal.id, deal)
        differs = [f.name for f in fields(Deal) if getattr(before, f.name) != getattr(deal, f.name)]
        if differs:
            page.remark("id", "twice", differs=differs)


@dataclass
class _Page:
    """One entry while it is read; what cannot be taken is remarked upon and left out."""

    label: str
    table: str
    number: int
    body: Mapping[str, Any]
    clock: convert.Clock
    remarks: list[Remark]

    @property
    def name(self) -> str | None:
        given = self.body.get("id")
        return given if isinstance(given, str) and given else str(given) if _is_whole(given) else None

    def remark(self, name: str, what: str, **args: Any) -> None:
        entry = f"{self.table} {self.number}" + (f" ({self.name})" if self.name else "")
        deal = (self.name or f"deal-{self.number}") if self.table == "deal" else None
        self.remarks.append(Remark(self.label, entry[:_SAID], name, SAYS[what], args, deal))

    def get(self, name: str, what: str, reads: Callable[[Any], Any]) -> Any:
        """A field as `reads` makes it; None where it is absent or `reads` refuses it."""
        if name not in self.body:
            return None
        made = reads(self.body[name])
        if made is None:
            self.remark(name, what, value=_shown(self.body[name]))
        return made

    def time(self, name: str) -> int | None:
        def reads(value: Any) -> int | None:
            at = convert.time_of(value, self.clock) if not isinstance(value, Decimal | list | dict) else None
            if not isinstance(at, int):
                return None
            whole_day = name in _ENDS and re.fullmatch(r"\d{4}-\d\d?-\d\d?", str(value).strip())
            return at + DAY - 1 if whole_day else at

        found: int | None = self.get(name, "time", reads)
        return found

    def strangers(self, known: set[str]) -> None:
        """Say which fields are not known, with the nearest that is."""
        for name in sorted(set(self.body) - known):
            near = difflib.get_close_matches(name, sorted(known), 1, 0.7)
            if near:
                self.remark(name[:_SAID], "unknown", near=near[0])
            else:
                self.remark(name[:_SAID], "strange")


def _deal(page: _Page) -> Deal:
    page.strangers(_DEAL)
    name = page.name or f"deal-{page.number}"
    if not page.name:
        page.remark("id", "id", called=name)
    made: dict[str, Any] = {to: page.time(of) for of, to in _TIMES.items()}
    made |= {f: page.get(f, "money", _whole) for f in _MONEY} | {
        f: page.get(f, "count", _whole) for f in _COUNTS
    }
    made |= {f: page.get(f, "rate", _rate) for f in _RATES} | {f: page.get(f, "word", _word) for f in _WORDS}
    made |= {f: page.get(f, "words", _words) or () for f in _LISTS}
    made["gross_margin"] = page.get("gross_margin", "margin", _margin)
    made["roi"] = page.get("roi", "roi", _roi)
    made["remedy"] = page.get(
        "remedy", "remedy", lambda v: v if v in {"pro_rata", "full", "rerun", "none"} else None
    )
    if made["purpose"] in REMEDIES:
        made["remedy"] = made["remedy"] or REMEDIES[made["purpose"]]
    _sessions(page, made)
    if made["since"] is not None and made["until"] is not None and made["until"] < made["since"]:
        page.remark("to", "span", since_us=made["since"], until_us=made["until"])
        made["since"] = made["until"] = None
    if not made["sessions"] and made["since"] is None and made["until"] is None:
        page.remark("sessions", "where")
    commission, platform = made["commission_rate"], made["platform_rate"]
    if commission is not None and platform is not None and commission + platform > 1:
        page.remark("commission_rate", "taken", commission=float(commission), platform=float(platform))
    return Deal(name, **made)


def _sessions(page: _Page, made: dict[str, Any]) -> None:
    """One broadcast (`session_id`) or several (`sessions`)."""
    one = page.get("session_id", "word", _word)
    if one is None:
        return
    if made["sessions"] and one not in made["sessions"]:
        page.remark("session_id", "both", one=one)
    made["sessions"] = made["sessions"] or (one,)


def _party(page: _Page) -> Party | None:
    page.strangers(_PARTY)
    if page.name is None:
        page.remark("id", "party")
        return None
    words = {f: page.get(f, "word", _word) or "" for f in ("role", "name", "relation", "other")}
    words["role"] = "agency" if words["role"].lower() == "mcn" else words["role"]  # as deals.toml calls it
    since, until = page.time("valid_from"), page.time("valid_to")
    if since is not None and until is not None and until < since:
        page.remark("valid_to", "period", since_us=since, until_us=until)
        return None
    if words["role"] and words["role"] not in ROLES:
        page.remark("role", "role", value=_shown(words["role"]), known=list(ROLES))
    if words["relation"] and words["relation"] not in RELATIONS:
        page.remark("relation", "relation", value=_shown(words["relation"]))
    elif words["relation"] and not words["other"]:
        page.remark("relation", "other", value=_shown(words["relation"]))
    return Party(page.name, **words, valid_from=since, valid_to=until)


def _blocks(text: str, label: str, remarks: list[Remark]) -> Iterator[tuple[str, int, Mapping[str, Any]]]:
    """Entries of a file that is no TOML as a whole, each read on its own."""
    count = {"deal": 0, "party": 0}
    for block in re.split(r"(?m)^(?=[ \t]*\[\[)", text):
        head = re.match(r"[ \t]*\[\[\s*(deal|party)\s*\]\]", block)
        if not head:
            continue
        count[head[1]] += 1
        try:
            body = _tables(tomllib.loads(block, parse_float=Decimal).get(head[1]))
        except (tomllib.TOMLDecodeError, RecursionError, ValueError) as error:
            entry = f"{head[1]} {count[head[1]]}"
            remarks.append(Remark(label, entry, "", SAYS["entry"], {"what": str(error)[:160]}))
            continue
        yield from ((head[1], count[head[1]], one) for one in body)


def _tables(value: Any) -> Iterable[Mapping[str, Any]]:
    """An array of tables; one table stands for an array of one."""
    rows = [value] if isinstance(value, dict) else value if isinstance(value, list) else []
    return [row for row in rows if isinstance(row, dict)]


def _text(body: bytes) -> str:
    """UTF-8 with or without its mark, else the Chinese encoding older editors write."""
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError:
        return body.decode("gb18030", errors="replace")


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _plain(value: Any) -> Any:
    """A number that stands in quotes as the number; anything else as it is."""
    if not isinstance(value, str) or not (
        match := re.fullmatch(r"\s*([+-]?[0-9]{1,16})(\.[0-9]{1,9})?\s*", value)
    ):
        return value
    return Decimal(match[0].strip()) if match[2] else int(match[1])


def _whole(value: Any) -> int | None:
    value = _plain(value)
    return value if _is_whole(value) and 0 <= value <= _MOST else None


def _number(value: Any) -> Decimal | None:
    value = _plain(value)
    if isinstance(value, Decimal):
        return value if value.is_finite() and abs(value.adjusted()) < 16 else None
    return Decimal(value) if _is_whole(value) and abs(value) <= _MOST else None


def _share(value: Any) -> Decimal | None:
    """A number, quoted or not, or a percentage as text."""
    if isinstance(value, str) and (match := re.fullmatch(r"\s*(-?\d{1,4}(?:\.\d{1,6})?)\s*[%％]\s*", value)):
        value = Decimal(match[1]) / 100
    return _number(value)


def _rate(value: Any) -> Decimal | None:
    rate = _share(value)
    return rate if rate is not None and 0 <= rate <= 1 else None


def _margin(value: Any) -> Decimal | None:
    """The merchant's own: goods sold below cost have a negative one."""
    margin = _share(value)
    return margin if margin is not None and -10 <= margin <= 1 else None


def _roi(value: Any) -> Decimal | None:
    if isinstance(value, str) and (
        match := re.fullmatch(r"\s*1\s*[:：]\s*(\d{1,4}(?:\.\d{1,4})?)\s*", value)
    ):
        value = Decimal(match[1])
    roi = _number(value)
    return roi if roi is not None and 0 < roi <= 10_000 else None


def _word(value: Any) -> str | None:
    if _is_whole(value):
        return str(value)
    return value[:_TEXT] if isinstance(value, str) and value.strip() else None


def _words(value: Any) -> tuple[str, ...] | None:
    if not isinstance(value, list) or len(value) > 10_000:
        return None
    made = [_word(item) for item in value]
    return None if None in made else tuple(str(word) for word in made)


def _shown(value: Any) -> str:
    """A value as the message quotes it: short, whatever it is."""
    text = value if isinstance(value, str) else str(value)
    return text if len(text) <= _SAID else f"{text[: _SAID - 1]}…"
