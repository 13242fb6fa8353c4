"""The pages of evidence: what people read of a bundle, what a check of one found, and the referral sheet."""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence

from zhenbo.act.bundle import Contents, Finding
from zhenbo.act.inspection import GAPS, chains
from zhenbo.core.evidence import Say
from zhenbo.core.referral import Threshold
from zhenbo.core.verdict import Fake, Reason, SessionVerdict
from zhenbo.report import format as fmt
from zhenbo.report import labels
from zhenbo.report.bridge import steps
from zhenbo.report.i18n import Lang
from zhenbo.report.mask import ID_LIMIT, clean, masked
from zhenbo.report.page import Block, Cell, Facts, Lines, Page, Section, Table, listed
from zhenbo.report.phrase import phrase

SAYS: Mapping[str, Say] = {
    "title": Say("Evidence on {subject}", "关于 {subject} 的证据"),
    "meta": Say("zhenbo 真播 {version} · record read as of {as_of_us} · policy {policy}", "zhenbo 真播 {version} · 记录截至 {as_of_us} · 规则 {policy}"),
    "what": Say("This file holds what the verdict below rests on, signed, so that it can be checked without the system that made it: `zhenbo evidence verify FILE`. It states facts and figures and charges nobody.", "本文件载有下述结论所依据的内容并经签名，无需原系统即可核验：`zhenbo evidence verify FILE`。本文件只陈述事实与数字，不构成任何指控。"),
    "verdict": Say("The verdict", "结论"),
    "score": Say("The score of this question is {score} dB: a prior of {prior} dB and the weights of its reasons.", "该问题的得分为 {score} dB：先验 {prior} dB 加各项依据的权重。"),
    "penalty": Say("No penalty may rest on this verdict.", "不得以本结论作为处罚依据。"),
    "person": Say("It is strong enough to be put before a person who decides; no measure follows from it by itself.", "其强度足以提交人工决定；本结论本身不自动产生任何措施。"),
    "reasons": Say("Reasons", "依据"),
    "idle": Say("Looked at, and of no weight", "已核查，权重为零"),
    "finding": Say("finding", "事项"),
    "question": Say("of", "所属问题"),
    "weight": Say("weight, dB", "权重（dB）"),
    "rows": Say("rows", "记录数"),
    "again": Say("recomputed from this file", "可由本文件重算"),
    "yes": Say("yes", "是"),
    "no": Say("no", "否"),
    "bridge": Say("From created to verified sales", "从下单金额到核实销售额"),
    "equals": Say("= verified", "= 核实"),
    "between": Say("{low} to {high}", "{low} 至 {high}"),
    "held": Say("What this file holds", "本文件内容"),
    "extract": Say("{extracted} of {rows|row|rows} of the record: those the reasons rest on, and all trade.", "记录共 {rows} 条，收录 {extracted} 条：各项依据所指及全部交易记录。"),
    "extract_whole": Say("The whole record: {rows|row|rows}.", "全部记录：{rows} 条。"),
    "masked": Say("{n|value|values} that could name a person {n|was|were:} masked or replaced by names of this file's own; no raw phone number, id or address is in it.", "{n} 个可能指明个人的值已遮盖或替换为本文件内的代号；文件中没有原始电话、证件号或地址。"),
    "custody": Say("Chain of custody", "证据保管链"),
    "source": Say("made of", "来源文件"),
    "sha": Say("SHA-256", "SHA-256"),
    "bytes": Say("bytes", "字节"),
    "samples": Say("Sample {sample}: {n} hand-overs, {state}", "样品 {sample}：交接 {n} 次，{state}"),
    "unbroken": Say("unbroken", "完整"),
    "gapped": Say("with gaps: {gaps}", "有缺口：{gaps}"),
    "acts": Say("Acts of the record about the subject", "记录中与之相关的行为"),
    "act": Say("act", "行为"),
    "when": Say("when (UTC)", "时间（UTC）"),
    "seal": Say("seal", "封印"),
    "head": Say("The record of acts went up to the act with this number and seal when the file was made; `zhenbo book verify --bundle FILE` finds out whether it was written anew since:", "制作本文件时，行为记录止于以下编号与封印；`zhenbo book verify --bundle FILE` 可查出此后是否被重写："),
    "signature": Say("Signature", "签名"),
    "key": Say("Signed with Ed25519; fingerprint of the key:", "以 Ed25519 签名；密钥指纹："),
    "trust": Say("The signature says that the holder of this key made the file and that no byte was changed since. Whose key it is the file cannot say: compare the fingerprint with one that the sender gave you another way.", "签名表明本文件由该密钥持有人制作，此后未改动任何字节。密钥属于谁，文件本身无法证明：请与发送方另行提供的指纹比对。"),
    "method_1": Say("Weights are 10·log10 of a likelihood ratio, capped by what was proven of each signal; the score is the prior plus the weights, and the probability a monotone map of it. Amounts are exact but for brushed, an estimate with a 90% interval.", "权重为似然比的 10·log10，并以各信号已证明的能力为上限；得分为先验加权重，概率是其单调映射。除刷单为附 90% 区间的估计外，金额均为精确值。"),
    "method_2": Say("The data stand behind this page as JSON lines; a manifest has the digest of each line, and the signature is over the manifest.", "数据以 JSON 行附于本页之后；清单载有每一行的摘要，签名覆盖清单。"),
    "title_check": Say("Check of an evidence bundle", "证据包核验"),
    "intact": Say("intact", "完好"),
    "altered": Say("altered", "已被改动"),
    "intact_says": Say("Every byte is as it was signed, by the key with the fingerprint", "每个字节均与签名时一致；密钥指纹："),
    "altered_says": Say("{n|place is|places are} not as signed. Do not rely on this file; ask the sender for it again.", "有 {n} 处与签名时不一致。请勿以本文件为据，并请发送方重新提供。"),
    "differs_says": Say("The bytes are as signed, but {n|figure does|figures do} not come out again.", "字节与签名一致，但有 {n} 项数字无法重现。"),
    "other_key": Say("It is not signed by the key that was asked for, but by", "签名密钥并非所要求的密钥，而是："),
    "places": Say("What was changed", "改动之处"),
    "part": Say("part", "部分"),
    "entry": Say("entry", "条目"),
    "range": Say("bytes of the file", "文件字节"),
    "change": Say("what", "情形"),
    "now": Say("as it stands", "现内容"),
    "changed": Say("changed", "被改动"),
    "removed": Say("removed", "被删除"),
    "added": Say("added", "被添加"),
    "forged": Say("not a signature of this content", "并非对此内容的签名"),
    "recomputed": Say("Recomputed from the file alone", "仅由本文件重算"),
    "figure": Say("figure", "项目"),
    "of": Say("checks", "核对数"),
    "same": Say("same", "一致"),
    "differs": Say("differs", "不一致"),
    "not_checked": Say("not checked", "未核对"),
    "method_check": Say("Scores are summed, the bridge is made from the order rows, evidence is found again by the signals where the extract suffices; a figure that cannot be recomputed from the extract is told as not checked.", "得分重新求和，金额由订单记录重算，在摘录足够时由信号重新得出证据；摘录不足以重算的项目标为未核对。"),
    "title_refer": Say("Referral sheet (移送): {subject}", "移送单：{subject}"),
    "refer_meta": Say("Draft made from signed evidence, record as of {as_of_us}. To be checked and signed by the sender.", "草稿，依据签名证据制作，记录截至 {as_of_us}。请移送方核对后签署。"),
    "refer_what": Say("This sheet states what was measured, with intervals, and beside it what the law says. It charges nobody and draws no conclusion: whether a fact meets an article, and who did it, is for the authority.", "本单陈述测得的事实及其区间，并列出法律条文的内容；不指控任何人，也不作结论：事实是否符合条文、由谁所为，由主管机关认定。"),
    "measured": Say("What was measured", "测得的事实"),
    "fabricated": Say("{metric}: not genuine", "{metric}：不真实的数量"),
    "of_shown": Say("{mid} of {shown} shown (90% interval {low} to {high})", "展示 {shown} 中的 {mid}（90% 区间 {low} 至 {high}）"),
    "orders_for_show": Say("amount of orders made for show", "为展示而下的订单金额"),
    "amount": Say("{mid} (90% interval {low} to {high}), of {gross} created", "{mid}（90% 区间 {low} 至 {high}），下单总额 {gross}"),
    "nothing": Say("Nothing was measured that could be stated with an interval.", "没有可附区间陈述的测得事实。"),
    "open_note": Say("The verdict is not “likely”: these figures are open, and the records named below would decide them.", "结论并非“很可能”：上述数字尚无定论，下列记录可以定论。"),
    "stated": Say("What the sender states from other records", "移送方依据其他记录所述"),
    "thresholds": Say("What the law says, as of {day}", "截至 {day} 的法律规定"),
    "law": Say("law", "法律"),
    "article": Say("article", "条"),
    "text": Say("says", "内容"),
    "not_compared": Say("The amounts above are not the amount of business or the gains that articles speak of: those are what was paid for the service, which this record does not show unless it is stated above.", "上述金额并非条文所称的“非法经营数额”或“违法所得”：后者指为该服务所支付的款项，除非前文另有陈述，本记录并未显示。"),
    "evidence": Say("Evidence", "证据"),
    "bundle": Say("Signed bundle {file}; SHA-256:", "签名证据包 {file}；SHA-256："),
    "wanted": Say("Records that would decide what is open", "可以定论的记录"),
    "sign": Say("Sender: ____________________    Date: ____________________", "移送方（盖章）：____________________    日期：____________________"),
}  # fmt: skip
_FIGURES: Mapping[str, Say] = {
    "score": Say("scores from their reasons", "由依据求得的得分"),
    "probability": Say("probabilities from scores", "由得分求得的概率"),
    "headline": Say("headline from the questions", "由各问题得出的结论"),
    "bridge": Say("sales bridge from order rows", "由订单记录重算的销售额"),
    "evidence": Say("evidence found again by the signals", "由信号重新得出的证据"),
    "verdict": Say("weights and answers judged anew", "重新评判的权重与结论"),
    "acts": Say("digests of acts", "行为的摘要"),
    "seals": Say("seals of acts that follow one another", "前后相连的行为封印"),
    "case": Say("where the case stands, from its acts", "由行为得出的案件状态"),
    "proposal": Say("what the rules made of the facts", "规则对事实的判定"),
    "key": Say("key it names", "所称密钥"),
    "page": Say("page from the data", "由数据生成的页面"),
    "policy": Say("signals (made under another version or policy)", "信号（由其他版本或规则制作）"),
}


