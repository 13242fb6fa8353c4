"""Canonical files read in blocks: the same rows, rejects and ids as when they are read whole, whatever is wrong with them."""

import csv
import io
import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from zhenbo.core.schema import EVENTS, TEXT_MAX
from zhenbo.intake import canonical, distinct, times
from zhenbo.intake.typed import Typed

PLAIN = pa.schema([(f.name, f.type.value_type if pa.types.is_dictionary(f.type) else f.type) for f in EVENTS])
START = 1_700_000_000_000_000
NUMBERS = ("flags", "qty", "amount", "weight_g", "discount_platform", "discount_seller")
TIMES = ("ts", "ts_seen")
WORDS = ("douyin", "t@1", "s1", "s2", "enter", "like", "好", 'a"b\\c\n\t/', "\u2028é😀", "")

whole = st.one_of(
    st.integers(0, 30),
    st.sampled_from([-1, 2**31, -(2**31), 2**53 + 1, 10**17, 10**18, 2**63 - 1, 2**63, 10**40]),
)
moment = st.one_of(
    st.integers(START, START + 10**9), st.integers(0, 3),
    st.sampled_from([1_700_000_000, 1_700_000_000_123, 1_700_000_000_123_456_789, 5, 946_684_799, 4_102_444_801, 1.7e9 + 0.25]),
    st.sampled_from(["2023-11-14T22:13:20Z", "2023-11-14 22:13:20.5", "2023-11-14 22:13:20+08:00", "2023-02-30 00:00:00",
                     "1700000000000", "", "yesterday", "2023-11-14T22:13:20.1234567Z", "9999-12-31T00:00:00Z"]),
)  # fmt: skip
strange = st.one_of(
    st.none(), st.booleans(), st.floats(), whole, st.text(max_size=6),
    st.sampled_from(["7", "0x10", " 8", "007", "many", "2.0", "a\x00b", "7\x00", "\ud800", "长" * (TEXT_MAX + 1), "x" * (TEXT_MAX + 1)]),
    st.lists(st.integers(0, 2), max_size=2), st.dictionaries(st.sampled_from("ab"), st.integers(0, 2) | st.text(max_size=2), max_size=2),
)  # fmt: skip


@st.composite
def rows(draw):
    """A canonical event, mostly as it should be."""
    row = {
        "kind": draw(
            st.sampled_from(["enter", "like", "comment", "order_create", "refund_done", "telepathy"])
        )
    }
    row |= {name: draw(moment if draw(st.integers(0, 5)) == 5 else st.integers(START, START + 99)) for name in TIMES if draw(st.booleans())}  # fmt: skip
    for name in draw(st.lists(st.sampled_from(EVENTS.names), max_size=8, unique=True)):
        if name in NUMBERS:
            row[name] = draw(st.integers(0, 9))
        elif name not in TIMES and name != "kind":
            row[name] = draw(st.sampled_from(WORDS))
    if draw(st.integers(0, 4)) == 4:
        row[draw(st.sampled_from([*EVENTS.names, "new", "other"]))] = draw(strange)
    return row


@st.composite
def lines(draw):
    """One line of a file, in the spelling of some writer, sometimes broken."""
    row = draw(rows())
    body = json.dumps(
        row, ensure_ascii=draw(st.booleans()), separators=draw(st.sampled_from([(",", ":"), (", ", " : ")]))
    ).encode("utf-8", "surrogatepass")
    if draw(st.integers(0, 6)):
        return body
    return draw(
        st.sampled_from(
            [
                body[:-1], body + b" x", b"", b" \t ", b"\x0b", b"{}", b"[1]", b"7", b"null", body.replace(b"like", b"li\xffke"),
                body.replace(b"{", b'{"qty":-0,', 1), body.replace(b"{", b'{"qty":01,', 1), body.replace(b"{", b'{"qty":1e2,', 1),
                body.replace(b"{", b'{"text":"\\u0000",', 1), body.replace(b"{", b'{"text":"\\ud83d\\ude00\\u4e2d\\/",', 1),
                body.replace(b"{", b'{"text":"\\ud83d",', 1), body.replace(b"{", b'{"\\u0074s":1,', 1), body.replace(b"{", b'{"kind":"like",', 1),
                body.replace(b"{", b'{"text":"a\tb",', 1), body.replace(b"{", b'{"text":"\xe4\xbd",', 1), body.replace(b"{", b'{"text":"\xed\xa0\x80",', 1),
                body.replace(b"{", b'{"text":nul,', 1), body + b"\r", b"\t" + body + b" ", b"\xef\xbb\xbf" + body, body.replace(b'"', b"'"),
                body.replace(b":", b"::", 1), body.replace(b"}", b",}"), b"[" * 5_000,
            ]
        )
    )  # fmt: skip


