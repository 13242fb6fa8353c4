"""The `zhenbo` command."""

from zhenbo.cli.command import main

__all__ = ["main"]