_SEGMENTS: Mapping[str, Say] = {
    "page": Say("page", "页面"), "manifest": Say("manifest", "清单"), "signature": Say("signature", "签名"),
}  # fmt: skip
"""Parts of a file that are no table of data; those go by their names."""


def say(name: str, lang: Lang, **args: object) -> str:
    """A sentence of these pages in `lang`."""
    return phrase(SAYS[name], args, lang)


def _after(name: str, lang: Lang, *exact: str) -> str:
    """A sentence followed by what no mask may touch: fingerprints and digests."""
    return " ".join((say(name, lang), *exact))


def subject(told: Contents) -> str:
    """The subject's name as a page shows it."""
    v = told.verdict
    return clean(v.session_id if isinstance(v, SessionVerdict) else v.shop_id, ID_LIMIT)


def bundle_page(told: Contents, lang: Lang) -> Page:
    """What people read of a bundle; it follows from the content alone."""
    made = told.made
    sections = [_verdict(told, lang)]
    if told.verdict.gmv:
        sections.append(Section("bridge", say("bridge", lang), (_bridge(told, lang),)))
    sections += [
        Section("held", say("held", lang), (Lines(tuple(_held(told, lang))),)),
        Section("custody", say("custody", lang), tuple(_custody(told, lang))),
        Section(
            "signature", say("signature", lang), (Lines((_after("key", lang, made.key), say("trust", lang))),)
        ),
    ]
    return Page(
        say("title", lang, subject=subject(told)),
        say("meta", lang, version=clean(made.zhenbo), as_of_us=made.as_of, policy=clean(made.policy.partition("#")[0])),
        (say("what", lang),), tuple(sections), (say("method_1", lang), say("method_2", lang)), "zhenbo evidence verify FILE", f"zhenbo 真播 {clean(made.zhenbo)}",
    )  # fmt: skip


