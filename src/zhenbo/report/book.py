"""The book as a reader meets it: what is there, what is set aside, what is owed, and whether it adds up."""

from collections.abc import Iterable, Mapping, Sequence

from zhenbo.act.book.flows import FLOWS
from zhenbo.act.book.view import Account, Held, Overview, Owed, Pool, Row
from zhenbo.core.evidence import Say
from zhenbo.core.exhibit import Curve
from zhenbo.core.ledger import CLASSES, State, parts
from zhenbo.core.money import minor_digits
from zhenbo.report import format as fmt
from zhenbo.report import svg
from zhenbo.report.i18n import Lang
from zhenbo.report.mask import ID_LIMIT, clean, masked
from zhenbo.report.page import Block, Cell, Drawing, Lines, Page, Section, Table
from zhenbo.report.phrase import phrase

SAYS: Mapping[str, Say] = {
    "title": Say("The book", "账簿"),
    "statement": Say("Statement of {account}", "账户明细：{account}"),
    "meta": Say("zhenbo 真播 {version} · {n|act|acts} · seal {seal}", "zhenbo 真播 {version} · {n} 条行为 · 封印 {seal}"),
    "lines": Say("{n} lines", "{n} 行"),
    "zero": Say("All accounts together sum to zero in every currency ({currencies}).", "所有账户合计在每种货币下均为零（{currencies}）。"),
    "not_zero": Say("The accounts do not sum to zero: {sums}. The book is broken; run zhenbo book verify.", "账户合计不为零：{sums}。账簿已损坏；请运行 zhenbo book verify。"),
    "empty": Say("The book is empty.", "账簿为空。"),
    "sums": Say("What is where", "资金分布"),
    "class": Say("accounts", "账户类别"),
    "means": Say("what it is", "含义"),
    "sum": Say("sum", "合计"),
    "funds": Say("Funds over time", "基金变动"),
    "fund": Say("{fund}: {now_minor} now, {least_minor} at the least", "{fund}：现有 {now_minor}，历史最低 {least_minor}"),
    "curve": Say("What was in {fund}, by day of the transactions (UTC), {currency}.", "{fund} 余额，按交易日期（UTC），{currency}。"),
    "holds": Say("Set aside (open holds)", "冻结中（未结）"),
    "no_holds": Say("Nothing is set aside.", "无冻结资金。"),
    "owed": Say("Still to be recovered", "待追偿"),
    "no_owed": Say("Every advance was recovered or written off.", "垫付款均已追偿或核销。"),
    "accounts": Say("All accounts", "全部账户"),
    "account": Say("account", "账户"),
    "currency": Say("currency", "货币"),
    "posted": Say("balance", "余额"),
    "held_out": Say("set aside", "冻结"),
    "held_in": Say("to come from holds", "待入"),
    "free": Say("free", "可用"),
    "key": Say("key", "编号"),
    "at": Say("when (UTC)", "时间（UTC）"),
    "flow": Say("movement", "类型"),
    "subject": Say("about", "事由"),
    "moves": Say("would move", "拟变动"),
    "expires": Say("lapses (UTC)", "到期（UTC）"),
    "never": Say("when decided", "待裁定"),
    "seller": Say("who owes", "债务人"),
    "case": Say("case", "案件"),
    "since": Say("since (UTC)", "起始（UTC）"),
    "advanced": Say("advanced", "垫付"),
    "back": Say("recovered", "已追偿"),
    "given_up": Say("written off", "已核销"),
    "open": Say("open", "未结"),
    "state": Say("state", "状态"),
    "amount": Say("amount", "金额"),
    "after": Say("balance after", "变动后余额"),
    "note": Say("note", "备注"),
    "held": Say("held", "冻结"),
    "posted_state": Say("posted", "已过账"),
    "voided": Say("voided", "已撤销"),
    "expired": Say("lapsed", "已失效"),
    "reversed": Say("reversed", "已冲正"),
    "m_zero": Say("A transaction's lines sum to zero, so money is neither made nor lost: pots hold what came from outside, less what went out again.", "每笔交易的分录合计为零，资金不会凭空产生或消失：各账户之和等于外部流入减去流出。"),
    "m_side": Say("Deposits, funds, budgets, payables and claims are never below zero, recoveries never above: a transaction that would do so is refused, what is set aside counted.", "保证金、基金、预算、应付款与债权不低于零，待追偿不高于零：计入冻结金额后仍违反者一律拒绝。"),
    "m_held": Say("What is set aside can be spent for nothing else until it is posted, made void or lapses.", "冻结资金在过账、撤销或到期之前不得另作他用。"),
    "m_undo": Say("Nothing is deleted. What an appeal undoes is answered by its opposite; both stay on record.", "不删除任何记录。申诉成立时以相反交易冲正，两笔均保留。"),
    "m_seal": Say("Each act carries the seal of all before it. Write the head down elsewhere: with it, `zhenbo book verify --head` shows even a record that was written anew.", "每条行为都带有此前全部记录的封印。请另行抄存末端：凭此可用 zhenbo book verify --head 发现整体重写的记录。"),
    "foot": Say("Made from the record alone; it holds ids, no names.", "仅由记录生成；只含编号，不含姓名。"),
}  # fmt: skip
_STATES: Mapping[State, str] = {
    "held": "held", "posted": "posted_state", "voided": "voided", "expired": "expired", "reversed": "reversed",
}  # fmt: skip
_METHOD = ("m_zero", "m_side", "m_held", "m_undo", "m_seal")


