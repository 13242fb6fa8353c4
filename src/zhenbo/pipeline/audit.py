"""The audit of what fits in memory: a dataset in, verdicts out."""

import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal, Protocol

from zhenbo import __version__
from zhenbo.audit.many import many
from zhenbo.audit.session import Case, Words, audit_case, case
from zhenbo.core.dataset import Dataset, subjects
from zhenbo.core.errors import NoEventsError, Reject
from zhenbo.core.evidence import Found, Say
from zhenbo.core.exhibit import Exhibit
from zhenbo.core.session import Session
from zhenbo.core.verdict import Audit, SessionVerdict, ShopVerdict
from zhenbo.judge import Policy, parse_policy
from zhenbo.pipeline.counterfactual import afresh
from zhenbo.report.labels import ask
from zhenbo.report.phrase import phrase
from zhenbo.signals.catalogue import catalogue

Lang = Literal["zh", "en"]
_PACKS = files("zhenbo.packs")


class Naming(Protocol):
    """Who was named: probabilities by account and by order."""

    @property
    def accounts(self) -> Mapping[str, float]: ...  # noqa: D102 - the class says it

    @property
    def orders(self) -> Mapping[str, float]: ...  # noqa: D102 - the class says it


class Spoken(Protocol):
    """A subject judged, as a result needs it: `audit.session.Audited`, or a row read back from a worker."""

    @property
    def verdict(self) -> SessionVerdict | ShopVerdict: ...  # noqa: D102 - the class says it

    @property
    def judgement(self) -> Naming: ...  # noqa: D102 - the class says it

    @property
    def exhibit(self) -> Exhibit: ...  # noqa: D102 - the class says it


@dataclass(frozen=True)
class Result:
    """A finished audit: the contract, what the report shows beside it, and what could not be read."""

    audit: Audit
    audited: tuple[Spoken, ...]
    rejects: tuple[Reject, ...] = ()


@cache
def baselines(signal_id: str) -> Mapping[str, Any]:
    """Declared baseline values of a signal (`packs/baselines/<signal>.toml`); empty where it declares none."""
    path = _PACKS / "baselines" / f"{signal_id}.toml"
    if not path.is_file():
        return {}
    return {name: entry["value"] for name, entry in tomllib.loads(path.read_text("utf-8")).items()}


@cache
def default_policy() -> Policy:
    """The shipped policy with its calibration."""
    return parse_policy(
        (_PACKS / "policies" / "default.toml").read_text("utf-8"),
        (_PACKS / "calibration" / "caps.toml").read_text("utf-8"),
    )


def look(session: Session) -> dict[str, tuple[Found, ...]]:
    """What every signal finds in a subject, by its id."""
    return {s.id: tuple(s.look(session, baselines(s.id))) for s in catalogue().values()}


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
) -> Iterator[Case]:
    """Every session and shop month of a dataset with what the signals find in it, ready to be judged."""
    policy = policy or default_policy()
    for subject in subjects(data, as_of):
        progress(subject)
        yield case(subject, look(subject), policy)


def audit_dataset(
    data: Dataset,
    *,
    as_of: int | None = None,
    lang: Lang = "zh",
    policy: Policy | None = None,
    rejects: Sequence[Reject] = (),
    progress: Callable[[Session], None] = lambda _: None,
) -> Result:
    """Audit every session and shop month of a dataset.

    Args:
        data: canonical tables.
        as_of: microsecond at which the record is read; the latest event by default.
        lang: language of the sentences.
        policy: the shipped one by default.
        rejects: findings of intake, carried along.
        progress: called with each subject before it is audited.
    """
    policy = policy or default_policy()
    said = words(lang)
    again = afresh(policy, look)
    audited = [audit_case(made, policy, said, again) for made in cases(data, as_of, policy, progress)]
    return result_of(audited, data.latest if as_of is None else as_of, policy, lang, rejects)


def result_of(
    audited: Sequence[Spoken], moment: int, policy: Policy, lang: Lang, rejects: Sequence[Reject]
) -> Result:
    """The result of audited subjects, in the order given."""
    verdicts = [a.verdict for a in audited]
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
    )
    return Result(audit, tuple(audited), tuple(rejects))


UNUSED = Say(
    "Not used: {rows} rows and {files} whole files. `rejects.jsonl` names each with file, line and reason.",
    "未能使用：{rows} 行数据和 {files} 个完整文件。逐条的文件、行号与原因见 `rejects.jsonl`。",
)


def _unused(rejects: Sequence[Reject], lang: Lang) -> list[str]:
    whole = sum(r.line == 0 for r in rejects)
    return [phrase(UNUSED, {"rows": len(rejects) - whole, "files": whole}, lang)] if rejects else []


def audit_paths(paths: Sequence[Path], key: bytes, **options: Any) -> Result:
    """Read files of any known source and audit them.

    Raises:
        NoEventsError: when nothing readable was found; the message names what was seen instead.
    """
    from zhenbo.intake.load import load

    loaded = load(paths, key)
    rejects = loaded.unused
    if not loaded.dataset.events.num_rows:
        raise nothing_read(paths, rejects)
    return audit_dataset(loaded.dataset, rejects=rejects, **options)


def nothing_read(paths: Sequence[Path], rejects: Sequence[Reject]) -> NoEventsError:
    """What is said where no event could be read: what was there instead, and what is known."""
    seen = (
        "; ".join(dict.fromkeys(f"{r.file}: {r.reason} {r.detail}".strip() for r in rejects))
        or "no files there"
    )
    return NoEventsError(
        f"No readable event in {', '.join(map(str, paths))} ({seen[:600]}). Known sources and the columns they are "
        "known by: docs/sources.md; canonical columns: docs/schema.md."
    )
