"""Exact windows over canonical events: the one door through which signals count."""
