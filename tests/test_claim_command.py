"""`zhenbo claim`: a claim, a desk, promises on air, as a stranger uses it."""

import json

import pytest
from click.testing import CliRunner

from zhenbo.act.guarantee.record import paid_before
from zhenbo.cli.claim_ import EXAMPLE, command
from zhenbo.core.errors import RecordError
from zhenbo.pipeline.record import opened

HOSTILE = '<script>alert(1)</script>" 13800138000'


def call(*args):
    """The command, in process."""
    return CliRunner().invoke(command, [str(a) for a in args], catch_exceptions=False)


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_claim_makes_a_page_and_json(tmp_path, lang):
    """The example: paid in full, with clause and appeal, in both languages; the same bytes twice."""
    file = tmp_path / "claim.toml"
    file.write_text(EXAMPLE.replace('"o-77"', json.dumps(HOSTILE)), "utf-8")
    bodies = []
    for n in range(2):
        done = call(file, "--json", "--lang", lang, "--out", tmp_path / f"out{n}")
        assert done.exit_code == 0
        bodies.append((tmp_path / f"out{n}" / "claims.html").read_text("utf-8").replace(f"out{n}", ""))
    decision = json.loads((tmp_path / "out0" / "claims.json").read_bytes())["decisions"][0]["decision"]
    assert (decision["outcome"], decision["amount"]) == ("pay", 149_000)
    page = bodies[0]
    assert "1,490.00" in page
    assert "<script>" not in page
    assert "13800138000" not in page
    assert bodies[0] == bodies[1]


def test_many_claims_are_a_desk(tmp_path):
    """JSONL: distribution of decisions; a broken line is named on stderr and costs itself only."""
    body = {"kind": "fresh_damage", "filed_at": "2026-06-02T09:59:00", "purchase": {"id": "o", "paid": 5900, "goods": "fresh", "services": ["fresh_damage"], "signed_at": "2026-06-01T10:00:00", "merchant": "m"}, "proofs": [{"kind": "photo"}]}  # fmt: skip
    rows = [body | {"id": "in-time"}, body | {"id": "late", "filed_at": "2026-06-02T10:01:00"}]
    file = tmp_path / "claims.jsonl"
    file.write_text("\n".join([*map(json.dumps, rows), "{"]), "utf-8")
    done = call(file, "--json")
    told = json.loads(done.stdout)
    assert done.exit_code == 0
    assert told["desk"]["outcomes"] == {"pay": 1, "redirect": 1}
    assert [r["line"] for r in told["rejects"]] == [3]


@pytest.mark.slow
def test_decisions_go_to_the_record(tmp_path):
    """`--store`: the decision is an act, and so is what it pays; a second run adds nothing."""
    file = tmp_path / "claim.toml"
    file.write_text(
        EXAMPLE.replace('goods = "cosmetics"', 'goods = "cosmetics"\nself_operated = true'), "utf-8"
    )
    store = tmp_path / "record.db"
    assert "2 acts recorded" in call(file, "--store", store).stderr
    assert "0 acts recorded" in call(file, "--store", store).stderr


def test_usage_is_told(tmp_path):
    """Nothing named, nothing readable, a time that is none."""
    assert call().exit_code == 2
    assert "--example" in call().stderr
    assert call("--example").stdout == EXAMPLE
    assert call(tmp_path / "x.toml", "--as-of", "soon").exit_code == 2


def test_times_that_cannot_be_are_refused_with_their_names(tmp_path):
    """Signed for before it was ordered: neither granted nor refused, but named."""
    file = tmp_path / "c.toml"
    file.write_text(
        'id = "c"\nkind = "no_reason"\nfiled_at = 2026-05-20T10:00:00+08:00\n[purchase]\nid = "o"\npaid = 9950\n'
        "ordered_at = 2026-05-14T10:00:00+08:00\nsigned_at = 2026-05-12T10:00:00+08:00\n", "utf-8",
    )  # fmt: skip
    said = CliRunner().invoke(command, [str(file)])
    assert said.exit_code == 1
    assert "signed_at lies before ordered_at" in said.stderr


