"""Signals: one file = one signal = one documentation page; folders are evidence families."""
