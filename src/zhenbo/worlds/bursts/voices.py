"""Many people saying the same, or saying it in one beat, because somebody asked them to or because they like to."""

import numpy as np

from zhenbo.core.schema import Flag
from zhenbo.core.session import MINUTE
from zhenbo.worlds import organic
from zhenbo.worlds.bursts.scene import chorus, declare, present, say, spoken, stretch, surge, together
from zhenbo.worlds.show import SECOND, Show
from zhenbo.worlds.words import CHANTS, DUTIES, LESSONS, NICKS, PROMPTED_QUESTIONS, RECITALS, prayers


def lottery(show: Show, rng: np.random.Generator) -> None:
    """福袋 / 天选: windows of three minutes in which the room chants a phrase to take part.

    In a first stream there are about ten, and those who talk much chant much (Bilibili 2020-12-12).
    """
    organic.play(show, rng)
    hype = show.plan.temper == "hype"
    for _ in range(int(rng.integers(10, 15) if hype else rng.integers(1, 4))):
        when = stretch(show, rng, 3)
        surge(show, rng, int(show.plan.watchers * rng.uniform(0.03, 0.15)), when, "分享")
        room = present(show, when[0] + MINUTE)
        keen = np.minimum(0.05 + spoken(show)[room] / 25, 1.3) if hype else np.ones(len(room))
        room = room[rng.random(len(room)) < rng.uniform(*((0.5, 0.9) if hype else (0.35, 0.8))) * keen]
        phrase = str(rng.choice(CHANTS))
        show.put("lottery", np.array([when[0]]), text=show.words.code(phrase), qty=int(rng.integers(1, 20)))
        chorus(show, rng, room, when, (phrase,), 7.8 if hype else 1.8)
        declare(show, rng, "lottery", when)


def called_chant(show: Show, rng: np.random.Generator) -> None:
    """The host says 扣1: no lottery event, no declaration, the same words from everybody for a minute or two."""
    organic.play(show, rng)
    for _ in range(int(rng.integers(2, 7))):
        when = stretch(show, rng, float(rng.uniform(0.7, 2.5)))
        room = present(show, when[0])
        chorus(show, rng, room[rng.random(len(room)) < rng.uniform(0.2, 0.6)], when, ("1", "扣1", "111"), 1.3)


def tap_hearts(show: Show, rng: np.random.Generator) -> None:
    """点赞到一万发福利: everybody hammers the heart for some minutes (C12: 3.58 taps per view is honest)."""
    organic.play(show, rng)
    for _ in range(int(rng.integers(1, 4))):
        when = stretch(show, rng, float(rng.uniform(2, 6)))
        room = present(show, when[0] + MINUTE)
        room = room[rng.random(len(room)) < 0.6]
        each = rng.integers(4, 60, len(room))
        at = when[0] + (rng.random(int(each.sum())) * (when[1] - when[0])).astype(np.int64)
        show.put("like", at, actor=np.repeat(room, each), qty=rng.integers(5, 16, len(at)))
        declare(show, rng, "lottery", when)


def questions(show: Show, rng: np.random.Generator) -> None:
    """Answer time: buyers copy the question format the host asked for."""
    organic.play(show, rng)
    when = stretch(show, rng, float(rng.uniform(8, 18)))
    who, since, until = show.people()
    room = np.unique(who[(since < when[1]) & (until > when[0])])
    chorus(
        show,
        rng,
        room[rng.random(len(room)) < 0.35],
        when,
        tuple(rng.choice(PROMPTED_QUESTIONS, 4, replace=False)),
        1.4,
    )