@pytest.mark.slow
def test_an_appeal_is_recorded_and_answered_by_a_person(tmp_path):
    """Appeal, answer, page; a second answer has nothing to answer."""
    file, store = tmp_path / "claim.toml", tmp_path / "record.db"
    file.write_text(
        EXAMPLE.replace('goods = "cosmetics"', 'goods = "cosmetics"\nself_operated = true'), "utf-8"
    )
    call(file, "--store", store)
    assert (
        call("--appeal", "c-1001", "--by", "merchant", "--because", HOSTILE, "--store", store).exit_code == 0
    )
    told = (
        "--answer",
        "c-1001",
        "--person",
        "r-7",
        "--because",
        "wrong picture",
        "--overturn",
        "--store",
        store,
    )
    done = call(*told, "--lang", "en", "--out", tmp_path)
    assert "The decision falls" in done.stdout
    page = (tmp_path / "appeal.html").read_text("utf-8")
    assert "<script>" not in page
    assert "13800138000" not in page
    for kept in (tmp_path / "appeal.json", store):
        assert b"13800138000" not in kept.read_bytes()
    assert "term of seven days" in done.stdout  # months after the decision: said, and left to the person
    with pytest.raises(RecordError, match="nobody has appealed"):
        call(*told)
    again = call(file, "--store", store)
    assert "0 acts recorded" in again.output  # the same claims run again never pay what a person took back
    file.write_text(file.read_text("utf-8") + '\n[[findings]]\nwhat = "defect"\nholds = true\n', "utf-8")
    assert "0 acts" not in call(file, "--store", store).output


def test_a_raw_phone_goes_into_no_page_and_no_record(tmp_path):
    """Planted as buyer, device, address and payer: in neither JSON, page nor store; the same phone stays the same buyer."""
    file, store, key = tmp_path / "claim.toml", tmp_path / "record.db", tmp_path / "key"
    planted = 'buyer = "13800138000"\ndevice = "13800138000"\naddress = "杭州市文三路 12 号"\npay = "6222020200112233445"'
    file.write_text(
        EXAMPLE.replace('buyer = "u_4821"', planted).replace(
            "[purchase]", "[purchase]\nself_operated = true"
        ),
        "utf-8",
    )
    told = call(file, "--store", store, "--out", tmp_path / "out", "--json", "--key", key)
    assert told.exit_code == 0
    written = [p.read_bytes() for p in tmp_path.rglob("*") if p.is_file() and p != file]
    for raw in ("13800138000", "文三路", "6222020200112233445"):
        assert raw not in told.output
        assert not any(raw.encode() in body for body in written)
    assert "0 acts recorded" in call(file, "--store", store, "--key", key).output


def test_what_is_owed_more_later_is_paid_as_the_rest(tmp_path):
    """A promise pays 假一赔三 at once; fraud confirmed brings the law's 500 yuan: the record takes the rest, and once."""
    head = 'id = "c"\nkind = "fake"\nfiled_at = 2026-06-02T10:00:00\nbuyer = "b"\n'
    order = '[purchase]\nid = "o"\ngoods = "bags"\npaid = 12740\nself_operated = true\nsigned_at = 2026-06-01T10:00:00\n[[promises]]\nid = "p"\nkind = "multiple"\nnumber = 3\n'
    fake = '[[findings]]\nwhat = "genuine"\nholds = false\nby = "rights_holder"\n'
    fraud = '[[findings]]\nwhat = "fraud"\nholds = true\nat = 2026-06-04T10:00:00\n'
    file, store = tmp_path / "claim.toml", tmp_path / "record.db"
    for text, acts in (
        (head + order + fake, 3),
        (head + order + fake + fraud, 2),
        (head + order + fake + fraud, 0),
    ):
        file.write_text(text, "utf-8")
        assert f"{acts} acts recorded" in call(file, "--store", store).output
    with opened(str(store), create=False) as kept:
        assert paid_before("c", kept.read(subject="c")) == {"price": 12_740, "damages": 50_000}


