"""The command group: commands load when called, so that `--help` never waits for an engine."""

import importlib
import logging
import sys
from typing import Any

import click

from zhenbo import __version__
from zhenbo.core.errors import ZhenboError

COMMANDS = {
    "demo": "Simulate an evening of rooms, audit it, show the verdicts.",
    "audit": "Audit data folders or raw files of known sources.",
    "host": "What is true of a host's figures, over all its sessions.",
    "agency": "What is true of an agency's figures; whether its fees roll over.",
    "repurchase": "Who comes back, and what a customer is worth.",
    "deal": "Before signing a deal: when it pays, and how likely.",
    "portfolio": "Verify many hosts from a sample (ITDD, IT 专项核查).",
    "platform": "A platform's sales from a monitored head, as an interval.",
    "case": "Governance: sanctions with due process, appeals, the report.",
    "evidence": "Signed bundles anybody can check offline; referral; forgetting a person.",
    "inspect": "Sampling inspection: plans, switching, a budget, custody.",
    "claim": "Decide buyers' claims under promises and law.",
    "book": "Deposits, funds, advances and their recovery, in double entry.",
    "policy": "Rules as of a day: list them, ask them of facts, what changed.",
    "check": "What is wrong with a pack, of rules, guarantees or penalties.",
    "import": "Turn any known source into a canonical data folder.",
    "sim": "Make a simulated world with its truth, from a seed.",
    "calibrate": "Learn your own reference cells and calibration from history.",
    "prove": "Measure what the verdicts are worth.",
    "explain": "The page of a signal or of a rule.",
}


class _Lazy(click.Group):
    """Knows its commands by name; imports `zhenbo.cli.<name>_` only when one is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - click's signature
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = importlib.import_module(f"zhenbo.cli.{cmd_name}_").command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 - click's signature
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


_END = (
    "Results go to stdout, messages to stderr; with --json the JSON stands alone on stdout. Exit codes: 0 done; 1 nothing readable, or "
    "something was found wrong (check, verify, floors); 2 wrongly called, or a step that may not be taken. --lang is zh unless you say en."
)


@click.group(cls=_Lazy, epilog=_END, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="zhenbo")
def group() -> None:
    """真播 zhenbo: real viewers, engagement and sales in live commerce, told from bought ones."""


def main(**options: Any) -> None:
    """Run the command line; errors a person can mend are told without a traceback."""
    logging.basicConfig(format="zhenbo: %(message)s", stream=sys.stderr)
    logging.getLogger("zhenbo").setLevel(logging.INFO)
    try:
        group.main(standalone_mode=True, **options)
    except ZhenboError as error:
        click.echo(f"zhenbo: {error}", err=True)
        sys.exit(error.exit_code)
