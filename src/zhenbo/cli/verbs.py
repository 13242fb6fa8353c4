"""Commands that have verbs: their help tells each in a whole sentence, in the order in which one uses them."""

import click

_LONGEST = 400


class Verbs(click.Group):
    """A group whose help lists its verbs as they were defined, no sentence cut short."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """In the order of their definition."""
        return list(self.commands)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 - click's signature
        """Each verb with its first sentence."""
        with formatter.section("Commands"):
            formatter.write_dl(
                [(name, verb.get_short_help_str(_LONGEST)) for name, verb in self.commands.items()]
            )
