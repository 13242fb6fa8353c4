"""`zhenbo check`: what is wrong with packs."""

import sys
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from zhenbo.cli.pages import finish
from zhenbo.cli.policy_ import again, common

if TYPE_CHECKING:
    from zhenbo.act.policy import Finding
    from zhenbo.core.rule import Pack

    Found = dict[str, tuple[int, tuple[Finding, ...]]]


@click.command("check")
@click.argument("packs", nargs=-1)
@common
def command(packs: tuple[str, ...], **options: Any) -> None:
    """Check packs of rules, guarantees and penalties, and the register of texts (`statutes`).

    PACKS are names of shipped ones or TOML files of your own; all shipped ones when none is named. Told are conditions
    that do not read, facts nobody knows, rules that can never hold or contradict each other, overlapping terms, missing
    translations, repealed citations, examples that do not do as they say; of several packs, also what contradicts
    between them. Ends with 1 where something is wrong.
    """
    from zhenbo import __version__
    from zhenbo.act.policy import between
    from zhenbo.core.rule import merged
    from zhenbo.pipeline.families import names
    from zhenbo.pipeline.policies import findings_json, shipped
    from zhenbo.report.policy import check_page

    found: Found = {}
    read = [pack for name in packs or (*shipped(), *names()) if (pack := _checked(name, found)) is not None]
    if len(read) > 1:
        own = {f for _, wrong in found.values() for f in wrong}
        together = merged(read)
        found[together.id if packs else "all"] = (
            len(together.rules),
            tuple(f for f in between(together) if f not in own),
        )
    page = check_page(found, again(), __version__, options["lang"])
    finish(
        page,
        findings_json({name: wrong for name, (_, wrong) in found.items()}),
        "check",
        options,
        html="check.html",
    )
    if any(wrong for _, wrong in found.values()):
        sys.exit(1)


def _checked(name: str, found: "Found") -> "Pack | None":
    """Add what is wrong with one pack; the pack itself where it is one of rules."""
    from zhenbo.act.policy import Finding, check
    from zhenbo.core.errors import PackError
    from zhenbo.core.evidence import Say
    from zhenbo.pipeline.families import check_family, names
    from zhenbo.pipeline.policies import pack_of, register, shipped

    own = Path(name).is_file()
    title = Path(name).name if own else name
    if name not in shipped() and (other := check_family(name)) is not None:
        found[title] = other
        return None
    if name not in shipped() and not own:
        every = [*shipped(), *names()]
        near = get_close_matches(name, every, n=1)
        raise PackError(f"There is no pack {name[:80]!r}, and no file of that name.{f' Did you mean {near[0]}?' if near else ''} Shipped: {', '.join(every)}.")  # fmt: skip
    try:
        pack = pack_of(name, strict=False)
    except PackError as error:
        found[title] = 0, (Finding("", "form", Say(str(error), str(error))),)
        return None
    found[title] = len(pack.rules), check(pack, register())
    return pack
