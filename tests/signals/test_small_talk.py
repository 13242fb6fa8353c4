"""Accounts that never say a short word."""

import pytest

from zhenbo.core.story import read
from zhenbo.pipeline import baselines
from zhenbo.signals.text.small_talk import SIGNAL

CHAT = (
    '20:00-22:00 b1..b40 say "{哈哈|来了|多少钱|1|好看|晚饭}{下雨|刮风|看云|赏月|摘花|割草|爬山}" x12 scattered\n'
    '20:00-22:00 b1..b40 say "{昨天|今年|明儿}{东边|南门|西街}有没有人{来过|见过}呀" x4 scattered\n'
)
LONG = "{早上|晚饭|昨天|今年|明儿|后来|平时}{下雨|刮风|看云|赏月|摘花|割草|爬山|游水|砍木|采茶|钓鱼}{都用这款真的很放心|想问问老师怎么办才好}"


def _look(text):
    (found,) = SIGNAL.look(read(text).session(), baselines(SIGNAL.id))
    return found


def _class():
    """Twelve who repeat, within seconds, whatever the teacher says."""
    said = ("今天我们学做红烧肉", "先把五花肉切成方块", "冷水下锅焯去血沫子", "捞出来以后沥干水分", "锅里放油炒出糖色来", "倒进肉块不停地翻炒",
            "加两勺料酒一勺生抽", "放进葱姜八角和桂皮", "加开水没过所有的肉", "盖上盖子小火炖一下", "最后大火收汁就好了", "撒上葱花端上桌来吃")  # fmt: skip
    return "\n".join(
        f'20:{5 + 4 * i:02}:00-20:{5 + 4 * i:02}:06 a1..a12 say "{s}"' for i, s in enumerate(said)
    )


def test_people_who_are_paid_per_sentence_are_found():
    """Thirty who only write sentences stand out of a room that chats, and nobody else is named."""
    found = _look(f'{CHAT}20:00-22:00 a1..a30 say "{LONG}" x14 scattered')
    assert found.p <= 1e-3
    assert {name for name, db in found.accounts.items() if db > 20} == {f"a{i}" for i in range(1, 31)}


@pytest.mark.parametrize(
    "room",
    [
        f'20:00-22:00 b1..b60 say "{LONG}" x6 scattered; 20:00-22:00 a1..a12 say "{LONG}" x14 scattered',
        f'{CHAT}20:00-22:00 a1..a12 say "{LONG}" x14 scattered; 20:00-22:00 a1..a12 say "{{哈哈|好}}" x2 scattered',
        f'{CHAT}20:00-22:00 a1..a12 say "南无阿弥陀佛保佑全家" x40 scattered',
    ],
    ids=["a consultation", "a laugh now and then", "a prayer repeated"],
)
def test_rooms_that_write_at_length_are_not_accused(room):
    """Where all write sentences none stands out; one short word in seven is people's; a refrain counts once."""
    assert _look(room).p >= 0.05


def test_a_class_answers_one_voice():
    """Pupils who repeat the teacher's sentences together are told, and explained."""
    found = _look(CHAT + _class())
    assert found.p < 0.01
    assert found.explained