def book_page(seen: Overview, version: str, lang: Lang) -> Page:
    """The whole book."""
    sections = [Section("sums", say("sums", lang), (_classes(seen, lang),))] if seen.accounts else []
    if seen.funds:
        sections.append(Section("funds", say("funds", lang), tuple(_funds(seen.funds, lang))))
    sections += [
        Section("holds", say("holds", lang), (_holds(seen.holds, lang),)),
        Section("owed", say("owed", lang), (_owed(seen.recoveries, lang),)),
    ]
    if seen.accounts:
        sections.append(Section("accounts", say("accounts", lang), (_accounts(seen.accounts, lang),)))
    meta = say("meta", lang, version=version, n=seen.acts, seal=seen.seal[:16])
    return Page(
        say("title", lang), meta, (_adds_up(seen, lang),), tuple(sections), tuple(say(m, lang) for m in _METHOD),
        f"zhenbo book show --lang {lang} --out DIR", say("foot", lang),
    )  # fmt: skip


def statement_page(account: str, rows: Sequence[Row], version: str, lang: Lang) -> Page:
    """What went through an account."""
    heads = ("at", "flow", "subject", "state", "amount", "after", "note", "key")
    lines = tuple(
        (
            Cell(_when(r.at), "when"), Cell(flow(r.flow, lang)), Cell(shown(r.subject)), Cell(say(_STATES[r.state], lang)),
            Cell(fmt.money(r.amount, r.currency), "num"),
            Cell("–" if r.balance is None else fmt.money(r.balance, r.currency), "num"), Cell(masked(r.note, 200), "soft"),
            Cell(shown(r.key), "soft"),
        )
        for r in rows
    )  # fmt: skip
    table = Table(tuple(say(h, lang) for h in heads), lines)
    title = say("statement", lang, account=shown(account))
    return Page(
        title, f"zhenbo 真播 {version}", (say("lines", lang, n=len(rows)),), (Section("lines", shown(account), (table,)),),
        tuple(say(m, lang) for m in _METHOD), f"zhenbo book statement {shown(account)} --lang {lang} --out DIR", say("foot", lang),
    )  # fmt: skip


def say(key: str, lang: Lang, **args: object) -> str:
    """A sentence of the book in `lang`."""
    return phrase(SAYS[key], args, lang)


def shown(ident: str) -> str:
    """An id as a page shows it."""
    return clean(masked(ident, 2 * ID_LIMIT), 2 * ID_LIMIT)


def flow(name: str, lang: Lang) -> str:
    """A movement by its name, or by its id where it has none."""
    return phrase(FLOWS[name], {}, lang) if name in FLOWS else shown(name)