def same(one: Typed, other: Typed) -> None:
    """Equal in rows, their order and types, rejects, count and notes; words of rejected rows only are no content."""
    assert one.table.schema == other.table.schema
    one.table.validate(full=True)
    plain = [t.cast(PLAIN).combine_chunks() for t in (one.table, other.table)]
    assert plain[0].to_pylist() == plain[1].to_pylist()
    assert plain[0].equals(plain[1])
    key = lambda r: (r.line, r.reason, r.detail)
    assert sorted(one.rejects, key=key) == sorted(other.rejects, key=key)
    assert (one.read, one.notes) == (other.read, other.notes)


def plainly(path: Path, detail: str) -> Typed:
    """The file as the tolerant reader has it, every time value by value."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(times, "plainly", lambda _values: None)
        return canonical.tolerant(path, "events", detail)


def in_blocks(path: Path, detail: str, size: int) -> Typed:
    """The file read in blocks of a few bytes."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(canonical, "SMALL", 0)
        patch.setattr(canonical, "BLOCK", size)
        return canonical.read(path, "events", detail)


def joined_blocks(path: Path, detail: str, size: int) -> Typed:
    """What `blocks` gives, one behind the other."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(canonical, "SMALL", 0)
        patch.setattr(canonical, "BLOCK", size)
        parts = list(canonical.blocks(path, "events", detail))
    return Typed(
        pa.concat_tables([p.table for p in parts]), [r for p in parts for r in p.rejects],
        sum(p.read for p in parts), list(dict.fromkeys(n for p in parts for n in p.notes)),
    )  # fmt: skip


FIRST = b'{"kind":"like","ts":1700000000000000,"qty":1,"text":"a"}'


@pytest.mark.slow
@settings(
    max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
@given(
    body=st.lists(lines(), max_size=14),
    size=st.sampled_from([1, 97, 700, 1 << 16]),
    head=st.sampled_from([b"", b"\xef\xbb\xbf"]),
    end=st.sampled_from([b"\n", b"\r\n"]),
    last=st.booleans(),
)
@example(
    body=[FIRST, b'{"kind":"like","ts":1,"qty":"0x10"}', b'{"kind":"like","qty":"many"}'],
    size=60,
    head=b"",
    end=b"\n",
    last=True,
)
@example(
    body=[FIRST, b'{"kind":"like","state":"%s"}' % (b"x" * 20_001), b'{"kind":"like","state":"\\u0000"}'],
    size=60,
    head=b"",
    end=b"\n",
    last=False,
)
@example(body=[FIRST, b'{"kind":"like","qty":2.5,"new":1}', b'{"kind":"like","new":{"a":1}}', b'{"kind":"like","new":{"b":2}}'], size=60, head=b"", end=b"\n", last=False)  # fmt: skip
def test_json_lines_in_blocks_are_the_lines_read_one_by_one(body, size, head, end, last, tmp_path_factory):
    """Damaged, mixed, mistyped and strangely spelt lines, in blocks of any size: exactly what the row reader gives."""
    path = tmp_path_factory.mktemp("lines") / "events.jsonl"
    path.write_bytes(head + end.join([FIRST, *body]) + (end if last else b""))
    same(in_blocks(path, "jsonl", size), plainly(path, "jsonl"))


@st.composite
def cells(draw):
    """A CSV row of the columns below, mostly as it should be, quoted by some writer's habit, sometimes broken."""
    row = [
        draw(st.sampled_from(["enter", "like", "telepathy"])), str(draw(st.integers(START, START + 99))), str(draw(st.integers(0, 9))),
        draw(st.sampled_from(["a", "好,b", 'say "hi"', "", "x y", "tab\there", '"'])), draw(st.sampled_from(["s1", "s2", 's"3', ""])),
        draw(st.sampled_from(["", "e1", "007"])),
    ]  # fmt: skip
    if draw(st.integers(0, 5)) == 5:
        row[draw(st.integers(0, 5))] = draw(
            st.sampled_from(["0x10", "many", "-3", "2.5", "0", "", "2023-11-14 22:13:20Z", "yesterday", "x" * (TEXT_MAX + 1), "9" * 30, "\x00", "two\nlines", "\u2028", " 7", "NULL"])
        )  # fmt: skip
    out = io.StringIO()
    csv.writer(
        out, quoting=draw(st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL])), lineterminator=""
    ).writerow(row)
    body = out.getvalue().encode()
    if draw(st.integers(0, 9)):
        return body
    return draw(st.sampled_from([body + b",", body + b'"', b"", b" ", body.replace(b",", b"", 1), b'"' + body, body.replace(b"e", b"\xff"), body + b"\r", b'a"b' + body]))  # fmt: skip


