"""The answer key on disk: beside the data folder, never inside it, so that no audit reads it by mistake."""

from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

from zhenbo.worlds.truth import SessionTruth, World


def write_answer(world: World, folder: Path) -> None:
    """Write `truth.json` (per session and deal), `accounts.parquet` and `orders.parquet` (everything fabricated).

    Further answer keys of the world stand beside them, a table each.

    Args:
        world: with its answer key.
        folder: made if absent; by custom `<data folder>-truth`.
    """
    folder.mkdir(parents=True, exist_ok=True)
    told = {
        "sessions": [_plain(t) for _, t in sorted(world.truth.items())],
        "deals": [asdict(d) for _, d in sorted(world.deals.items())],
    }
    (folder / "truth.json").write_bytes(
        msgspec.json.format(msgspec.json.encode(told, order="sorted", enc_hook=int), indent=2) + b"\n"
    )
    for name, rows in (("accounts", _accounts(world)), ("orders", _orders(world))):
        columns = list(zip(*sorted(rows), strict=True)) or [()] * 3
        names = ("session_id", f"{name[:-1]}_id", "group")
        table = pa.table(
            {n: pa.array(c, pa.string()) for n, c in zip(names, columns, strict=False)}
        )  # orders have no group
        pq.write_table(table, folder / f"{name}.parquet", compression="zstd")
    for name, table in sorted(world.answers.items()):
        pq.write_table(table, folder / f"{name}.parquet", compression="zstd")


def _plain(truth: SessionTruth) -> dict[str, object]:
    """A session's key without the long lists, which stand in the tables."""
    plain = asdict(truth)
    plain["fake_accounts"], plain["fake_orders"] = len(truth.fake_accounts), len(truth.fake_orders)
    plain["groups"] = {name: len(who) for name, who in sorted(truth.groups.items())}
    return plain


def _accounts(world: World) -> Iterator[tuple[str, str, str]]:
    for session, t in world.truth.items():
        crew = {who: name for name, members in sorted(t.groups.items()) for who in members}
        yield from ((session, who, crew.get(who, "")) for who in t.fake_accounts)


def _orders(world: World) -> Iterator[tuple[str, str]]:
    for session, t in world.truth.items():
        yield from ((session, order) for order in t.fake_orders)
