"""Hosts of world-scoped work (`zhenbo.core.rows`): where the rows of a program meet."""
