"""Pseudonyms: people in raw sources become keyed hashes (HMAC-SHA256) before anything else sees them.

Only `actor_id`, `account_id`, `device`, `ip`, `addr`, `pay` and user-valued `target_id` are hashed, and fields a
mapping calls private. A canonical data folder holds pseudonyms already and passes through unchanged. Equal people
stay equal under one key, so no finding depends on which key it is.
"""

import hmac
import os
import secrets
from collections.abc import Iterable
from pathlib import Path

import msgspec

from zhenbo.core.errors import ZhenboError

KEY_BYTES = 32
_HEX = 20  # 80 bits: a million people collide with probability below 1e-12

PREFIX = {"actor": "u", "device": "d", "ip": "i", "addr": "a", "pay": "p", "private": "n"}
"""First letter of a pseudonym, so that columns never collide."""


def key_path() -> Path:
    """Where the user's key lives: `$XDG_CONFIG_HOME/zhenbo/key`, else `~/.config/zhenbo/key`."""
    root = os.environ.get("XDG_CONFIG_HOME")
    return (Path(root) if root else Path.home() / ".config") / "zhenbo" / "key"


def load_key(path: Path | None = None) -> bytes:
    """The key, made once and readable by its owner only.

    Args:
        path: `--key FILE`; the user's own key when None.

    Raises:
        ZhenboError: when the key cannot be made or read, or is too short.
    """
    place = path or key_path()
    try:
        if not place.exists():
            place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            handle = os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(handle, "w", encoding="ascii") as out:
                out.write(secrets.token_hex(KEY_BYTES) + "\n")
        body = place.read_bytes().strip()
    except OSError as error:
        raise ZhenboError(
            f"The key {place} cannot be made or read ({error}). Name one with --key FILE."
        ) from error
    if len(body) < KEY_BYTES:
        raise ZhenboError(
            f"The key {place} holds {len(body)} bytes; at least {KEY_BYTES} are needed. Remove it to make a new one."
        )
    return body


class Pseudonyms:
    """Pseudonyms under one key, remembered so that each value is hashed once.

    Args:
        key: the user's key.
    """

    def __init__(self, key: bytes) -> None:
        self._key = key
        self.known: dict[tuple[str, str], str] = {}

    def of(self, what: str, value: str, platform: str = "") -> str:
        """The pseudonym of one value.

        Args:
            what: a key of `PREFIX`.
            value: raw id.
            platform: actors of different platforms with equal ids are different people.
        """
        at = (what + "\0" + platform, value)
        known = self.known.get(at)
        if known is None:
            body = f"{what}\0{platform}\0{value}".encode("utf-8", "surrogatepass")
            known = f"{PREFIX[what]}_{hmac.digest(self._key, body, 'sha256').hex()[:_HEX]}"
            self.known[at] = known
        return known

    def column(self, what: str, values: Iterable[str | None], platform: str = "") -> list[str | None]:
        """The pseudonyms of a column, nulls kept."""
        return [None if v is None else self.of(what, v, platform) for v in values]

    def write_map(self, path: Path) -> None:
        """Write pseudonym -> raw value as JSON lines, readable by the owner only."""
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "wb") as out:
            for (what, value), name in sorted(self.known.items()):
                kind, _, platform = what.partition("\0")
                out.write(
                    msgspec.json.encode({"pseudonym": name, "what": kind, "platform": platform,
                                         "value": value.encode("utf-8", "replace").decode()}) + b"\n"
                )  # fmt: skip
