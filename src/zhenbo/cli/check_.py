"""`zhenbo check`: what is wrong with packs of rules."""

import sys
from pathlib import Path
from typing import Any

import click

from zhenbo.cli.policy_ import again, common, finished


@click.command("check")
@click.argument("packs", nargs=-1)
@common
def command(packs: tuple[str, ...], **options: Any) -> None:
    """Check packs of rules: PACKS are names of shipped ones or TOML files of your own; all shipped ones when none is named.

    Told are conditions that do not read, facts nobody knows, rules that can never hold or contradict each other, overlapping
    terms, missing translations, repealed citations, examples that do not do as they say; of several packs, also what
    contradicts between them. Ends with 1 where something is wrong.
    """
    from zhenbo import __version__
    from zhenbo.act.policy import Finding, between, check
    from zhenbo.core.errors import PackError
    from zhenbo.core.evidence import Say
    from zhenbo.core.rule import merged
    from zhenbo.pipeline.policies import findings_json, pack_of, register, shipped
    from zhenbo.report.policy import check_page

    found: dict[str, tuple[int, tuple[Finding, ...]]] = {}
    read = []
    for name in packs or shipped():
        try:
            pack = pack_of(name, strict=False)
        except PackError as error:
            if not Path(name).is_file():
                raise
            found[Path(name).name] = 0, (Finding("", "form", Say(str(error), str(error))),)
            continue
        found[Path(name).name] = len(pack.rules), check(pack, register())
        read.append(pack)
    if len(read) > 1:
        own = {f for _, wrong in found.values() for f in wrong}
        together = merged(read)
        found[together.id if packs else "all"] = len(together.rules), tuple(f for f in between(together) if f not in own)
    page = check_page(found, again(), __version__, options["lang"])
    finished(page, findings_json({name: wrong for name, (_, wrong) in found.items()}), "check", options)
    if any(wrong for _, wrong in found.values()):
        sys.exit(1)
