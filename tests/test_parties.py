"""Who operated room R on day D, under which agency, selling for whom."""

from datetime import UTC, datetime

from zhenbo.core.deal import Deal
from zhenbo.core.parties import OPERATES, Party, Registry


def day(text: str) -> int:
    """Microsecond of a UTC day."""
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()) * 1_000_000


SOLD = day("2026-03-10")
MOVED = day("2026-04-01")
BOOK = Registry(
    [
        Party("room-1", "host", relation="operated_by", other="li"),
        Party("room-1", "host", relation="sold_to", other="wang", valid_from=SOLD),
        Party("room-1", "host", relation="managed_by", other="mcn-1", valid_to=MOVED),
        Party("room-1", "host", relation="managed_by", other="mcn-9", valid_from=MOVED),
        Party("wang", "person", relation="signed_to", other="mcn-2", valid_from=SOLD, valid_to=MOVED),
    ],
    [Deal("d-1", "room-1", "m-1", since=day("2026-03-05"), until=day("2026-03-20")), Deal("d-2", "room-1", "m-2", signed_on=MOVED)],
)  # fmt: skip


def test_room_on_a_day():
    """A sold account has its new operator from that day on, its agency until the host moved, and the merchants of the day."""
    before, between, after = (BOOK.on("room-1", day(d)) for d in ("2026-03-06", "2026-03-15", "2026-04-02"))
    assert (before.operators, before.agencies, before.merchants) == (("li",), ("mcn-1",), ("m-1",))
    assert (between.operators, between.agencies, between.merchants) == (
        ("wang",),
        ("mcn-1", "mcn-2"),
        ("m-1",),
    )
    assert (after.operators, after.agencies, after.merchants) == (("wang",), ("mcn-9",), ("m-2",))
    assert BOOK.rooms("wang", day("2026-03-06")) == ()
    assert BOOK.rooms("wang", day("2026-04-02")) == ("room-1",)


def test_renamed_three_times_is_one_party():
    """An agency that takes a new id and name each time answers to all of them; two firms of one name stay two."""
    book = Registry(
        [
            Party("a1", "agency", "Star", valid_to=day("2026-01-01")),
            Party("a2", "agency", "Nova", "renamed_from", "a1", day("2026-01-01"), day("2026-02-01")),
            Party("a3", "agency", "Orbit", "renamed_from", "Nova", day("2026-02-01"), day("2026-03-01")),
            Party("a3", "agency", "Comet", "renamed_to", "a4", day("2026-03-01")),
            Party("a4", "agency", "Comet"),
            Party("b1", "agency", "Sun"),
            Party("b2", "agency", "Sun"),
            Party("b3", "agency", "Moon", "renamed_from", "Sun"),
            Party("room-2", "host", relation="managed_by", other="a1", valid_to=day("2026-06-01")),
        ]
    )
    assert {book.same(i) for i in ("a1", "a2", "a3", "a4")} == {"a1"}
    assert book.renames("a4") == 3
    assert book.name("a1", day("2026-02-10")) == "Orbit"
    assert book.on("room-2", day("2026-05-01")).agencies == ("a1",)
    assert len({book.same(i) for i in ("b1", "b2", "b3")}) == 3


def test_two_that_say_they_hold_at_once_are_both_given():
    """Stated times that overlap are a contradiction of the papers, not ours to settle; nothing is invented for a stranger."""
    book = Registry([
        Party("room-3", "host", relation="operated_by", other="x", valid_from=0, valid_to=100),
        Party("room-3", "host", relation="operated_by", other="y", valid_from=50, valid_to=150),
    ])  # fmt: skip
    assert book.linked("room-3", OPERATES, 75) == ("x", "y")
    assert book.linked("room-3", OPERATES, 120) == ("y",)
    assert book.on("nobody", 75).operators == ()


def test_staff_and_what_they_pay_with():
    """The accounts of a firm are those of its people too, while they work for it."""
    book = Registry([
        Party("firm", "agency", relation="acts_as", other="u1"),
        Party("firm", "agency", relation="pays_from", other="y1"),
        Party("u2", "account", relation="works_for", other="firm", valid_from=10, valid_to=20),
        Party("kai", "person", relation="works_for", other="firm"),
        Party("kai", "person", relation="acts_as", other="u3"),
    ])  # fmt: skip
    assert book.accounts("firm", 15) == {"u1", "u2", "u3"}
    assert book.accounts("firm", 25) == {"u1", "u3"}
    assert book.payers("firm") == {"y1"}