def _verdict(told: Contents, lang: Lang) -> Section:
    v = told.verdict
    heads = tuple(say(k, lang) for k in ("finding", "question", "weight", "rows", "again"))
    weigh, idle = ([r for r in v.reasons if bool(r.weight_db) is w] for w in (True, False))
    blocks = (
        [Table(heads, tuple(_reason(r, told, lang) for r in weigh), title=say("reasons", lang))]
        if weigh
        else []
    )
    if idle:
        blocks.append(
            Table(heads, tuple(_reason(r, told, lang) for r in idle), title=say("idle", lang), long=True)
        )
    banner = (
        say("score", lang, score=round(v.score_db, 1), prior=round(v.prior_db, 1)),
        say("person" if v.penalty_ready else "penalty", lang),
    )
    return Section(
        "verdict", labels.name(labels.QUESTIONS, v.question.value, lang), tuple(blocks),
        meta=f"{masked(v.platform)} · {clean(v.host_id, ID_LIMIT)} · {fmt.iso(v.start)}", outcome=v.verdict.value, banner=banner,
    )  # fmt: skip


def _reason(r: Reason, told: Contents, lang: Lang) -> tuple[Cell, ...]:
    return (
        Cell(masked(r.says, 400)), Cell(labels.name(labels.QUESTION_NOUNS, r.question.value, lang), "soft"), Cell(f"{r.weight_db:.1f}", "num"),
        Cell(fmt.number(r.events_total), "num"), Cell(say("yes" if r.id in told.made.recomputes else "no", lang), "soft"),
    )  # fmt: skip


