"""Verdicts as HTML, terminal blocks and CSV: pure functions of the audit, in Chinese and English."""

from zhenbo.report.html import render_html
from zhenbo.report.labels import ask
from zhenbo.report.phrase import phrase
from zhenbo.report.tables import csv_bytes
from zhenbo.report.terminal import render_terminal

__all__ = ["ask", "csv_bytes", "phrase", "render_html", "render_terminal"]
