r"""The file of an evidence bundle: an HTML page, data behind it line by line, a manifest of digests, a signature.

Every byte before the manifest belongs to a segment, every segment is cut into lines, and the manifest says the digest of each.
Nothing stands in the manifest that does not follow from the segments, so it can be made again from them: a changed line, a
changed manifest and a changed signature are told apart, and each is named with its byte range. What data hold is JSON with `<`
written as `\u003c`, so that no text in them can end a segment.
"""

import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import msgspec

from zhenbo.core.errors import ZhenboError

Verify = Callable[[bytes, bytes, bytes], bool]
"""(public key, signature, message) -> whether it is signed by that key."""

_OPEN = b'<script type="application/json" id="evidence-%b">\n'
_CLOSE = b"</script>\n"
_MARK = re.compile(rb'<script type="application/json" id="evidence-([a-z_]+)">\n')
_TAIL = b"</body>\n</html>\n"
_LENGTH = re.compile(rb'\n "bytes": ([0-9]{1,15}),')
_SIGNED = (
    len(_OPEN % b"signature")
    + len('{"algorithm":"Ed25519","key":"","signature":""}\n')
    + 192
    + len(_CLOSE + _TAIL)
)
"""Length of the signature's segment to the end of the file."""
_LONGEST = 200
"""Characters of a line that a finding quotes."""


@dataclass(frozen=True)
class Finding:
    """Something that is not as it was signed.

    Args:
        segment: `page`, the name of a data segment, `manifest` or `signature`.
        entry: 1-based line of the segment; 0 where the whole of it is meant.
        start: first byte of the file.
        end: one after the last.
        what: `changed`, `removed`, `added`, `forged` (a signature that is not of this content), `broken` (no bundle).
        says: the line as it stands now, cut short.
    """

    segment: str
    entry: int
    start: int
    end: int
    what: str
    says: str = ""


@dataclass(frozen=True)
class Opened:
    """A bundle taken apart.

    Args:
        page: the HTML people read, to where the data begin.
        data: body of each data segment.
        findings: what is not as signed; empty for an intact bundle.
        key: public key it carries.
        bytes: length of the file.
    """

    page: bytes
    data: Mapping[str, bytes]
    findings: tuple[Finding, ...]
    key: bytes
    bytes: int


class _Segment(msgspec.Struct, frozen=True):
    name: str
    start: int
    end: int
    sha256: str
    lines: str


class _Manifest(msgspec.Struct, frozen=True):
    format: int
    bytes: int
    segments: list[_Segment]


class _Signature(msgspec.Struct, frozen=True):
    algorithm: str
    key: str
    signature: str


def fingerprint(key: bytes) -> str:
    """How people tell keys apart: the first 32 hexadecimal digits of SHA-256, by fours."""
    digits = hashlib.sha256(key).hexdigest()[:32]
    return " ".join(digits[i : i + 4] for i in range(0, 32, 4))


def close(page: str, data: Mapping[str, bytes], key: bytes, sign: Callable[[bytes], bytes]) -> bytes:
    """A bundle as bytes; equal content and key give equal bytes.

    Args:
        page: the HTML people read.
        data: bodies by name, each of whole lines.
        key: public key.
        sign: signs a message with the private one.
    """
    parts = [("page", head_of(page)), *((name, _wrapped(name, body)) for name, body in data.items())]
    content = b"".join(body for _, body in parts)
    manifest = _manifest(content, parts)
    signed = _Signature("Ed25519", key.hex(), sign(manifest).hex())
    return b"".join([
        content, _wrapped("manifest", manifest), _wrapped("signature", msgspec.json.encode(signed) + b"\n"), _TAIL,
    ])  # fmt: skip


def head_of(page: str) -> bytes:
    """A page as far as it stands before the data."""
    head, _, tail = page.encode().rpartition(b"</body>")
    if tail.strip() != b"</html>":
        raise ValueError("the page does not end as a page does")
    return head