def row(n, kind, minute, **more):
    """A canonical event of broadcast s1, minutes after noon."""
    at = f"2026-06-{1 + minute // 1440:02}T{12 + minute % 1440 // 60:02}:{minute % 60:02}:00+00:00"
    return {"platform": "douyin", "source": "x@1", "host_id": "h1", "session_id": "s1", "event_id": f"e{n}", "kind": kind, "ts": at, "flags": 0, **more}  # fmt: skip


@pytest.mark.slow
def test_promises_on_air_are_followed_to_orders_and_chats(tmp_path):
    """A record with speech: what was promised, which parcel came late, what customer service made of it, nothing raw on the page."""
    sold = {"order_id": "o1", "actor_id": "b1", "target_id": "p1", "amount": 5000, "currency": "CNY"}
    rows = [
        row(1, "enter", 0, actor_id="b1"), row(2, "speech", 1, text="姐妹们48小时内发货，买贵了退差价"), row(3, "order_create", 5, **sold),
        row(4, "order_pay", 6, **sold), row(5, "order_ship", 4 * 1440, order_id="o1"), row(6, "comment", 9 * 1440, actor_id="b1", text="?"),
    ]  # fmt: skip
    (tmp_path / "events.jsonl").write_text("\n".join(map(json.dumps, rows)), "utf-8")
    chats = [{"at": "2026-06-05T10:00:00", "buyer": "b1", "by": "buyer", "text": "退差价"}, {"at": "2026-06-05T11:00:00", "buyer": "b1", "by": "seller", "text": f"不支持退差价 {HOSTILE}", "session": "s1"}]  # fmt: skip
    (tmp_path / "chats.jsonl").write_text("\n".join(map(json.dumps, chats)) + "\n{", "utf-8")
    done = call("--on-air", tmp_path, "--json", "--out", tmp_path / "out", "--key", tmp_path / "key")
    told = json.loads(done.stdout)
    found = {p["promise"]["kind"]: p for p in told["promises"]}
    assert [b["ref"] for b in found["ship_hours"]["broken"]] == ["o1"]
    assert len(told["service"]["contradictions"]) == 1
    assert "chats.jsonl:3" in done.stderr
    page = (tmp_path / "out" / "promises.html").read_text("utf-8")
    assert "<script>" not in page
    assert "13800138000" not in page


@pytest.mark.parametrize(("paid", "outcome"), [(5000, "refuse"), (2000, "pay")])
def test_what_the_record_knows_was_paid_back_is_not_paid_again(tmp_path, paid, outcome):
    """A refund beside the claim: the whole order's price came back; of a part nobody knows which, and the buyer is not refused."""
    sold = {"order_id": "o1", "actor_id": "b1", "target_id": "p1", "amount": 5000, "currency": "CNY"}
    rows = [
        row(1, "order_create", 0, **sold), row(2, "order_pay", 1, **sold), row(3, "order_deliver", 2 * 1440, order_id="o1"),
        row(4, "refund_done", 4 * 1440, order_id="o1", amount=5000, currency="CNY"),
    ]  # fmt: skip
    (tmp_path / "events.jsonl").write_text("\n".join(map(json.dumps, rows)), "utf-8")
    claim = {"id": "c1", "kind": "quality", "filed_at": "2026-06-06T10:00:00", "purchase": {"id": "o1", "paid": paid, "goods": "home"}, "proofs": [{"kind": "photo"}]}  # fmt: skip
    (tmp_path / "claims.jsonl").write_text(json.dumps(claim), "utf-8")
    done = call(tmp_path, "--json", "--key", tmp_path / "key")
    assert json.loads(done.stdout)["decisions"][0]["decision"]["outcome"] == outcome
