"""Rules asked of facts as of a day, and what is wrong with a pack of them. Pure."""

from zhenbo.act.policy.change import Change, changes
from zhenbo.act.policy.check import Finding, between, check
from zhenbo.act.policy.ruling import Ruling, rulings
from zhenbo.act.policy.told import days_read, facts_of

__all__ = ["Change", "Finding", "Ruling", "between", "changes", "check", "days_read", "facts_of", "rulings"]
