"""Honest crowds that keep an hour: they come together, stay for what they came for, and are gone with it."""

from dataclasses import replace

import numpy as np

from zhenbo.core.session import DAY, HOUR, MINUTE
from zhenbo.worlds import organic
from zhenbo.worlds.bursts.scene import chorus, declare, one_home, say, stretch
from zhenbo.worlds.crowd import Ints
from zhenbo.worlds.show import SECOND, Plan, Show

BEIJING = 8 * HOUR
"""Local time ahead of UTC."""
CHEERS = ("哥哥加油", "唱得好好听", "等你好久了", "啊啊啊来了", "应援应援", "妈妈爱你", "最棒的舞台")
SIGNED = ("签到", "已到", "到", "老师好，已签到", "签到打卡")
WAITING = ("等开奖", "几点开奖", "还有几分钟", "坐等", "中我中我", "守着呢", "别卡啊")
SCANNED = ("电视上扫码来的", "看节目来的", "刚才那个菜是这个吗", "节目同款", "扫码进来的")
RAIDED = ("跟着过来的", "换房间啦", "来串门")


def long_enough(plan: Plan, rng: np.random.Generator) -> Plan:
    """An hour at least."""
    return replace(plan, minutes=max(plan.minutes, int(rng.integers(60, 121))))


def before_supper(plan: Plan, rng: np.random.Generator) -> Plan:
    """An afternoon's broadcast that is on air at six in the evening, Beijing time."""
    day = (plan.start + BEIJING) // DAY * DAY - BEIJING
    minutes = int(rng.integers(100, 181))
    return replace(
        plan, start=day + 18 * HOUR - int(minutes * rng.uniform(0.55, 0.85)) * MINUTE, minutes=minutes
    )


def into_the_night(plan: Plan, rng: np.random.Generator) -> Plan:
    """A broadcast that is on air at eleven at night, Beijing time."""
    day = (plan.start + BEIJING) // DAY * DAY - BEIJING
    minutes = int(rng.integers(90, 161))
    return replace(
        plan, start=day + 23 * HOUR - int(minutes * rng.uniform(0.55, 0.85)) * MINUTE, minutes=minutes
    )


def idol_song(show: Show, rng: np.random.Generator) -> None:
    """A fan club of a fifth to three quarters of the room is there in the first two minutes and gone after the song."""
    organic.play(show, rng)
    n = int(show.plan.watchers * rng.uniform(0.2, 0.75))
    club = show.crowd.ordinary(rng, n, show.plan.start, 0.08, 0.8)
    at = show.plan.start + (rng.gamma(1.4, 25, n).clip(0, 180) * SECOND).astype(np.int64)
    over = show.plan.start + int(show.plan.minutes * rng.uniform(0.2, 0.6) * MINUTE)
    stays = rng.random(n) < 0.08
    until = over + (rng.gamma(1.5, 20, n) * SECOND).astype(np.int64)
    show.visit(club, at, np.where(stays, show.plan.end, until), show.words.code("关注页"))
    organic.chat(show, rng, club, float(rng.uniform(0.5, 2)))
    chorus(show, rng, club[rng.random(n) < 0.4], (over - 5 * MINUTE, over), CHEERS, 2.0)
    organic.taps(show, rng, club, 12.0, 0.6)
    organic.follows(show, rng, club, 0.1)