@pytest.mark.slow
@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    body=st.lists(cells(), max_size=8),
    size=st.sampled_from([60, 300, 1 << 16]),
    head=st.sampled_from([b"", b"\xef\xbb\xbf"]),
    names=st.sampled_from([b"kind,ts,qty,text,session_id,event_id", b"kind,ts,qty,text,state,event_id", b"kind,ts,flags,via,session_id,mine", b'"kind","ts","qty","text","session_id","event_id"']),
    end=st.sampled_from([b"\n", b"\r\n"]),
    last=st.booleans(),
)  # fmt: skip
def test_csv_in_blocks_is_the_csv_read_whole(body, size, head, names, end, last, tmp_path_factory):
    """Quoted, ragged, mistyped and broken rows, in blocks of any size: exactly what the general reader gives."""
    path = tmp_path_factory.mktemp("rows") / "events.csv"
    path.write_bytes(
        head + end.join([names, b"like,1700000000000000,1,a,s1,e0", *body]) + (end if last else b"")
    )
    whole = plainly(path, "delimited")
    same(in_blocks(path, "delimited", size), whole)
    same(joined_blocks(path, "delimited", size), whole)


@settings(max_examples=30, deadline=None)
@given(
    kinds=st.lists(st.sampled_from(["like", "enter", "telepathy"]), min_size=1, max_size=12),
    numbers=st.lists(st.sampled_from(["1", "0x10", "many", "2.5", None]), min_size=12, max_size=12),
    words=st.lists(st.sampled_from(["a", "b\x00", "x" * (TEXT_MAX + 1), None]), min_size=12, max_size=12),
    ids=st.lists(st.sampled_from(["e1", None, ""]), min_size=12, max_size=12),
    group=st.integers(1, 5),
)
def test_parquet_by_row_groups_is_the_table_read_whole(kinds, numbers, words, ids, group, tmp_path_factory):
    """Typed group by group, with what the whole column decides: the same rows, rejects and ids."""
    n = len(kinds)
    path = tmp_path_factory.mktemp("groups") / "events.parquet"
    table = pa.table({
        "kind": kinds, "ts": pa.array(range(START, START + n), pa.timestamp("us")), "qty": pa.array(numbers[:n], pa.string()),
        "state": pa.array(words[:n], pa.string()), "event_id": pa.array(ids[:n], pa.string()), "mine": list(range(n)),
    })  # fmt: skip
    pq.write_table(table, path, row_group_size=group)
    same(joined_blocks(path, "parquet", 100), plainly(path, "parquet"))


def test_a_parquet_file_cut_in_its_last_row_group_is_none(tmp_path):
    """As when it is read whole: no row of it is given out before it is known to read to its end."""
    path = tmp_path / "events.parquet"
    pq.write_table(pa.table({"kind": ["like"] * 4_000, "ts": range(START, START + 4_000)}), path, row_group_size=1_000, compression="none")  # fmt: skip
    body = bytearray(path.read_bytes())
    last = pq.ParquetFile(path).metadata.row_group(3).column(1).data_page_offset
    body[last : last + 40] = b"\xff" * 40
    path.write_bytes(body)
    found = joined_blocks(path, "parquet", 100)
    assert [r.reason for r in found.rejects] == ["truncated_parquet"]
    same(found, plainly(path, "parquet"))


@settings(max_examples=60, deadline=None)
@given(ids=st.lists(st.tuples(st.sampled_from(["a", "b", "", None, "12345678", "123456789", "好"]), st.sampled_from("st"), st.integers(0, 2)), max_size=20))  # fmt: skip
def test_repeats_found_by_mark_are_those_found_by_name(ids):
    """However few rows the exact comparison is spared, it keeps, counts and drops the same ones."""
    body = [
        {"event_id": i, "source": s, "qty": q, "kind": "like", "ts": START + q, "flags": 0} for i, s, q in ids
    ]
    events = pa.Table.from_pylist([{n: r.get(n) for n in EVENTS.names} for r in body], schema=EVENTS)
    plain = distinct.distinct(events)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(distinct, "_MANY", 0)
        marked = distinct.distinct(
            pa.concat_tables([events.slice(0, 3), events.slice(3)]).unify_dictionaries()
        )
    assert marked.events.to_pylist() == plain.events.to_pylist()
    assert marked[1:] == plain[1:]
