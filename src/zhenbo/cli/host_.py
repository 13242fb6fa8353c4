"""`zhenbo host`: what is true of a host's figures."""

from typing import Any

import click

from zhenbo.cli.pages import finish
from zhenbo.cli.party import again, chosen, party_options, read


@click.command("host")
@click.option(
    "--host", "wanted", multiple=True, metavar="ID", help="Only this host; all of the record by default."
)
@party_options
def command(wanted: tuple[str, ...], **options: Any) -> None:
    """Audit the hosts of PATHS over all their sessions: verified audience and sales, growth, each session against the last.

    PATHS are data folders or raw files, audited on the fly, or --out folders of `zhenbo audit`. parties.toml beside
    them tells agencies, operators and former names.
    """
    from zhenbo.audit.coherence import incoherent
    from zhenbo.audit.host import HostReport, by_host, host_audit, ranked
    from zhenbo.pipeline.parties import windows_of
    from zhenbo.report.hosts import host_page

    found = read(options)
    papers = found.papers.registry
    held = by_host(found.verdicts, papers)
    names = chosen(wanted, list(held), papers.same, "host")
    hosts = ranked([
        host_audit(
            name, held[name], found.policy, registry=papers, readings=found.readings(name), windows=windows_of(found, held[name])
        )
        for name in names
    ])  # fmt: skip
    odd = incoherent(found.displayed())
    body = HostReport.of(found.audit, hosts, odd)
    page = host_page(found.audit, hosts, odd, again("host", found.audit, options, *(f"--host={w}" for w in wanted)), options["lang"])  # fmt: skip
    finish(page, body, "host", options, schema=True)