def office_idle(show: Show, rng: np.random.Generator) -> None:
    """Thirty of the staff leave the room open on the office's machines and go home at six sharp.

    One network; muted, they do nothing; when the office's line drops for a moment all of them come back at once.
    """
    organic.play(show, rng)
    who = show.crowd.ordinary(rng, int(rng.integers(27, 34)), show.plan.start, 0.02, 0.6)
    one_home(show, who, "ip")
    six = (show.plan.start + BEIJING) // DAY * DAY - BEIJING + 18 * HOUR
    home = six if show.plan.start < six < show.plan.end else show.plan.end
    came = show.plan.start + (rng.gamma(1.5, 80, len(who)) * SECOND).astype(np.int64)
    drops = (
        np.sort(rng.uniform(0.15, 0.9, int(rng.integers(1, 4)))) * (home - show.plan.start) + show.plan.start
    )
    for drop in drops.astype(np.int64).tolist():
        there = came < drop
        timed_out = drop + rng.integers(0, 6 * SECOND, int(there.sum()))
        show.visit(who[there], came[there], timed_out, show.words.code("关注页"))
        back = drop + ((8 + rng.gamma(2, 4, len(who))) * SECOND).astype(np.int64)
        came = np.where(there, back, came)
    until = home + (rng.exponential(35, len(who)) * SECOND).astype(np.int64)
    show.visit(who, np.minimum(came, home - SECOND), until, show.words.code("关注页"))
    organic.chat(show, rng, who[:4], 1.0)


def dorm_lights_out(show: Show, rng: np.random.Generator) -> None:
    """A dormitory of 60-250 on one network watches; at eleven its line is cut, and a third come back by mobile."""
    organic.play(show, rng)
    who = show.crowd.ordinary(rng, int(rng.integers(60, 251)), show.plan.start, 0.1, 0.2)
    one_home(show, who, "ip", "addr")
    eleven = (show.plan.start + BEIJING) // DAY * DAY - BEIJING + 23 * HOUR
    cut = eleven if show.plan.start < eleven < show.plan.end else show.plan.end - 10 * MINUTE
    spread = min(45 * MINUTE, cut - show.plan.start - MINUTE)
    at = cut - (rng.beta(1.2, 1.2, len(who)) * spread).astype(np.int64)
    until = np.minimum(at + (rng.lognormal(np.log(25), 0.9, len(who)) * MINUTE).astype(np.int64), cut)
    timed_out = (rng.integers(0, 8 * SECOND, len(who)) * (until == cut)).astype(np.int64)
    show.visit(who, at, until + timed_out, show.words.code("分享"))
    organic.chat(show, rng, who, float(rng.uniform(0.3, 1.2)))
    back = who[(until == cut) & (rng.random(len(who)) < 1 / 3)]
    organic.attend(show, rng, back, cut + (rng.gamma(2, 30, len(back)) * SECOND).astype(np.int64), "关注页")