def named(account: str, lang: Lang) -> str:
    """An account in words: its class and whose it is."""
    kind, *rest = parts(account)
    return f"{phrase(CLASSES[kind].title, {}, lang)} · {shown(' · '.join(rest))}"


def _adds_up(seen: Overview, lang: Lang) -> str:
    if not seen.accounts:
        return say("empty", lang)
    if any(seen.totals.values()):
        sums = [fmt.money(amount, currency) for currency, amount in sorted(seen.totals.items())]
        return say("not_zero", lang, sums=sums)
    return say("zero", lang, currencies=sorted(seen.totals))


def _classes(seen: Overview, lang: Lang) -> Table:
    rows = tuple(
        (
            Cell(phrase(CLASSES[name].title, {}, lang)),
            Cell(phrase(CLASSES[name].means, {}, lang), "soft"),
            Cell(fmt.money(amount, currency), "num"),
        )
        for name, sums in seen.classes.items()
        for currency, amount in sorted(sums.items())
    )
    return Table((say("class", lang), say("means", lang), say("sum", lang)), rows)


def _funds(funds: Sequence[Pool], lang: Lang) -> Iterable[Block]:
    yield Lines(
        tuple(
            say(
                "fund",
                lang,
                fund=named(f.fund, lang),
                now_minor=f.values[-1],
                least_minor=f.least,
                currency=f.currency,
            )
            for f in funds
        )
    )
    for f in funds:
        if len(f.values) > 1:
            scale = 10 ** minor_digits(f.currency)
            curve = Curve("fund", f.currency, f.start, f.step, tuple(v / scale for v in f.values))
            title = say("curve", lang, fund=named(f.fund, lang), currency=f.currency)
            drawn = svg.curve_svg(
                curve,
                svg.axis_of([curve]),
                title,
                "",
                suspicious=(),
                declared=(),
                main=True,
                timed=True,
                lang=lang,
            )
            yield Drawing(drawn, title)


def _holds(holds: Sequence[Held], lang: Lang) -> Block:
    if not holds:
        return Lines((say("no_holds", lang),))
    heads = ("at", "flow", "subject", "moves", "expires", "note", "key")
    rows = tuple(
        (
            Cell(_when(h.at), "when"), Cell(flow(h.flow, lang)), Cell(shown(h.subject)),
            Cell("; ".join(f"{shown(p.account)} {fmt.money(p.amount, p.currency)}" for p in h.postings[:6])),
            Cell(say("never", lang) if h.expires is None else _when(h.expires), "when"), Cell(masked(h.note, 200), "soft"),
            Cell(shown(h.key), "soft"),
        )
        for h in holds
    )  # fmt: skip
    return Table(tuple(say(h, lang) for h in heads), rows)


def _owed(owed: Sequence[Owed], lang: Lang) -> Block:
    if not owed:
        return Lines((say("no_owed", lang),))
    heads = ("seller", "case", "since", "advanced", "back", "given_up", "open")
    rows = tuple(
        (
            Cell(shown(o.seller)), Cell(shown(o.case)), Cell(_when(o.since), "when"),
            *(Cell(fmt.money(a, o.currency), "num") for a in (o.advanced, o.recovered, o.written_off, o.open)),
        )
        for o in owed
    )  # fmt: skip
    return Table(tuple(say(h, lang) for h in heads), rows)


def _accounts(accounts: Sequence[Account], lang: Lang) -> Table:
    heads = ("account", "posted", "held_out", "free", "held_in")
    rows = tuple(
        (
            Cell(shown(a.account)), Cell(fmt.money(a.posted, a.currency), "num"),
            *(Cell(fmt.money(v, a.currency) if v else "–", "num") for v in (a.held_out, _free(a), a.held_in)),
        )
        for a in accounts
    )  # fmt: skip
    return Table(tuple(say(h, lang) for h in heads), rows)


def _free(a: Account) -> int:
    """What may be taken; nothing to tell where an account has no bottom."""
    return a.free if CLASSES[parts(a.account)[0]].side == "never_negative" else 0


def _when(at: int) -> str:
    return fmt.clock(at, "%Y-%m-%d %H:%M")
