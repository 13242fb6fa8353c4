"""The audit of what fits in memory: a dataset in, verdicts out."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal, Protocol

import msgspec

from zhenbo import __version__
from zhenbo.audit.crews import Crew, followed
from zhenbo.audit.deal_payments import money_rows
from zhenbo.audit.interests import NOBODY, Interests, merchants_of, with_insiders
from zhenbo.audit.many import many
from zhenbo.audit.performed import performed
from zhenbo.audit.pooled import pooled
from zhenbo.audit.returns import Usual
from zhenbo.audit.session import Audited, Case, Words, audit_case, case
from zhenbo.core.cells import Categories, Facts, Reference, categories_of, facts_of
from zhenbo.core.dataset import Dataset, subjects
from zhenbo.core.errors import NoEventsError, Reject
from zhenbo.core.evidence import Evidence, Found, Say
from zhenbo.core.exhibit import Exhibit
from zhenbo.core.papers import Papers
from zhenbo.core.session import Session
from zhenbo.core.verdict import Audit, GroupSeen, SessionVerdict, ShopVerdict
from zhenbo.judge import Group, Policy, united
from zhenbo.pipeline.counterfactual import afresh, hypotheses
from zhenbo.pipeline.deals import with_deals
from zhenbo.pipeline.packs import Packs, default_packs
from zhenbo.report.labels import ask
from zhenbo.report.phrase import phrase
from zhenbo.signals.catalogue import catalogue

if TYPE_CHECKING:
    from zhenbo.intake.load import Loaded

Lang = Literal["zh", "en"]
UNTOLD: Categories = MappingProxyType({})
"""Where no product has a category."""
NO_PAPERS = Papers()


class Naming(Protocol):
    """Who was named: probabilities by account and by order, and who acts as one."""

    @property
    def accounts(self) -> Mapping[str, float]: ...  # noqa: D102 - the class says it

    @property
    def orders(self) -> Mapping[str, float]: ...  # noqa: D102 - the class says it

    @property
    def groups(self) -> tuple[Group, ...]: ...  # noqa: D102 - the class says it


class Spoken(Protocol):
    """A subject judged, as a result needs it: `audit.session.Audited`, or a row read back from a worker."""

    @property
    def verdict(self) -> SessionVerdict | ShopVerdict: ...  # noqa: D102 - the class says it

    @property
    def judgement(self) -> Naming: ...  # noqa: D102 - the class says it

    @property
    def exhibit(self) -> Exhibit: ...  # noqa: D102 - the class says it

    @property
    def crew(self) -> Crew: ...  # noqa: D102 - the class says it


@dataclass(frozen=True)
class Result:
    """A finished audit: the contract, what the report shows beside it, and what could not be read."""

    audit: Audit
    audited: tuple[Spoken, ...]
    rejects: tuple[Reject, ...] = ()
    groups: tuple[Group, ...] = ()


def baselines(signal_id: str) -> Mapping[str, Any]:
    """The wide baseline values of a signal (`packs/baselines/<signal>.toml`); empty where it declares none."""
    known = default_packs().baselines.get(signal_id)
    return known.values if known else {}


def default_policy() -> Policy:
    """The shipped policy with its calibration."""
    return default_packs().policy


def look(
    session: Session, packs: Packs | None = None, categories: Categories = UNTOLD
) -> dict[str, tuple[Found, ...]]:
    """What every signal finds in a subject, by its id; evidence names the reference cell it was compared with.

    Args:
        session: the subject.
        packs: baselines and calendar; the shipped ones by default.
        categories: of products.
    """
    packs = packs or default_packs()
    facts = facts_of(session, categories, packs.calendar)
    found = {}
    for signal in catalogue().values():
        reference = packs.reference(signal.id, facts)
        found[signal.id] = tuple(_compared(f, reference) for f in signal.look(session, reference.values))
    return found


def _compared(found: Found, reference: Reference) -> Found:
    """Evidence with the cell it was compared with, the sessions that rests on, and its share in the values used."""
    if not reference.cell or not isinstance(found, Evidence):
        return found
    told = {"cell": reference.cell, "cell_sessions": reference.n, "cell_share": reference.weight}
    return replace(found, args={**found.args, **told})


def words(lang: Lang) -> Words:
    """How findings are put into words in a language."""
    return Words(
        phrase=lambda say, args: phrase(say, args, lang),
        ask=lambda record: ask(record, lang),
        says=lambda signal, message: catalogue()[signal].says[message],
    )


def cases(
    data: Dataset,
    as_of: int | None = None,
    policy: Policy | None = None,
    progress: Callable[[Session], None] = lambda _: None,
    packs: Packs | None = None,
    wanted: Callable[[Session], bool] = lambda _: True,
    interests: Interests = NOBODY,
) -> Iterator[Case]:
    """Every session and shop month of a dataset that is wanted with what the signals find in it, ready to be judged."""
    packs = packs or default_packs()
    policy, categories = policy or packs.policy, categories_of(data.products)
    for subject in filter(wanted, subjects(data, as_of)):
        progress(subject)
        subject = with_insiders(subject, interests)  # noqa: PLW2901 - the same subject, better known
        yield case(subject, look(subject, packs, categories), policy, usual(subject, packs, categories))


def usual(session: Session, packs: Packs, categories: Categories) -> Usual:
    """What is usual of the returns of a subject's goods.

    Args:
        session: the subject.
        packs: baselines and calendar.
        categories: of products.
    """
    facts = facts_of(session, categories, packs.calendar)
    mine = {product: c for (platform, product), c in categories.items() if platform == session.platform}
    return Usual(
        packs.reference(RETURNS, facts).values,
        {c: packs.reference(RETURNS, replace(facts, category=c)).values for c in sorted(set(mine.values()))},
        mine,
    )


RETURNS = "sales.returns"
"""The pack of what is usual of returns."""


def concluded(
    made: Case, policy: Policy, lang: Lang, looking: Callable[[Session], Mapping[str, Sequence[Found]]],
    interests: Interests = NOBODY,
) -> Audited:  # fmt: skip
    """A subject judged and put into words, with its counterfactual and with the reference cells it was compared with.

    Args:
        made: the subject with what was found.
        policy: to judge by.
        lang: language of the sentences.
        looking: what every signal finds in a subject.
        interests: who may gain by what is fabricated.
    """
    done = audit_case(made, policy, words(lang), afresh(policy, looking, interests))
    told: dict[tuple[str, int | None], list[str]] = {}
    for reason in done.verdict.reasons:
        if reason.args.get("cell_share", 0) >= CELL_DECIDES:
            names = told.setdefault((reason.args["cell"], reason.args["cell_sessions"]), [])
            names += [reason.signal] if reason.signal not in names else []
    said = [
        phrase(COMPARED if n else SET, {"cell": cell, "n": n, "signals": names}, lang)
        for (cell, n), names in sorted(told.items(), key=lambda t: (t[0][0], t[0][1] or 0))
    ]
    return (
        replace(done, verdict=msgspec.structs.replace(done.verdict, notes=[*done.verdict.notes, *said]))
        if said
        else done
    )


CELL_DECIDES = 0.5
"""Share of a cell in a value from which a verdict says so in words; evidence carries cell, sessions and share in any case."""
COMPARED = Say(
    "Compared with the reference cell {cell} ({n|session|sessions}): {signals}.",
    "比较基准：{cell}（{n} 场）：{signals}。",
)
SET = Say(
    "Compared with the reference cell {cell} (set, not estimated): {signals}.",
    "比较基准：{cell}（人为设定，非估计）：{signals}。",
)


def audit_dataset(
    data: Dataset,
    *,
    as_of: int | None = None,
    lang: Lang = "zh",
    policy: Policy | None = None,
    packs: Packs | None = None,
    rejects: Sequence[Reject] = (),
    progress: Callable[[Session], None] = lambda _: None,
    papers: Papers = NO_PAPERS,
    wanted: Callable[[Session], bool] = lambda _: True,
) -> Result:
    """Audit every session and shop month of a dataset that is wanted.

    Args:
        data: canonical tables.
        as_of: microsecond at which the record is read; the latest event by default.
        lang: language of the sentences.
        policy: that of the packs by default.
        packs: baselines, calendar and policy; the shipped ones by default.
        rejects: findings of intake, carried along.
        progress: called with each subject before it is audited.
        papers: deals to settle, and who is who.
        wanted: which subjects; a sample is judged within the whole record, and so as in an audit of all.
    """
    packs = packs or default_packs()
    policy = policy or packs.policy
    looking = partial(look, packs=packs, categories=categories_of(data.products))
    interests = Interests(merchants_of(data.products), papers)
    audited, done = [], []
    for made in cases(data, as_of, policy, progress, packs, wanted, interests):
        told = concluded(made, policy, lang, looking, interests)
        audited.append(told)
        done += performed(made.session, told.verdict, told.judgement.orders, papers, policy)
    moment = data.latest if as_of is None else as_of
    result = result_of(audited, moment, policy, lang, rejects, packs)
    if not papers:
        return result
    return replace(result, audit=with_deals(result.audit, done, papers, money_rows(data.events), moment))


def result_of(
    audited: Sequence[Spoken], moment: int, policy: Policy, lang: Lang, rejects: Sequence[Reject],
    packs: Packs | None = None,
) -> Result:  # fmt: skip
    """The result of audited subjects, in the order given."""
    audited = _with_crews(_with_returns(audited, packs or default_packs()))
    verdicts = [a.verdict for a in audited]
    crews = united([g for a in audited for g in a.judgement.groups])
    audit = Audit(
        zhenbo=__version__,
        as_of=(datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=moment))
        .isoformat()
        .replace("+00:00", "Z"),
        policy=policy.name,
        lang=lang,
        sessions=[v for v in verdicts if isinstance(v, SessionVerdict)],
        shops=[v for v in verdicts if isinstance(v, ShopVerdict)],
        notes=_unused(rejects, lang),
        many=many(verdicts, policy),
        groups=[
            GroupSeen(
                group_id=g.id, organised=g.organised, sessions=list(g.sessions), accounts=len(g.accounts),
                probability=sum(sorted(g.accounts.values())) / len(g.accounts), signals=list(g.signals), reasons=list(g.reasons),
            )
            for g in crews
        ],
    )  # fmt: skip
    return Result(audit, tuple(audited), tuple(rejects), crews)


def _with_returns(audited: Sequence[Spoken], packs: Packs) -> Sequence[Spoken]:
    """The same subjects, each told what is to come back by what all subjects of its host show together."""
    told = [(f"{a.verdict.platform}\0{a.verdict.host_id}", a.verdict.gmv) for a in audited]
    gmvs = pooled(told, lambda c: packs.reference(RETURNS, Facts(category=c or None)).values)
    return _retold(audited, "gmv", gmvs)


def _with_crews(audited: Sequence[Spoken]) -> Sequence[Spoken]:
    """The same subjects, each told where else those who bought there bought."""
    return _retold(audited, "purchaser", followed([(a.verdict, a.crew) for a in audited], hypotheses()))


def _retold(audited: Sequence[Spoken], field: str, values: Iterable[object]) -> Sequence[Spoken]:
    """The same subjects with a field of each verdict as it is now."""
    return [
        a if value is getattr(a.verdict, field) else replace(a, verdict=msgspec.structs.replace(a.verdict, **{field: value}))  # type: ignore[type-var]
        for a, value in zip(audited, values, strict=True)
    ]  # fmt: skip


UNUSED = Say(
    "Not used: {rows|row|rows} and {files|whole file|whole files}. `rejects.jsonl` names each with file, line and reason.",
    "未能使用：{rows} 行数据和 {files} 个完整文件。逐条的文件、行号与原因见 `rejects.jsonl`。",
)


def _unused(rejects: Sequence[Reject], lang: Lang) -> list[str]:
    whole = sum(r.line == 0 for r in rejects)
    return [phrase(UNUSED, {"rows": len(rejects) - whole, "files": whole}, lang)] if rejects else []


def audit_paths(paths: Sequence[Path], key: bytes, deals: Sequence[Path] = (), **options: Any) -> Result:
    """Read files of any known source and audit them, with the deals found among them and in further files.

    Raises:
        NoEventsError: when nothing readable was found; the message names what was seen instead.
    """
    from zhenbo.intake.load import load

    loaded = load(paths, key)
    rejects = loaded.unused
    if not loaded.dataset.events.num_rows:
        raise nothing_read(paths, rejects)
    told = read_papers(loaded, paths, deals)
    return audit_dataset(loaded.dataset, rejects=rejects, papers=told, **options)


def read_papers(loaded: "Loaded", paths: Sequence[Path], deals: Sequence[Path] = ()) -> Papers:
    """The papers found among some paths and in further files, people in them named as in the record."""
    from zhenbo.intake import papers

    platforms = loaded.dataset.events["platform"].unique().to_pylist()
    return papers.hidden(papers.read(paths, deals), loaded.people, [p for p in platforms if p])


def nothing_read(paths: Sequence[Path], rejects: Sequence[Reject]) -> NoEventsError:
    """What is said where no event could be read: what was there instead, and what is known."""
    seen = (
        "; ".join(
            dict.fromkeys(f"{r.file}: {', '.join(filter(None, (r.reason, r.detail)))}" for r in rejects)
        )
        or "no files there"
    )
    return NoEventsError(
        f"No readable event in {', '.join(map(str, paths))} ({seen[:600]}). Known sources and the columns they are "
        "known by: docs/sources.md; canonical columns, to which those of any table can be renamed: docs/schema.md."
    )