def known_draw(show: Show, rng: np.random.Generator) -> None:
    """The draw is at a minute that everybody knows: most of the room stays for it and leaves within two minutes of it."""
    organic.play(show, rng)
    draw = show.plan.start + int(show.plan.minutes * rng.uniform(0.4, 0.9)) * MINUTE
    n = int(show.plan.watchers * rng.uniform(0.4, 1.2))
    who = show.crowd.ordinary(rng, n, show.plan.start, show.plan.newcomers, show.plan.regulars)
    before = (rng.gamma(1.3, 0.25, n).clip(0, 0.98) * (draw - show.plan.start)).astype(np.int64)
    until = draw + (rng.gamma(1.6, 22, n) * SECOND).astype(np.int64)
    until = np.where(rng.random(n) < 0.1, until + organic.stays(show.plan, rng, n), until)
    show.visit(who, draw - before, until, show.words.code("分享"))
    show.put("lottery", np.array([draw]), text=show.words.code("整点抽奖"), qty=int(rng.integers(1, 30)))
    talkers = who[rng.random(n) < 0.25]
    chorus(show, rng, talkers, (max(show.plan.start, draw - 6 * MINUTE), draw + MINUTE // 2), WAITING, 1.8)
    organic.follows(show, rng, who, 0.3)
    declare(show, rng, "lottery", (draw - 10 * MINUTE, draw + 2 * MINUTE))


def bell_class(show: Show, rng: np.random.Generator) -> None:
    """A course with a bell: the class is in before it, signs in when told to, and is gone within a minute of the last."""
    organic.play(show, rng)
    n = int(show.plan.watchers * rng.uniform(0.2, 0.8))
    who = show.crowd.ordinary(rng, n, show.plan.start, 0.05, 0.7)
    begin = -(-(show.plan.start + 2 * MINUTE) // (5 * MINUTE)) * 5 * MINUTE
    length = min(int(rng.choice([40, 45, 60])) * MINUTE, (show.plan.end - begin - MINUTE) // MINUTE * MINUTE)
    at = begin + (rng.normal(-40, 50, n).clip(-170, 400) * SECOND).astype(np.int64)
    bell = begin + length
    until = bell + (rng.gamma(2, 9, n) * SECOND).astype(np.int64)
    early = rng.random(n) < 0.12
    until[early] = at[early] + (rng.random(int(early.sum())) * (bell - at[early])).astype(np.int64)
    show.visit(who, at, until, show.words.code("分享"))
    for call in range(begin + 2 * MINUTE, bell, 15 * MINUTE):
        here = who[(at < call) & (until > call) & (rng.random(n) < 0.85)]
        answered = call + (rng.lognormal(np.log(9), 0.7, len(here)) * SECOND).astype(np.int64)
        say(show, here, answered, SIGNED, np.minimum(rng.geometric(0.6, len(here)) - 1, len(SIGNED) - 1))
    organic.chat(show, rng, who, 0.6)


def handover(show: Show, rng: np.random.Generator) -> None:
    """A room that ends is redirected here: its audience arrives within ten seconds by one entrance, and half leave soon.

    Unlike a raid nobody chose to come: few speak, and those who stay stay as others do.
    """
    organic.play(show, rng)
    when = stretch(show, rng, 2)
    n = int(show.plan.watchers * rng.uniform(0.3, 1.6))
    who = show.crowd.ordinary(rng, n, show.plan.start, show.plan.newcomers, show.plan.regulars / 4)
    at = when[0] + (rng.gamma(2, 1.8, n) * SECOND).astype(np.int64)
    short = (rng.lognormal(np.log(15), 0.6, n) * SECOND).astype(np.int64)
    show.visit(
        who,
        at,
        at + np.where(rng.random(n) < 0.5, short, organic.stays(show.plan, rng, n)),
        show.words.code("下播推荐"),
    )
    chorus(show, rng, who[rng.random(n) < 0.03], (when[0], when[1] + MINUTE), RAIDED, 1.1)


def tv_link(show: Show, rng: np.random.Generator) -> None:
    """A television show puts the room's code on the screen at a set minute, twice perhaps: a jump within a minute.

    Half have registered in that very hour, many come through one provider's gateways, and most go when the break ends.
    """
    organic.play(show, rng)
    breaks = np.sort(rng.choice(np.arange(8, show.plan.minutes - 8), int(rng.integers(1, 3)), replace=False))
    for minute in breaks.tolist():
        aired = show.plan.start // MINUTE * MINUTE + minute * MINUTE
        n = int(show.plan.watchers * rng.uniform(0.3, 1.2))
        who = show.crowd.ordinary(rng, n, show.plan.start, 0.05, 0.01)
        at = aired + (rng.lognormal(np.log(25), 0.55, n) * SECOND).astype(np.int64)
        new = rng.random(n) < 0.5
        show.crowd.set_trait("since", who[new], (at - rng.integers(5, 90, n) * SECOND)[new])
        show.crowd.set_trait("followers", who[new], 0)
        show.crowd.set_trait("level", who[new], 0)
        over = aired + int(rng.uniform(3, 7) * MINUTE)
        until = np.where(
            rng.random(n) < 0.6, over + rng.gamma(2, 15, n) * SECOND, at + organic.stays(show.plan, rng, n)
        )
        show.visit(who, at, until.astype(np.int64), show.words.code("扫码"))
        chorus(show, rng, who[rng.random(n) < 0.12], (aired, over), SCANNED, 1.1)
        organic.follows(show, rng, who, 0.12)
        if rng.random() < 0.5:
            declare(show, rng, "feature", (aired, over))


def coin_task(show: Show, rng: np.random.Generator) -> None:
    """The platform itself pays coins for watching three, five or ten minutes: many leave seconds after the mark.

    直播激励观看 is a column of the Compass export (INPUTS 3.1); the host neither buys nor declares it. Most who come
    for the coins do nothing else, and come again for the next ones.
    """
    organic.play(show, rng)
    n = int(show.plan.watchers * rng.uniform(0.2, 0.8))
    who = show.crowd.ordinary(rng, n, show.plan.start, 0.1, 0.03)
    mark = rng.choice([3, 5, 10], n, p=rng.dirichlet((2, 2, 1))) * MINUTE
    for again in (np.ones(n, dtype=bool), rng.random(n) < 0.3):
        at = organic.arrivals(show.plan, rng, n)
        slack = (rng.gamma(1.5, 4, n) * SECOND).astype(np.int64)
        until = np.where(rng.random(n) < 0.15, at + organic.stays(show.plan, rng, n), at + mark + slack)
        show.visit(who[again], at[again], until[again], show.words.code("福利任务"))
    organic.chat(show, rng, who[rng.random(n) < 0.1], 0.5)


def greeted(show: Show, rng: np.random.Generator) -> None:
    """The host names everybody who comes in, and those named say thanks, tap some hearts and follow, in that order."""
    organic.play(show, rng)
    who, since, until = show.people()
    named = np.flatnonzero((until - since > MINUTE) & (rng.random(len(who)) < 0.35))
    at = since[named] + (rng.gamma(3, 7, len(named)) * SECOND).astype(np.int64)
    thanks = ("谢谢主播", "主播好", "谢谢欢迎", "来啦来啦", "主播晚上好呀")
    say(show, who[named], at, thanks, rng.integers(len(thanks), size=len(named)))
    tapping = at + (rng.gamma(3, 3, len(named)) * SECOND).astype(np.int64)
    _tapped(show, rng, who[named], np.minimum(tapping, show.plan.end - SECOND))
    following = rng.random(len(named)) < 0.12
    follows_at = (tapping + (rng.gamma(3, 5, len(named)) * SECOND).astype(np.int64))[following]
    show.put("follow", np.minimum(follows_at, show.plan.end - SECOND), actor=who[named][following])


def _tapped(show: Show, rng: np.random.Generator, who: Ints, at: Ints) -> None:
    """Some batches of hearts from each, seconds apart."""
    each = rng.integers(1, 5, len(who))
    gap = organic.within(rng.exponential(3 * SECOND, int(each.sum())), each).astype(np.int64)
    when = np.minimum(np.repeat(at, each) + gap, show.plan.end - SECOND)
    show.put(
        "like",
        when,
        actor=np.repeat(who, each),
        qty=organic.tapped(rng, np.repeat(np.arange(len(who)), each)),
    )


def wave_of_shares(show: Show, rng: np.random.Generator) -> None:
    """A coupon for three shares: the room shares within minutes, and each share brings one or two people to the room."""
    organic.play(show, rng)
    when = stretch(show, rng, float(rng.uniform(3, 8)))
    who, since, until = show.people()
    room = np.unique(who[(since < when[1]) & (until > when[0])])
    room = np.repeat(room[rng.random(len(room)) < rng.uniform(0.3, 0.7)], 3)
    at = when[0] + (rng.beta(1.3, 3, len(room)) * (when[1] - when[0])).astype(np.int64)
    show.put("share", at, actor=room)
    brought = rng.poisson(0.4, len(room))
    n = int(brought.sum())
    guests = show.crowd.ordinary(rng, n, show.plan.start, 0.15, 0.02)
    came = np.repeat(at, brought) + (rng.lognormal(np.log(70), 0.9, n) * SECOND).astype(np.int64)
    organic.attend(show, rng, guests, np.minimum(came, show.plan.end - SECOND), "分享")
    declare(show, rng, "lottery", when)
