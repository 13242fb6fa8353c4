"""Lines by sound, and accounts that speak from one list."""

# ruff: noqa: TID251 - rooms are drawn, from a seed

import numpy as np
import pytest

from zhenbo.core.story import read
from zhenbo.kernel.lines import copies
from zhenbo.kernel.script import Limits, scripts
from zhenbo.pipeline import baselines
from zhenbo.signals.text.script import SIGNAL

HOUR = 3600 * 1_000_000
ROOM = (
    '20:00-22:00 b1..b40 say "{早上|晚饭|昨天|今年|明儿|后来|平时}{下雨|刮风|看云|赏月|摘花|割草|爬山|游水|砍木|采茶|钓鱼}'
    '{东边|南门|西街|北屋|楼上|地下|家里|城外|桥前|山后|左手|右岸|路中}" x9 scattered\n'
)
SLOGANS = "{一直陪你走花路|今晚也要闪闪发光|永远为你亮灯|有你就有光芒|我们不见不散|舞台因你而生|全力以赴不后悔|星光属于坚持的人}"
SONG = "{月亮爬上了屋顶|小河流过我门前|你在远方可安好|风吹麦浪一层层|我把心事写成信|等候那只归来雁|灯火阑珊处回头|旧时码头船已空|母亲缝补的衣裳|童年的歌谣还在|走过千山和万水|终究要回到故乡|炊烟袅袅黄昏后|谁在唤我的小名}"
TALK = "{红茶|米饭|地铁|作业|猫咪|雨伞|钢笔}{忘带|太贵|修好|真香|弄丢|借我|刚到|没电|好看|难找|便宜}{阿明|小李|老王|同桌|室友|表姐|邻居|班长|前台|师傅|大爷|客服|导师}"


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("真的有效果我瘦了八斤", "真的有笑果偶瘦乐八斤", True),
        ("发货很快三号仓直发", "发货hen快三号仓直发", True),
        ("面膜什么时候可以补货", "手机壳多久才能发出来", False),
        ("just bought my second one", "does it come in size xl", False),
    ],
)
def test_a_line_is_known_by_its_sound(one, other, same):
    """Homophones and letters for characters are copies; other sentences are not."""
    a, b = copies([one, other]).tolist()
    assert (a == b) is same


def _room(rng, accounts, said, lines):
    """Accounts that draw lines of the room, popular ones more often."""
    who = np.repeat(np.arange(accounts), said)
    return who, (lines * rng.random(len(who)) ** 2).astype(np.int64), rng.integers(0, 2 * HOUR, len(who))


@pytest.mark.parametrize("crew", [2, 7, 40])
def test_a_crew_is_found_whole_however_small(crew):
    """Two accounts with a hundred comments each are told as surely as forty, and nobody else with them."""
    rng = np.random.default_rng(crew)
    who, line, at = _room(rng, 80, 15, 400)
    members = np.repeat(np.arange(80, 80 + crew), 100)
    told = 400 + rng.integers(0, 60, len(members))
    found = scripts(
        np.r_[who, members], np.r_[line, told], np.r_[at, rng.integers(0, 2 * HOUR, len(members))], Limits()
    )
    assert set(np.r_[found.one, found.other].tolist()) == set(range(80, 80 + crew))


def test_a_room_that_repeats_itself_shares_no_list():
    """People who all draw from the same hundred lines share what is popular, and nothing beyond."""
    for seed in range(5):
        assert not len(scripts(*_room(np.random.default_rng(seed), 60, 40, 100), Limits()).one)


def test_a_class_that_revises_shares_no_list():
    """Twenty who repeat each sentence after their teacher, and all of them again an hour later, answered one voice twice."""
    rng = np.random.default_rng(11)
    who, line, at = _room(rng, 60, 15, 400)
    asked = np.tile(np.repeat(np.arange(12), 20), 2)
    pupil = np.tile(np.arange(60, 80), 24)
    second = asked * 120 + np.repeat([0, 3600], 240) + rng.uniform(1, 9, 480)
    heard = (second * 1_000_000).astype(np.int64)
    assert not len(scripts(np.r_[who, pupil], np.r_[line, 400 + asked], np.r_[at, heard], Limits()).one)


def _look(text):
    (found,) = SIGNAL.look(read(ROOM + text).session(), baselines(SIGNAL.id))
    return found


def test_fans_with_slogans_talk_besides():
    """Slogans pasted all evening by people who mostly say something else are no list; from people who say nothing else they are."""
    slogans = f'20:00-22:00 f1..f9 say "{SLOGANS}" x12 scattered'
    assert _look(f'{slogans}; 20:00-22:00 f1..f9 say "{TALK}" x30 scattered').p == 1.0
    crew = _look(slogans)
    assert crew.p < 1e-6
    assert not crew.explained


def test_two_friends_with_a_song_are_no_crew():
    """Two who share the lines of a song, and twice as many lines of their own, are not told; with the song alone they are."""
    song = f'20:00-21:00 f1 says "{SONG}" x14 scattered; 21:00-22:00 f2 says "{SONG}" x14 scattered'
    assert _look(f'{song}; 20:00-22:00 f1..f2 say "{TALK}" x45 scattered').p == 1.0
    assert _look(song).p < 1e-3
