"""TikTok LIVE packets kept as base64 protobuf: `{MessageType: [{eventData, uniqueId, ts}]}`.

Decoded with Google's protobuf through a descriptor built at run time from a table of field numbers
(`packs/mappings/_tiktok_fields.toml`), so that no generated code and no foreign licence comes in. Fields that are
not in the table are skipped. Rows have the shape of decoded captures: `method`, the message's fields, and of the
envelope `host` (uniqueId) and `received` (ts).
"""

import base64
import binascii
import json
import re
import statistics
import tomllib
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from zhenbo.core.errors import Reject
from zhenbo.intake.convert import Clock, time_of
from zhenbo.intake.format import Format
from zhenbo.intake.rows import Rows

_TABLE = "_tiktok_fields.toml"
_NAIVE = re.compile(r"\d{4}-\d{2}-\d{2}T[\d:.]+")
_PACKAGE = "zhenbo_tiktok"


def sniff(head: bytes) -> bool:
    """Whether it is a JSON object that carries base64 event data."""
    body = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    return body[:1] == b"{" and b'"eventData"' in body


def read(path: Path) -> Rows:
    """Packets in file order; numbered within the file."""
    rows = Rows(path.name, iter(()))
    rows.rows = _rows(path, rows)
    return rows


def _rows(path: Path, out: Rows) -> Iterator[tuple[int, dict[str, Any]]]:
    text = path.read_bytes().removeprefix(b"\xef\xbb\xbf").decode("utf-8", "replace")
    decoded = [
        (number, row)
        for number, (method, packet) in enumerate(_packets(text, path.name, out), start=1)
        if (row := _decoded(number, method, packet, out)) is not None
    ]
    zone = _zone([row for _number, row in decoded])
    for number, row in decoded:
        if zone and _NAIVE.fullmatch(str(row["received"])):
            row["received"] = f"{row['received']}{zone}"
        yield number, row


def _decoded(number: int, method: str, packet: dict[str, Any], out: Rows) -> dict[str, Any] | None:
    from google.protobuf.message import DecodeError

    out.read += 1
    row: dict[str, Any] = {"method": method, "host": packet.get("uniqueId"), "received": packet.get("ts")}
    kind = messages().get(method)
    if kind is None:
        return row
    try:
        body = base64.b64decode(str(packet.get("eventData", "")), validate=True)
        return row | _plain(kind.FromString(body))
    except (binascii.Error, ValueError, DecodeError) as error:
        out.rejects.append(Reject(out.file, number, "bad_packet", f"{method}: {error}"[:200]))
        return None


def _zone(rows: list[dict[str, Any]]) -> str | None:
    """The recording machine's zone, when it wrote local times without one: they follow the messages' own by seconds.

    The median of received minus sent, to the quarter of an hour, over at least five messages.
    """
    gaps = []
    for row in rows:
        sent = row.get("common", {}).get("create_time", 0)
        seen = str(row["received"])
        if sent and _NAIVE.fullmatch(seen):
            local = time_of(seen, Clock("+00:00"))
            if isinstance(local, int):
                gaps.append(local // 1000 - sent)
    if len(gaps) < 5:
        return None
    quarters = round(statistics.median(gaps) / 900_000)
    if abs(quarters) > 14 * 4:
        return None
    hours, rest = divmod(abs(quarters), 4)
    return f"{'-' if quarters < 0 else '+'}{hours:02d}:{rest * 15:02d}"


def _packets(text: str, file: str, out: Rows) -> Iterator[tuple[str, dict[str, Any]]]:
    """Packets of the document; of a broken one those before the damage."""
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        out.rejects.append(Reject(file, 0, "bad_json", f"{error}; packets before the damage are kept"[:200]))
        document = _salvaged(text)
    if not isinstance(document, dict):
        return
    for method, packets in document.items():
        for packet in packets if isinstance(packets, list) else []:
            if isinstance(packet, dict):
                yield method, packet


def _salvaged(text: str) -> dict[str, list[Any]]:
    """What can be read of a document that breaks off: whole packets under their method."""
    decoder = json.JSONDecoder(strict=False)
    found: dict[str, list[Any]] = {}
    at = text.find("{") + 1
    while True:
        try:
            at = text.index('"', at)
            method, at = decoder.raw_decode(text, at)
            at = text.index("[", at) + 1
            while text[at:].lstrip()[:1] in {"{", ","}:
                packet, at = decoder.raw_decode(text, text.index("{", at))
                found.setdefault(str(method), []).append(packet)
        except (ValueError, RecursionError):
            return found


@cache
def messages() -> dict[str, Any]:
    """Message classes by name, made from the table of field numbers."""
    from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

    table = tomllib.loads((files("zhenbo") / "packs" / "mappings" / _TABLE).read_text(encoding="utf-8"))
    field_type = descriptor_pb2.FieldDescriptorProto
    scalars = {
        "int64": field_type.TYPE_INT64, "int32": field_type.TYPE_INT32, "bool": field_type.TYPE_BOOL,
        "string": field_type.TYPE_BYTES,  # broken UTF-8 must not cost the packet
    }  # fmt: skip
    document = descriptor_pb2.FileDescriptorProto(
        name="zhenbo_tiktok.proto", package=_PACKAGE, syntax="proto3"
    )
    for name, fields in table.items():
        message = document.message_type.add(name=name)
        for field, (number, kind, *more) in fields.items():
            entry = message.field.add(name=field, number=number)
            entry.label = field_type.LABEL_REPEATED if more else field_type.LABEL_OPTIONAL
            entry.type = scalars.get(kind, field_type.TYPE_MESSAGE)
            if kind not in scalars:
                entry.type_name = f".{_PACKAGE}.{kind}"
    pool = descriptor_pool.DescriptorPool()
    pool.Add(document) if hasattr(pool, "Add") else pool.AddSerializedFile(document.SerializeToString())
    return {n: message_factory.GetMessageClass(pool.FindMessageTypeByName(f"{_PACKAGE}.{n}")) for n in table}


def _plain(message: Any) -> dict[str, Any]:
    """The fields that are set, nested messages as dicts."""
    out: dict[str, Any] = {}
    for field, value in message.ListFields():
        if field.message_type is None:
            out[field.name] = [_word(v) for v in value] if _many(field) else _word(value)
        else:
            out[field.name] = [_plain(v) for v in value] if _many(field) else _plain(value)
    return out


def _many(field: Any) -> bool:
    repeated = getattr(field, "is_repeated", None)
    return bool(repeated if isinstance(repeated, bool) else field.label == field.LABEL_REPEATED)


def _word(value: Any) -> Any:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else value


FORMAT = Format("packets", sniff, read)
