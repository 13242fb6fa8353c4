"""Simulated live-commerce evenings with known truth: demo, oracle, benchmark and calibration ground."""

from zhenbo.worlds.attacks import ATTACKS
from zhenbo.worlds.bursts import BURSTS
from zhenbo.worlds.campaign import attacked, campaign
from zhenbo.worlds.catalogue import WORLDS
from zhenbo.worlds.truth import SessionTruth, World
from zhenbo.worlds.views import VIEWS

__all__ = ["ATTACKS", "BURSTS", "VIEWS", "WORLDS", "SessionTruth", "World", "attacked", "campaign"]
