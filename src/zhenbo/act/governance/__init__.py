"""Governance: cases with due process, gates, queues, tiers, campaigns and the report, as pure functions over acts."""
