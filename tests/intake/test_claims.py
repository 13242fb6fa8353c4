"""Claims as people write them: what reads, what does not and why."""

import json
from datetime import UTC, datetime

import pytest

from zhenbo.cli.claim_ import EXAMPLE
from zhenbo.core.errors import ZhenboError
from zhenbo.intake.claims import read

GOOD = {"id": "c", "kind": "quality", "filed_at": 1_780_279_200_000_000, "purchase": {"id": "o", "paid": 100}}


def lines(folder, *bodies):
    """A JSONL file of them."""
    path = folder / "claims.jsonl"
    path.write_bytes(b"\n".join(b if isinstance(b, bytes) else json.dumps(b).encode() for b in bodies))
    return read([path])


def test_the_example_reads_in_beijing_time(tmp_path):
    """What `--example` prints is a claim; times without a zone are Beijing's."""
    path = tmp_path / "claim.toml"
    path.write_text(EXAMPLE, "utf-8")
    found = read([path])
    assert not found.rejects
    assert found.claims[0].purchase.signed_at == int(datetime(2026, 5, 1, 2, 30, tzinfo=UTC).timestamp()) * 10**6  # fmt: skip


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"kind": "qualty"}, "did you mean quality"),
        ({"filed_at": "yesterday"}, "is no time"),
        ({"filed_at": 10**30}, "no time of 1970 to 2200"),
        ({"filed_at": True}, "no time"),
        ({"zone": 99_999}, "minutes east"),
        ({"damaged": 3}, "is no share"),
        ({"filed": 3}, "did you mean filed_at?"),
        ({"purchase": {"id": "o", "paid": -5}}, "is no amount"),
        ({"purchase": {"id": "o", "paid": 1.5}}, "int"),
        ({"purchase": {"id": "o", "paid": 10**40}}, "is no amount"),
        ({"purchase": {"id": "o", "paid": 5, "traits": ["fresh"]}}, "trait"),
        ({"proofs": [{"kind": "fotos"}]}, "did you mean photo"),
        ({"purchase": {"id": "o", "paid": 5, "buyer_orders": 10**30}}, "are counts"),
        ({"promises": [{"id": "p", "kind": "multiple", "number": 10**20}]}, "is none of 0 to"),
        ({"promises": [{"id": "p", "kind": "lotery"}]}, "did you mean lottery"),
        ({"colour": "red"}, "colour"),
        ({"id": " "}, "need an id"),
    ],
)
def test_a_bad_claim_is_named_and_costs_itself_only(tmp_path, change, said):
    """The good line beside it is kept; the message says what was seen and what would do."""
    found = lines(tmp_path, GOOD | change, GOOD | {"id": "other"})
    assert [c.id for c in found.claims] == ["other"]
    assert (found.rejects[0].line, len(found.rejects)) == (1, 1)
    assert said in found.rejects[0].detail


def test_broken_lines_never_stop_the_rest(tmp_path):
    """Bytes that are no text, no JSON, no object, deep beyond reason, or a claim said twice in two ways."""
    deep = b'{"a":' * 50_000
    found = lines(tmp_path, b"\xff\xfe", b"{", b"[]", b"7", deep, GOOD, GOOD, GOOD | {"kind": "fake"})
    assert len(found.claims) == 1
    assert [r.reason for r in found.rejects] == [
        "no_json",
        "no_json",
        "no_claim",
        "no_claim",
        "no_json",
        "claim_twice",
    ]


def test_what_is_not_there_is_told(tmp_path):
    """A missing file and an empty folder say what to try."""
    for path in (tmp_path / "none.toml", tmp_path):
        with pytest.raises(ZhenboError, match="--example"):
            read([path])
