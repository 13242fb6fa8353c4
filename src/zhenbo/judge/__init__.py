"""Evidence and policy become a verdict whose reasons add up exactly."""

from zhenbo.judge.groups import Group, united
from zhenbo.judge.policy import Policy, parse_policy
from zhenbo.judge.purchaser import Hypotheses, parse_hypotheses
from zhenbo.judge.weigh import Answer, Judgement, Weighed, judge, probability

__all__ = [
    "Answer",
    "Group",
    "Hypotheses",
    "Judgement",
    "Policy",
    "Weighed",
    "judge",
    "parse_hypotheses",
    "parse_policy",
    "probability",
    "united",
]
