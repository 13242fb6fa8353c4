"""What belongs to the house: its staff, marked on a part of their rows, and lengths of visits that its whole room has."""

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from zhenbo.core.evidence import Evidence
from zhenbo.core.schema import EVENTS, Flag
from zhenbo.core.session import Session, by_visitors
from zhenbo.core.story import read
from zhenbo.pipeline import baselines
from zhenbo.signals.catalogue import catalogue

_ROOM = '20:00-22:00 b1..b80 says "{早|晚|真|好|又|再|还}{雨|雪|风|云|月|星|花|草|山|水|木}{东|南|西|北|上|下|里|外|前|后|左|右|中}{来|去|走|跑|飞}听说过这个" x9 scattered'
_LIST = "主播推荐的这款面膜真的好用|我已经回购三次啦姐妹们|质量比专柜还要好很多|昨天下单今天就到货了|这个价格以后没有了吧|给我妈妈也买了一套呢|客服态度特别好赞一个"
_CREW = f'20:30-21:30 a1..a12 says "{{{_LIST}}}" x14 scattered'


def _marked(session: Session, who: str, every: int) -> Session:
    """The session with every so many rows of some accounts marked as a moderator's."""
    mine = np.asarray(pc.starts_with(session.events["actor_id"], who).fill_null(False).to_numpy())
    flags = np.where(mine & (np.cumsum(mine) % every == 0), int(Flag.MOD), 0)
    at = EVENTS.get_field_index("flags")
    return replace(session, events=session.events.set_column(at, EVENTS.field(at), pa.array(flags, EVENTS.field(at).type)))  # fmt: skip


def _found(signal: str, session: Session) -> Evidence:
    (found,) = (f for f in catalogue()[signal].look(session, baselines(signal)) if isinstance(f, Evidence))
    return found


def test_who_is_staff_in_one_row_is_staff_in_all():
    """Feeds mark a part of the rows; the crew without marks is told by its list."""
    bare = read(f"{_ROOM}\n{_CREW}").session()
    staff = _marked(bare, "a", 2)
    assert by_visitors(staff.rows("comment")).num_rows == bare.rows("comment").num_rows - 168
    assert _found("text.rare_template", bare).p < 0.01
    assert _found("text.rare_template", staff).p > 0.1


def test_a_list_that_moderators_say_too_is_left_open_and_clears_nothing():
    """The host could say a crew's list himself: as loud as before, and not decided."""
    crew = f'{_ROOM}\n{_CREW}\n20:05-21:55 m1 says "{{{_LIST}}}" x14 scattered'
    alone, beside = _found("text.rare_template", read(crew).session()), _found("text.rare_template", _marked(read(crew).session(), "m", 1))  # fmt: skip
    causes = [{c.cause: c.outcome for c in e.causes}["staff"] for e in (alone, beside)]
    assert causes == ["ruled_out", "open"]
    assert beside.p < 0.01


def test_a_sheet_that_moderators_recite_too_is_left_open():
    """Customer service posts from a list all evening, marked or not."""
    crew = f'{_ROOM}\n20:05-21:55 a1..a12 say "{{{_LIST}}}" x60 scattered; 20:05-21:55 m1 says "{{{_LIST}}}" x14 scattered'
    alone, beside = _found("text.sheet", read(crew).session()), _found("text.sheet", _marked(read(crew).session(), "m", 1))  # fmt: skip
    assert [{c.cause: c.outcome for c in e.causes}["staff"] for e in (alone, beside)] == ["ruled_out", "open"]


def _visits(others: str) -> float:
    """Probability of errands of five minutes among other visits."""
    story = f"""{others}
        20:05-22:05 a1..a25 enter; 20:06-22:08 a1..a25 order f{{n}} 99.00; 20:10-22:10 a1..a25 leave
        19:50-20:50 c1..c40 enter scattered; 20:55-21:35 c1..c40 order o{{n}} 59.00 scattered; 21:36-22:30 c1..c40 leave scattered"""
    return _found("orders.visits", read(story).session()).p


def test_a_length_that_the_whole_room_has_is_no_errand():
    """Clients that dial in anew after five minutes cut everybody's visits, with orders or without."""
    people = "19:50-21:50 b1..b300 enter scattered; 19:55-22:20 b1..b300 leave scattered"
    assert _visits(people) < 1e-3
    assert _visits("19:50-21:50 b1..b300 enter; 19:55-21:55 b1..b300 leave") >= 0.01
