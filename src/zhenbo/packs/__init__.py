"""Data, no Python: policies, mappings, baselines, locales (TOML, gettext)."""
