"""The contracts that signals and mappings keep, and the measurement of what verdicts are worth."""