def _wrapped(name: str, body: bytes) -> bytes:
    if b"<" in body or (body and not body.endswith(b"\n")):
        raise ValueError(f"segment {name}: whole lines without < are kept")
    return _OPEN % name.encode() + body + _CLOSE


def _manifest(content: bytes, parts: Sequence[tuple[str, bytes]]) -> bytes:
    """The manifest of a content: a line per segment."""
    at, told = 0, []
    for name, body in parts:
        lines = "".join(_digest(line) for line in body.splitlines(keepends=True))
        told.append(_Segment(name, at, at + len(body), hashlib.sha256(body).hexdigest(), lines))
        at += len(body)
    return msgspec.json.format(msgspec.json.encode(_Manifest(1, len(content), told)), indent=1) + b"\n"


def _digest(line: bytes) -> str:
    return hashlib.sha256(line).hexdigest()[:16]


def opened(file: bytes, verify: Verify) -> Opened:
    """Take a bundle apart and say what in it is not as it was signed.

    Raises:
        ZhenboError: when the file is no bundle at all.
    """
    at, after = _marks(file)
    body = at + len(_OPEN % b"manifest")
    manifest = file[body : after - len(_CLOSE)]
    signature, key, wrong = _signature(file, after)
    for start, end, right in ((at, body, _OPEN % b"manifest"), (after - len(_CLOSE), after, _CLOSE)):
        if file[start:end] != right:
            wrong.append(_first_change("manifest", file[start:end], right, start))
    parts = _parts(file[:at], manifest)
    rebuilt = _manifest(file[:at], parts)
    data = {name: _body(name, body) for name, body in parts if name != "page"}
    findings = list(wrong)
    if signature and verify(key, signature, manifest):
        findings += _changes(manifest, parts) if manifest != rebuilt else []
    elif signature and (then := _signed(file[:at], parts, lambda m: verify(key, signature, m))):
        findings += [_first_change("manifest", manifest, then, body)]
    elif manifest != rebuilt:
        findings += [*_changes(manifest, parts), Finding("signature", 0, after, len(file), "forged")]
    elif not wrong:
        findings.append(Finding("signature", 0, after, len(file), "forged"))
    page = next((body for name, body in parts if name == "page"), b"")
    return Opened(page, data, tuple(findings), key, len(file))


def _marks(file: bytes) -> tuple[int, int]:
    """Where the manifest's and the signature's segments begin; found by their place where their marks were changed."""
    at, after = file.rfind(_OPEN % b"manifest"), file.rfind(_OPEN % b"signature")
    if after < 0:
        after = len(file) - _SIGNED
    if at < 0 and (told := _LENGTH.findall(file)):
        at = int(told[-1])
    if not 0 <= at < after <= len(file) - len(_TAIL) or (not _MARK.search(file)):
        raise ZhenboError(
            "This file is no evidence bundle, or its end is missing: it holds no signed data. `zhenbo evidence make` writes one."
        )
    return at, after


def _signature(file: bytes, at: int) -> tuple[bytes, bytes, list[Finding]]:
    """Signature and key, and what of the last segment is not of its only possible form."""
    body = file[at:]
    inner = body[len(_OPEN % b"signature") :].split(b"\n", 1)[0]
    try:
        told = msgspec.json.decode(inner, type=_Signature)
        signature, key = bytes.fromhex(told.signature), bytes.fromhex(told.key)
    except (msgspec.DecodeError, ValueError):
        return b"", b"", [Finding("signature", 0, at, len(file), "changed", _quoted(inner))]
    form = _Signature("Ed25519", key.hex(), signature.hex())
    right = _wrapped("signature", msgspec.json.encode(form) + b"\n") + _TAIL
    return signature, key, [_first_change("signature", body, right, at)] if body != right else []