def _bridge(told: Contents, lang: Lang) -> Table:
    gmv = told.verdict.gmv
    assert gmv is not None
    rows = [
        (Cell(label), Cell(fmt.money(amount, gmv.currency), "num"), Cell(""))
        for label, amount in steps(gmv, lang)
    ]
    rows[-1] = (*rows[-1][:2], Cell(_between(gmv.brushed_low, gmv.brushed_high, gmv.currency, lang), "soft"))
    v = gmv.verified
    rows.append((Cell(say("equals", lang)), Cell(fmt.money(v.mid, gmv.currency), "num"), Cell(_between(v.low, v.high, gmv.currency, lang), "soft")))  # fmt: skip
    return Table(("", "", ""), tuple(rows))


def _between(low: int, high: int, currency: str, lang: Lang) -> str:
    return say("between", lang, low=fmt.money(low, currency), high=fmt.money(high, currency))


def _held(told: Contents, lang: Lang) -> Iterable[str]:
    made = told.made
    yield say("extract_whole" if made.whole else "extract", lang, extracted=made.extracted, rows=made.rows)
    yield say("masked", lang, n=made.masked)


def _custody(told: Contents, lang: Lang) -> Iterable[Block]:
    files = tuple(
        (Cell(masked(s.file)), Cell(fmt.number(s.bytes), "num"), Cell(s.sha256, "soft"))
        for s in told.made.sources
    )
    yield Table(tuple(say(k, lang) for k in ("source", "bytes", "sha")), files, long=len(files) > 40)
    samples = []
    for chain in chains(told.custody):
        gaps = listed([phrase(GAPS[g.name], g.args, lang) for g in chain.gaps], lang)
        state = say("gapped", lang, gaps=gaps) if gaps else say("unbroken", lang)
        samples.append(
            say("samples", lang, sample=clean(chain.sample, ID_LIMIT), n=len(chain.links), state=state)
        )
    if samples:
        yield Lines(tuple(samples), listed=True)
    if told.acts:
        rows = tuple(
            (Cell(clean(a.kind)), Cell(fmt.clock(a.at), "when"), Cell(a.seal[:16], "soft")) for a in told.acts
        )
        yield Table(tuple(say(k, lang) for k in ("act", "when", "seal")), rows, title=say("acts", lang))
    if told.made.head:
        yield Lines((_after("head", lang, told.made.head),), soft=True)


def check_page(
    file: str, findings: Sequence[Finding], counts: Mapping[tuple[str, str], int], key: str, trusted: bool | None, version: str, lang: Lang
) -> Page:  # fmt: skip
    """What a check found.

    Args:
        file: its name.
        findings: bytes that are not as signed.
        counts: checks by figure and state.
        key: fingerprint of the key it carries.
        trusted: whether that is the key that was asked for; None where none was.
        version: of zhenbo.
        lang: language.
    """
    wrong = sum(n for (_, state), n in counts.items() if state == "differs")
    banner = (
        [say("altered_says", lang, n=len(findings))] if findings
        else [say("differs_says", lang, n=wrong)] if wrong
        else [_after("intact_says", lang, key)]
    )  # fmt: skip
    banner.append(
        _after("other_key", lang, key)
        if trusted is False
        else ""
        if trusted or findings
        else say("trust", lang)
    )
    fine = not findings and not wrong and trusted is not False
    blocks: list[Block] = []
    if findings:
        rows = tuple(
            (
                Cell(phrase(_SEGMENTS[f.segment], {}, lang) if f.segment in _SEGMENTS else clean(f.segment)), Cell(str(f.entry) if f.entry else "–", "num"), Cell(f"{f.start}–{max(f.end - 1, f.start)}", "num"),
                Cell(say(f.what, lang)), Cell(masked(f.says), "soft"),
            )
            for f in findings
        )  # fmt: skip
        blocks.append(
            Table(
                tuple(say(k, lang) for k in ("part", "entry", "range", "change", "now")),
                rows,
                title=say("places", lang),
            )
        )
    if counts:
        told = tuple(
            (
                Cell(phrase(name, {}, lang)),
                *(Cell(fmt.number(counts.get((what, state), 0)), "num") for state in ("same", "differs", "not_checked")),
            )
            for what, name in _FIGURES.items()
            if any(w == what for w, _ in counts)
        )  # fmt: skip
        heads = tuple(say(k, lang) for k in ("figure", "same", "differs", "not_checked"))
        blocks.append(Table(heads, told, title=say("recomputed", lang)))
    section = Section(
        "check", clean(file, ID_LIMIT), tuple(blocks), outcome="unlikely" if fine else "likely", banner=tuple(filter(None, banner)),
        word=say("intact" if fine else "altered" if findings else "differs", lang),
    )  # fmt: skip
    again = f"zhenbo evidence verify {clean(file)}"
    return Page(
        say("title_check", lang),
        "",
        (),
        (section,),
        (say("method_check", lang),),
        again,
        f"zhenbo 真播 {clean(version)}",
    )