def auto(show: Show, rng: np.random.Generator) -> None:
    """The platform speaks in people's names: 来了 on entering, 正在去购买 on clicking."""
    organic.play(show, rng)
    for kind, text, share in (("enter", "来了", 0.3), ("product_click", "正在去购买", 0.7)):
        for block in [b for b in show.blocks if b.kind == kind]:
            mask = rng.random(len(block.ts)) < share
            actor = np.broadcast_to(np.asarray(block.columns["actor"]), block.ts.shape)[mask]
            show.put("comment", block.ts[mask] + SECOND // 2, actor=actor, text=show.words.code(text))


def announcer(show: Show, rng: np.random.Generator) -> None:
    """The host's moderator repeats the rules on a timer, marked as moderator."""
    organic.play(show, rng)
    mod = show.crowd.ordinary(rng, 1, show.plan.start, 0.0, 1.0)
    show.visit(mod, np.array([show.plan.start]), np.array([show.plan.end]), show.words.code("关注页"))
    at = np.arange(show.plan.start + MINUTE, show.plan.end, int(rng.integers(60, 240)) * SECOND)
    texts = show.words.codes(
        ["新来的宝宝点点关注", "一号链接拍下备注尺码", "运费险都有，放心拍", "有问题打在公屏上"]
    )
    show.put("comment", at, actor=int(mod[0]), text=texts[np.arange(len(at)) % 4], flag=int(Flag.MOD))


def red_packets(show: Show, rng: np.random.Generator) -> None:
    """红包雨: an envelope every minute on the minute; the room calls, taps and waits for the next (B15, D03)."""
    organic.play(show, rng)
    when = stretch(show, rng, float(rng.integers(6, 15)))
    surge(show, rng, int(show.plan.watchers * rng.uniform(0.1, 0.5)), when, "分享", 0.4)
    phrase = str(rng.choice(["红包雨来了", "抢红包", "红包红包", "大红包"]))
    for at in range(when[0], when[1] - SECOND, MINUTE):
        show.put("lottery", np.array([at]), text=show.words.code(phrase), qty=int(rng.integers(50, 500)))
        room = present(show, at)
        callers = room[rng.random(len(room)) < rng.uniform(0.1, 0.4)]
        reaction = (rng.lognormal(np.log(5), 0.7, len(callers)) * SECOND).astype(np.int64)
        say(
            show,
            callers,
            at + reaction,
            [phrase, phrase + "！"],
            (rng.random(len(callers)) < 0.2).astype(np.int64),
        )
        hands = np.repeat(callers, 3)
        tap_at = np.repeat(at + reaction, 3) + rng.integers(0, 15 * SECOND, len(hands))
        show.put("like", np.minimum(tap_at, show.plan.end), actor=hands, qty=rng.integers(3, 14, len(hands)))
    declare(show, rng, "lottery", when)


def prayer(show: Show, rng: np.random.Generator) -> None:
    """Fifty people each post their own line every twelve seconds or so for an hour; nobody declares anything."""
    organic.play(show, rng)
    who = together(show, rng, int(rng.integers(45, 56)), "关注页")
    since, until = organic.presence(show, who)
    pace = 12 * rng.lognormal(0, 0.08, len(who)) * SECOND
    each = np.minimum((until - since) / pace, 60 * MINUTE / pace).astype(np.int64)
    gap = np.repeat(pace, each) * rng.lognormal(0, 0.18, int(each.sum()))
    at = np.repeat(since, each) + organic.within(gap, each).astype(np.int64)
    say(show, np.repeat(who, each), at, prayers(rng, len(who)), np.repeat(np.arange(len(who)), each))


def in_beat(show: Show, rng: np.random.Generator) -> None:
    """A teacher counts down and the whole class posts one sentence within two seconds, again and again."""
    organic.play(show, rng)
    who = together(show, rng, int(rng.integers(35, 90)))
    rounds = int(rng.integers(12, 30))
    beat = np.sort(rng.integers(show.plan.start + 8 * MINUTE, show.plan.end - MINUTE, rounds))
    for number, at in enumerate(beat.tolist()):
        ready = who[rng.random(len(who)) < 0.85]
        reaction = (rng.lognormal(np.log(0.9), 0.35, len(ready)) * SECOND).astype(np.int64)
        say(show, ready, at + reaction, RECITALS, np.full(len(ready), number % len(RECITALS)))


def language_class(show: Show, rng: np.random.Generator) -> None:
    """A language class: the teacher says a sentence, the pupils type it after her once to three times, then the next."""
    organic.play(show, rng)
    who = together(show, rng, int(rng.integers(30, 80)))
    turn = int(rng.integers(60, 100)) * SECOND
    for number, at in enumerate(range(show.plan.start + 6 * MINUTE, show.plan.end - MINUTE, turn)):
        ready = np.repeat(who, rng.integers(0, 4, len(who)))
        reaction = (rng.lognormal(np.log(12), 0.6, len(ready)) * SECOND).astype(np.int64)
        say(show, ready, at + reaction, LESSONS, np.full(len(ready), number % len(LESSONS)))


def word_chain(show: Show, rng: np.random.Generator) -> None:
    """接龙: one after another signs up with the next number, a name and a count, some seconds apart."""
    organic.play(show, rng)
    for _ in range(int(rng.integers(1, 4))):
        when = stretch(show, rng, float(rng.uniform(6, 15)))
        room = rng.permutation(present(show, when[0] + MINUTE))[:150]
        at = when[0] + np.cumsum(rng.lognormal(np.log(4), 0.6, len(room)) * SECOND).astype(np.int64)
        names = rng.integers(len(NICKS), size=len(room)).tolist()
        counts = np.minimum(rng.geometric(0.6, len(room)), 9).tolist()
        lines = [f"{i + 1}. {NICKS[a]} {b}份" for i, (a, b) in enumerate(zip(names, counts, strict=True))]
        if lines:
            say(show, room, at, lines, np.arange(len(room)))


def countdown(show: Show, rng: np.random.Generator) -> None:
    """Every launch is counted down by everybody: five, four, three, two, one, on the host's second."""
    organic.play(show, rng)
    steps = ("5", "4", "3", "2", "1", "上链接")
    for start in np.sort(
        rng.integers(show.plan.start + 5 * MINUTE, show.plan.end - MINUTE, int(rng.integers(5, 12)))
    ):
        room = present(show, int(start))
        room = room[rng.random(len(room)) < rng.uniform(0.3, 0.6)]
        step = np.arange(len(steps)).repeat(len(room))
        joins = rng.random(len(step)) < 0.45
        at = start + step * SECOND + (rng.lognormal(np.log(0.6), 0.4, len(step)) * SECOND).astype(np.int64)
        say(show, np.tile(room, len(steps))[joins], at[joins], steps, step[joins])


def duty(show: Show, rng: np.random.Generator) -> None:
    """Two marked moderators of the host work through a script of sixteen lines, one line on every beat of a timer."""
    organic.play(show, rng)
    who = show.crowd.ordinary(rng, 2, show.plan.start, 0.0, 1.0)
    show.visit(who, np.full(2, show.plan.start), np.full(2, show.plan.end), show.words.code("关注页"))
    beat = int(rng.integers(25, 50)) * SECOND
    at = np.arange(show.plan.start + 2 * MINUTE, show.plan.end - SECOND, beat)
    turn = np.arange(len(at))
    say(show, who[turn % 2], at + rng.integers(0, SECOND, len(at)), DUTIES, turn % len(DUTIES), int(Flag.MOD))
