"""Every kind of honest evening by name."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

import numpy as np

from zhenbo.worlds import organic
from zhenbo.worlds.bursts import crowds, feeds, gatherings, roofs, sales, voices
from zhenbo.worlds.crowd import Crowd
from zhenbo.worlds.show import Plan, Show, Words
from zhenbo.worlds.views import VIEWS

Shape = Callable[[Plan, np.random.Generator], Plan]
Play = Callable[[Show, np.random.Generator], None]


def _as_planned(plan: Plan, rng: np.random.Generator) -> Plan:  # noqa: ARG001 - the shape of shapes
    return plan


@dataclass(frozen=True)
class Burst:
    """One kind of honest evening.

    Args:
        says: what happens, in a line.
        play: fills the broadcast, ordinary audience included.
        shape: what this kind of evening changes in the plan.
        views: who can see it at all: what a push feed does shows to those who read the feed.
    """

    says: str
    play: Play = organic.play
    shape: Shape = _as_planned
    views: tuple[str, ...] = tuple(VIEWS)


def stage(plan: Plan, burst: str, rng: np.random.Generator, crowd: Crowd, words: Words) -> Show:
    """An honest broadcast with a named burst."""
    made = BURSTS[burst]
    show = Show(made.shape(plan, rng), crowd, words, burst=burst)
    made.play(show, rng)
    return show


def small(plan: Plan, rng: np.random.Generator) -> Plan:
    """Some dozens of people who know one another."""
    return replace(
        plan, watchers=int(rng.integers(15, 45)), minutes=int(rng.integers(60, 150)), comments=float(rng.uniform(0.5, 4)),
        watch_minutes=float(rng.uniform(4, 12)), regulars=0.5, cadence_s=60,
    )  # fmt: skip


def big(plan: Plan, rng: np.random.Generator) -> Plan:
    """Three times the audience, much of it echo."""
    return replace(plan, watchers=plan.watchers * 3, echo=float(rng.uniform(0.2, 0.35)), unrest=0.8)


def day_and_night(plan: Plan, rng: np.random.Generator) -> Plan:  # noqa: ARG001 - the shape of shapes
    """A whole day and night on air."""
    return replace(plan, minutes=1_440, cadence_s=60)


def apparel(plan: Plan, rng: np.random.Generator) -> Plan:  # noqa: ARG001 - the shape of shapes
    """An evening that sells clothes."""
    return replace(plan, category="apparel")


def long_enough(plan: Plan, rng: np.random.Generator) -> Plan:
    """An hour and a quarter at least."""
    return replace(plan, minutes=max(plan.minutes, int(rng.integers(75, 121))))


def _fed(says: str, play: Play, shape: Shape = feeds.fine) -> Burst:
    """An honest evening that a push feed records badly."""
    return Burst(says, play, shape, ("auditor", "capture"))


BURSTS: Mapping[str, Burst] = MappingProxyType({
    "none": Burst("a plain evening"),
    "lottery": Burst("lottery 福袋: for three minutes at a time the room chants a phrase to take part", voices.lottery),
    "called_chant": Burst("the host says 扣1 and a good part of the room types 1 for a minute or two; nobody declares it", voices.called_chant),
    "tap_hearts": Burst("'ten thousand hearts and I give a present': most of the room hammers the heart for some minutes", voices.tap_hearts),
    "raid": Burst("another host ends and sends the audience over: a third to one and a half times the room within two minutes", crowds.raid),
    "feature": Burst("the platform puts the room on a front page: a plateau of short visits", crowds.feature),
    "paid_traffic": Burst("千川: a flat stream of paid but real viewers, some of whom buy; declared with its invoice", crowds.paid),
    "celebrity": Burst("a star walks in: a steep rise, excited echoes, and most leave when the star does", crowds.celebrity),
    "reconnect": Burst("the stream breaks for a minute or two and four of five come back within seconds", crowds.reconnect),
    "apparel_returns": Burst("clothes: 60-80 % of paid orders come back, most of them days after delivery", sales.returns, apparel),
    "lockdown_region": Burst("parcels to two provinces do not arrive and three of four of those orders are refunded", sales.lockdown),
    "dorm": Burst("a students' hall behind one address translator, parcels to one gate", roofs.dorm),
    "family": Burst("families of two to five at one address, often on one tablet and with one payer", roofs.family),
    "office": Burst("a company orders gifts: one buyer, up to thirty equal orders to one address, nearly all kept", roofs.office),
    "fan_club": Burst("regulars who stay for hours, talk a lot and greet in the club's formula", roofs.fan_club),
    "newcomers": Burst("a new-user gift: half the room registered within the month, many in the same campaign hours", roofs.newcomers, roofs.campaign),
    "question_time": Burst("answer time: buyers copy the question format the host asked for", voices.questions),
    "auto_messages": Burst("the platform speaks in people's names: 来了 on entering, 正在去购买 on clicking", voices.auto),
    "announcer": Burst("the host's marked moderator repeats four rules on a timer", voices.announcer),
    "small_room": Burst("a small room of some dozens who stay and talk", organic.play, small),
    "big_room": Burst("a room three times as large that echoes itself", organic.play, big),
    "red_packet_rain": Burst("红包雨: an envelope every minute on the minute, each called and tapped for by part of the room", voices.red_packets),
    "prayer_room": Burst("fifty people post their own line every twelve seconds for an hour", voices.prayer, long_enough),
    "class_in_beat": Burst("a teacher counts down and the class posts one sentence within two seconds, round after round", voices.in_beat),
    "language_class": Burst("the teacher says a sentence, the pupils type it after her, then the next", voices.language_class),
    "word_chain": Burst("接龙: one after another signs up with the next number, a name and a count", voices.word_chain),
    "countdown": Burst("every launch is counted down by the whole room on the host's second", voices.countdown),
    "scripted_moderator": Burst("two marked moderators work through a script of sixteen lines on a timer", voices.duty),
    "presale_minute": Burst("618 or Double-11 opens on the hour: most orders of the evening fall within one minute", crowds.presale),
    "rebroadcast": Burst("partner rooms carry the stream in turns: viewers enter in waves and most of a wave leaves together", crowds.rebroadcast),
    "ranking_contest": Burst("a ranking closes at the end: taps and gifts pile up in the last ten minutes", crowds.ranking),
    "flash_sale": Burst("a flash sale for students at a set second: dorm mates order one item within half a minute", crowds.flash_sale),
    "company_staff": Burst("the host's company watches, cheers and orders from the office's one network and address", roofs.staff),
    "shared_tablets": Burst("a library's six tablets, a dozen accounts on each, one after the other", roofs.tablets),
    "privacy_browsers": Burst("a third of the accounts show one of five placeholder devices and three placeholder networks", roofs.privacy),
    "anniversary": Burst("a third of the room registered in the same six hours a year ago, in a promotion", roofs.anniversary),
    "for_relatives": Burst("two people queue some forty orders between them for their relatives and keep them", roofs.relatives),
    "depot_fire": Burst("a depot burns: orders of four provinces are all paid back by the seller on one day, never shipped", sales.depot),
    "price_cut": Burst("the price falls next day: buyers take their money back and buy again outside the room", sales.price_cut),
    "subscription_boxes": Burst("the same box at the same price for everybody, every parcel of the same weight", sales.boxes),
    "presale_deposit": Burst("a tenth is paid in the room, the balance on the tenth day; some let it lapse", sales.deposit),
    "day_and_night": Burst("a room on air for twenty-four hours: people come in the evening and sleep at night", organic.play, day_and_night),
    "idol_song": Burst("a fan club of a fifth to three quarters of the room is there in the first minutes and gone after its idol's song", gatherings.idol_song, gatherings.long_enough),
    "office_idle": Burst("thirty of the staff leave the room open on the office's one network, do nothing and go home at six sharp", gatherings.office_idle, gatherings.before_supper),
    "dorm_lights_out": Burst("a dormitory on one network watches until its line is cut at eleven; a third come back by mobile", gatherings.dorm_lights_out, gatherings.into_the_night),
    "known_draw": Burst("the draw is at a minute that all know: most of the room waits for it and is gone two minutes after it", gatherings.known_draw),
    "bell_class": Burst("a course with a bell: in before it, signing in when told to, gone within a minute of the last bell", gatherings.bell_class, gatherings.long_enough),
    "handover": Burst("a room that ends is redirected: its audience arrives within ten seconds by one entrance and half leave soon", gatherings.handover),
    "tv_link": Burst("a television show puts the room's code on the screen at a set minute: a jump of people who registered just now", gatherings.tv_link),
    "coin_task": Burst("the platform itself pays coins for watching three, five or ten minutes: many leave seconds after the mark", gatherings.coin_task),
    "greeted": Burst("the host greets people by name, and they say thanks, tap and follow in that order within a minute", gatherings.greeted),
    "share_coupon": Burst("a coupon for three shares: part of the room shares within minutes and brings one or two people each", gatherings.wave_of_shares),
    "feed-throttled": _fed("the push feed hands over at most so many rows of a kind per frame of seconds: the busier the room, the smaller the share", feeds.throttled, feeds.restless),
    "feed-resampled": _fed("the platform delivers 40-80 % of the rows, and 10-25 % once the room has passed a size", feeds.resampled, feeds.restless),
    "feed-member_loss": _fed("the server drops one kind of row under load or for a stretch, while the chat is complete", feeds.member_loss, feeds.restless),
    "feed-stalled": _fed("the collector's rows stop for one to ten minutes, up to four times; the displayed counters go on", feeds.stalled),
    "feed-reconnecting": _fed("the collector drops off three to ten times: no row and no reading for a while, then the counters have jumped", feeds.reconnecting),
    "feed-backlog": _fed("a recorder stamps rows on arrival: after each stall the rows held back come within two seconds", feeds.backlog),
    "feed-polled": _fed("a collector asks every five to sixty seconds and stamps all that is new with the moment it asked", feeds.polled),
    "feed-batched_likes": _fed("everybody's taps of a stretch arrive as one row with their sum, at the end of the stretch", feeds.batched_likes),
    "feed-lagging": _fed("the displayed counters are one to five minutes old", feeds.lagging),
    "feed-slow": _fed("the displayed counters are refreshed every minute, two or five, and stand still in between", feeds.slow),
    "feed-smoothed": _fed("the platform smooths the counters over minutes before it displays them", feeds.smoothed),
    "feed-page_views": _fed("the total of entries counts share pages, replays and widget impressions that are no entries", feeds.page_views),
    "feed-like_hundreds": _fed("clients report hearts to the counter in lots of a hundred, of which the rows know a tenth to a half", feeds.like_hundreds),
    "feed-counter_reset": _fed("the totals begin at zero again in mid-show and are put right minutes later", feeds.counter_reset),
    "feed-counter_corrected": _fed("a total counts part of what comes twice for a while and is then corrected downward", feeds.counter_corrected),
})  # fmt: skip
"""Every kind of honest evening by name."""