def referral_page(
    told: Contents, thresholds: Sequence[Threshold], stated: Sequence[tuple[str, int]], bundle: tuple[str, str], again: str, lang: Lang
) -> Page:  # fmt: skip
    """The referral sheet.

    Args:
        told: content of the bundle.
        thresholds: of the law; those in force when the broadcast began are printed.
        stated: amounts that the sender states of other records, with what they are, in minor units of yuan.
        bundle: name of the file and its SHA-256.
        again: the command that makes the sheet.
        lang: language.
    """
    v, made = told.verdict, told.made
    day = _day(v.start, made.as_of)
    law = tuple(
        (Cell(phrase(t.law, {}, lang)), Cell(t.article), Cell(phrase(t.text, {}, lang))) for t in thresholds if t.holds(day)
    )  # fmt: skip
    claims = tuple((masked(name), fmt.money(minor, "CNY")) for name, minor in stated)
    wanted = tuple(masked(ask, 400) for ask in v.ask_for)
    sections = [
        Section("measured", say("measured", lang), tuple(_measured(told, lang))),
        *([Section("stated", say("stated", lang), (Facts(claims),))] if claims else []),
        Section("law", say("thresholds", lang, day=day.isoformat()), (
            Table(tuple(say(k, lang) for k in ("law", "article", "text")), law), Lines((say("not_compared", lang),)),
        )),
        *([Section("wanted", say("wanted", lang), (Lines(wanted, listed=True),))] if wanted else []),
        Section("evidence", say("evidence", lang), (
            Lines((f"{say('bundle', lang, file=bundle[0])} {bundle[1]}", _after("key", lang, made.key), say("trust", lang), say("sign", lang))),
        )),
    ]  # fmt: skip
    return Page(
        say("title_refer", lang, subject=subject(told)), say("refer_meta", lang, as_of_us=made.as_of), (say("refer_what", lang),),
        tuple(sections), (say("method_1", lang),), again, f"zhenbo 真播 {clean(made.zhenbo)}",
    )  # fmt: skip


def _day(start: str | None, as_of: int) -> dt.date:
    """The day of the facts, as China counts days."""
    at = (
        dt.datetime.fromisoformat(start)
        if start
        else dt.datetime(1970, 1, 1, tzinfo=dt.UTC) + dt.timedelta(microseconds=as_of)
    )
    return at.astimezone(dt.timezone(dt.timedelta(hours=8))).date()


def _measured(told: Contents, lang: Lang) -> Iterable[Block]:
    v = told.verdict
    facts = []
    for metric in labels.METRICS:
        fake: Fake | None = getattr(v.fake, metric)
        if fake is not None and fake.mid:
            numbers = {k: fmt.number(getattr(fake, k)) for k in ("mid", "shown", "low", "high")}
            name = labels.name(labels.METRICS, metric, lang)
            facts.append((say("fabricated", lang, metric=name), say("of_shown", lang, **numbers)))
    gmv = v.gmv
    if gmv and gmv.brushed:
        amounts = {
            "mid": fmt.money(gmv.brushed, gmv.currency), "low": fmt.money(gmv.brushed_low, gmv.currency),
            "high": fmt.money(gmv.brushed_high, gmv.currency), "gross": fmt.money(gmv.gross, gmv.currency),
        }  # fmt: skip
        facts.append((say("orders_for_show", lang), say("amount", lang, **amounts)))
    yield Facts(tuple(facts)) if facts else Lines((say("nothing", lang),))
    notes = [say("open_note", lang)] if v.verdict.value != "likely" and facts else []
    notes += [] if v.penalty_ready else [say("penalty", lang)]
    if notes:
        yield Lines(tuple(notes))