def _parts(content: bytes, manifest: bytes) -> list[tuple[str, bytes]]:
    """The segments: where the manifest has them if nothing was added or lost, else where their marks are."""
    try:
        told = msgspec.json.decode(manifest, type=_Manifest)
    except (msgspec.DecodeError, ValueError):
        told = None
    if told and told.bytes == len(content) and _tiles(told.segments, len(content)):
        names = ["page", *(s.name for s in told.segments[1:])]
        return [(name, content[s.start : s.end]) for name, s in zip(names, told.segments, strict=True)]
    marks = [(m.start(), m[1].decode()) for m in _MARK.finditer(content)]
    starts = [(0, "page"), *marks]
    ends = [*(at for at, _ in marks), len(content)]
    return [(name, content[at:end]) for (at, name), end in zip(starts, ends, strict=True)]


def _signed(
    content: bytes, parts: Sequence[tuple[str, bytes]], holds: Callable[[bytes], bool]
) -> bytes | None:
    """The manifest that was signed, where the content still gives it: by the names it had, or by those of the marks."""
    marked = [(m[1].decode() if (m := _MARK.match(body)) else name, body) for name, body in parts]
    return next(
        (made for made in (_manifest(content, parts), _manifest(content, marked)) if holds(made)), None
    )


def _tiles(segments: Sequence[_Segment], length: int) -> bool:
    edges = [0, *(s.end for s in segments)]
    return [s.start for s in segments] == edges[:-1] and edges == sorted(edges) and edges[-1] == length


def _body(name: str, wrapped: bytes) -> bytes:
    return wrapped.removeprefix(_OPEN % name.encode()).removesuffix(_CLOSE)


def _changes(manifest: bytes, parts: Sequence[tuple[str, bytes]]) -> list[Finding]:
    """What in the segments is not what the manifest says, line by line."""
    try:
        told = {s.name: s for s in msgspec.json.decode(manifest, type=_Manifest).segments}
    except (msgspec.DecodeError, ValueError):
        return [Finding("manifest", 0, 0, 0, "changed")]
    found: list[Finding] = []
    at = 0
    for name, body in parts:
        if name not in told:
            found.append(Finding(name, 0, at, at + len(body), "added"))
        elif hashlib.sha256(body).hexdigest() != told[name].sha256:
            found += _lines(name, body, told[name].lines, at)
        at += len(body)
    here = {name for name, _ in parts}
    return [*found, *(Finding(name, 0, at, at, "removed") for name in told if name not in here)]


def _lines(name: str, body: bytes, told: str, at: int) -> list[Finding]:
    """Lines that are not those told: equal ones at both ends are set aside, what lies between was changed."""
    lines = body.splitlines(keepends=True)
    now = [_digest(line) for line in lines]
    then = [told[i : i + 16] for i in range(0, len(told), 16)]
    first = next(
        (i for i, (a, b) in enumerate(zip(now, then, strict=False)) if a != b), min(len(now), len(then))
    )
    shared = min(len(now), len(then)) - first
    last = next((i for i in range(shared) if now[-1 - i] != then[-1 - i]), shared)
    start = at + sum(map(len, lines[:first]))
    middle, gone = lines[first : len(lines) - last], then[first : len(then) - last]
    if not middle:
        return [Finding(name, first + 1, start, start, "removed", f"{len(gone)}")]
    found = []
    for i, line in enumerate(middle):
        same = len(middle) == len(gone)
        if not same or _digest(line) != gone[i]:
            found.append(Finding(name, first + 1 + i, start, start + len(line), "changed" if same else "added" if not gone else "changed", _quoted(line)))  # fmt: skip
        start += len(line)
    return found


def _first_change(segment: str, now: bytes, then: bytes, at: int) -> Finding:
    """From the first to the last byte that differs."""
    first = next(
        (i for i, (a, b) in enumerate(zip(now, then, strict=False)) if a != b), min(len(now), len(then))
    )
    last = next(
        (i for i in range(min(len(now), len(then)) - first) if now[-1 - i] != then[-1 - i]),
        min(len(now), len(then)) - first,
    )
    end = max(len(now) - last, first + 1)
    return Finding(
        segment, now[:first].count(b"\n") + 1, at + first, at + end, "changed", _quoted(now[first:end])
    )


def _quoted(line: bytes) -> str:
    return line[: 4 * _LONGEST].decode("utf-8", "replace")[:_LONGEST].rstrip("\n")
