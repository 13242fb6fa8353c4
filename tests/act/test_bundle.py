"""The file of an evidence bundle: what it holds comes out again, and every changed byte is named."""

import hashlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zhenbo.act.bundle import close, fingerprint, opened
from zhenbo.core.errors import ZhenboError
from zhenbo.intake.signing import signed_by, signer

PAGE = "<!doctype html>\n<html><body>\n<h1>证据</h1>\n<p>a</p>\n</body>\n</html>\n"
DATA = {
    "made": b'{"of":"s1"}\n',
    "events": b"".join(b'{"event_id":"e%d","amount":%d}\n' % (i, 100 * i) for i in range(9)),
    "accounts": b"",
}


@pytest.fixture(scope="module")
def signing(tmp_path_factory):
    """A key of the test's own."""
    return signer(tmp_path_factory.mktemp("key") / "k")


@pytest.fixture(scope="module")
def bundle(signing):
    """A small bundle."""
    return close(PAGE, DATA, *signing)


def test_intact(bundle, signing):
    """An untouched file has no finding, gives its data back, opens as a page, and is the same made twice."""
    found = opened(bundle, signed_by)
    assert found.findings == ()
    assert dict(found.data) == DATA
    assert found.key == signing[0]
    assert bundle == close(PAGE, DATA, *signing)
    assert bundle.startswith(b"<!doctype html>")
    assert bundle.endswith(b"</html>\n")


@pytest.mark.slow
def test_every_changed_byte_is_named(bundle):
    """Each byte of the file, changed in three ways: a finding covers it, and a byte of the data is named by its line."""
    start = bundle.index(DATA["events"])
    for at in range(len(bundle)):
        for value in (bundle[at] ^ 1, ord("0"), ord("\n")):
            if value == bundle[at]:
                continue
            found = opened(bundle[:at] + bytes([value]) + bundle[at + 1 :], signed_by).findings
            assert any(f.start <= at < f.end for f in found), (at, found)
            if start <= at < start + len(DATA["events"]) and value != ord("\n") and bundle[at] != ord("\n"):
                line = bundle[start:at].count(b"\n") + 2  # the segment's first line is its mark
                assert [(f.segment, f.entry, f.what) for f in found] == [("events", line, "changed")]
                assert found[0].end - found[0].start == len(
                    DATA["events"].splitlines(keepends=True)[line - 2]
                )


def test_lines_lost_and_put_in(bundle):
    """A removed event and one put in are named at their place, though everything behind them moved."""
    line = b'{"event_id":"e7","amount":700}\n'
    gone = opened(bundle.replace(line, b""), signed_by).findings
    assert [(f.segment, f.entry, f.what, f.says) for f in gone] == [("events", 9, "removed", "1")]
    more = opened(bundle.replace(line, line + b'{"event_id":"forged","amount":1}\n'), signed_by).findings
    assert [(f.segment, f.entry, f.what) for f in more] == [("events", 10, "added")]
    assert "forged" in more[0].says


def test_signed_by_somebody_else(bundle, tmp_path):
    """A file made anew with another key is intact in itself: only the fingerprint tells; a signature moved from another file does not hold."""
    other = close(PAGE.replace("<p>a", "<p>b"), DATA, *signer(tmp_path / "other"))
    assert opened(other, signed_by).findings == ()
    assert fingerprint(opened(other, signed_by).key) != fingerprint(opened(bundle, signed_by).key)
    mark = b'<script type="application/json" id="evidence-signature">'
    moved = other[: other.index(mark)] + bundle[bundle.index(mark) :]
    assert {f.segment for f in opened(moved, signed_by).findings} == {"signature"}


def test_text_cannot_end_a_segment(signing):
    """A body that could close its own mark is refused before it is written."""
    with pytest.raises(ValueError, match="without <"):
        close(PAGE, {"events": b'{"text":"</script>"}\n'}, *signing)


@given(st.binary(max_size=400))
def test_any_bytes_are_answered(body):
    """What is no bundle is said to be none; nothing else is raised."""
    with pytest.raises(ZhenboError, match="no evidence bundle"):
        opened(body, signed_by)


@settings(max_examples=200)
@given(st.data())
def test_cut_short_and_patched_bundles_never_pass(bundle, data):
    """Cut, doubled or patched anywhere: never intact, never a traceback."""
    a, b = sorted(data.draw(st.tuples(st.integers(0, len(bundle)), st.integers(0, len(bundle)))))
    patched = bundle[:a] + data.draw(st.binary(max_size=60)) + bundle[b:]
    if patched == bundle:
        return
    try:
        found = opened(patched, signed_by).findings
    except ZhenboError:
        return
    assert found


def test_the_key_is_its_owners(tmp_path):
    """Made once, mode 600; one that others can read, or that is none, is refused with what to do."""
    place = tmp_path / "conf" / "signing-key"
    public, sign = signer(place)
    assert place.stat().st_mode & 0o777 == 0o600
    assert signer(place)[0] == public
    assert signed_by(public, sign(b"m"), b"m")
    assert not signed_by(public, sign(b"m"), b"n")
    assert not signed_by(b"short", b"", b"")
    place.chmod(0o644)
    with pytest.raises(ZhenboError, match="chmod 600"):
        signer(place)
    place.chmod(0o600)
    place.write_text("zz")
    with pytest.raises(ZhenboError, match="no Ed25519 key"):
        signer(place)
    assert len(fingerprint(public).replace(" ", "")) == 32 == len(hashlib.sha256(public).hexdigest()) // 2
