"""Bundles of a case: its acts signed in one file, and everything that follows from them done again without a record."""

from collections.abc import Callable, Iterable

from msgspec.structs import replace

from zhenbo import __version__
from zhenbo.act.bundle import CaseFile, CaseMade, Opened, close, concerned, fingerprint
from zhenbo.act.governance.fold import PROPOSED, State, fold
from zhenbo.act.governance.ladder import propose
from zhenbo.act.governance.penalties import Penalties
from zhenbo.core.case import Proposal
from zhenbo.core.errors import CaseError, RecordError, ZhenboError
from zhenbo.core.evidence import Say
from zhenbo.intake.load import UNFORESEEN
from zhenbo.pipeline.evidence import Check, check, checked_acts, checked_page, code, sealed, written
from zhenbo.pipeline.governance import penalties, state_of
from zhenbo.record import Store
from zhenbo.report.casefile import case_bundle_page
from zhenbo.report.i18n import Lang
from zhenbo.report.page import Page, render_page


def gathered(store: Store, case: str, lang: Lang, signed: bytes) -> CaseFile:
    """The content of a case's bundle.

    Args:
        store: the record.
        case: the case.
        lang: language of the page.
        signed: public key of whoever signs.

    Raises:
        CaseError: when there is no such case.
    """
    head = store.head()
    party = state_of(store).of(case).case.party
    mine = concerned(list(store.entries(subject=party, kind="case.")), case)
    money = [e for e in store.entries(subject=case, kind="book.") if e.act.key.startswith(f"case/{case}/")]
    acts = sorted([*mine, *money], key=lambda e: e.number)
    pack, docket = penalties(), fold(e.act for e in acts).of(case)
    title = next(
        (o.title for o in pack.offence if o.id == docket.case.offence), Say(*(docket.case.offence,) * 2)
    )
    facts = {name: pack.facts[name].wanted for name in docket.case.facts if name in pack.facts}
    file = CaseFile(
        CaseMade(
            zhenbo=__version__, code=code(), pack=_name(pack), case=case, party=party, title=title, facts=facts, status=docket.status,
            as_of=max(e.act.at for e in acts), lang=lang, recomputes=[], head=written(head), key=fingerprint(signed),
        ),
        [sealed(e) for e in acts],
    )  # fmt: skip
    again = [key for key, said, now in proposals(file, pack) if said == now]
    return CaseFile(replace(file.made, recomputes=again), file.acts)


def bundled(told: CaseFile, key: bytes, sign: Callable[[bytes], bytes]) -> bytes:
    """The bundle as bytes; the same content and key give the same bytes."""
    return close(_rendered(told), told.data(), key, sign)


def page(told: CaseFile) -> Page:
    """What people read of it."""
    return case_bundle_page(told, fold(told.recorded()).of(told.made.case), _lang(told))


def rechecked(found: Opened) -> list[Check]:
    """Everything that an intact bundle of a case says, done again: acts, seals, where the case stands, what the rules made of it.

    Raises:
        ZhenboError: when its data cannot be computed with.
    """
    told = CaseFile.read(found.data)
    try:
        return list(_checks(told, found))
    except CaseError as error:
        raise ZhenboError(f"The bundle is intact, and its acts make no case {told.made.case[:80]!r}: it was not made by `zhenbo evidence make`, or acts were left out before it was signed.") from error  # fmt: skip
    except UNFORESEEN as error:
        raise ZhenboError(f"The bundle is intact, and its data cannot be computed with ({type(error).__name__}: {str(error)[:200]}): it was not made by `zhenbo evidence make`, or by another version.") from error  # fmt: skip


def _checks(told: CaseFile, found: Opened) -> Iterable[Check]:
    made, here = told.made, told.made.code == code()
    yield from checked_acts(told.acts, made.head)
    state = fold(told.recorded())
    yield check("case", "status", made.status, state.of(made.case).status)
    yield check("case", "acts without effect", 0, len(state.faults))
    for key, said, now in proposals(told, penalties()):
        if key in made.recomputes and here:
            yield check("proposal", key, said, now)
        else:
            yield Check("proposal", key, said, now, "same" if said == now else "not_checked")
    yield check("key", "fingerprint", made.key, fingerprint(found.key))
    yield checked_page(found, _rendered(told), exact=here)


def proposals(told: CaseFile, pack: Penalties) -> Iterable[tuple[str, str, str]]:
    """Each proposal of the case by its act's key, its digest as recorded, and as the rules make it from the acts before."""
    state = State()
    for act in told.recorded():
        if act.kind == PROPOSED and (body := act.read(Proposal)).case == told.made.case:
            yield act.key, body.digest, _again(state, body, pack)
        try:
            state.take(act)
        except RecordError:  # told as an act without effect
            continue


def _again(state: State, said: Proposal, pack: Penalties) -> str:
    """The digest of what the rules make of the case as it stands; empty where they are not those it was judged by."""
    if f"{said.rule.split(' ')[0]}@{said.rule.rpartition('@')[2]}" != _name(pack):
        return ""
    try:
        case = state.of(said.case).case
        return propose(case, pack, state.priors(case.party)).digest
    except CaseError:
        return ""


def _name(pack: Penalties) -> str:
    return f"{pack.id}@{pack.version}"


def _lang(told: CaseFile) -> Lang:
    return "en" if told.made.lang == "en" else "zh"


def _rendered(told: CaseFile) -> str:
    return render_page(page(told), _lang(told))
