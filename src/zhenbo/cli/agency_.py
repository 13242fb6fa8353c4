"""`zhenbo agency`: what is true of an agency's figures, and whether its fees roll over."""

from typing import Any

import click

from zhenbo.cli.pages import finish
from zhenbo.cli.party import again, chosen, party_options, read
from zhenbo.core.errors import ZhenboError


@click.command("agency")
@click.option(
    "--agency", "wanted", multiple=True, metavar="ID", help="Only this agency; all in the papers by default."
)
@party_options
def command(wanted: tuple[str, ...], **options: Any) -> None:
    """Audit the agencies (MCN) of PATHS: their hosts' figures, their pledges, and whether service fees roll over.

    PATHS are data folders or raw files, audited on the fly, or --out folders of `zhenbo audit`. parties.toml tells which
    host was with whom and when, deals.toml the contracts; payments are money rows of the record.
    """
    from zhenbo.audit.agency import AgencyReport, agency_audit, gravest, houses
    from zhenbo.report.agencies import agency_page

    found = read(options)
    papers = found.papers.registry
    there = {who: house for house in houses(papers) for who in house}
    if not there:
        raise ZhenboError(
            "The papers name no agency. Put parties.toml (role, managed_by) or deals.toml (mcn_id) beside the record; "
            "docs/audits.md shows both."
        )
    moved = found.moved()
    asked = dict.fromkeys(there[who] for who in chosen(wanted, list(there), papers.same, "agency"))
    audits = gravest([
        agency_audit(house, found.audit, found.policy, registry=papers, moved=moved, as_of=found.as_of)
        for house in asked
    ])  # fmt: skip
    page = agency_page(found.audit, audits, again("agency", found.audit, options, *(f"--agency={w}" for w in wanted)), options["lang"])  # fmt: skip
    finish(page, AgencyReport.of(found.audit, audits), "agency", options, schema=True)
