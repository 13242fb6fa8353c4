"""The key that evidence bundles are signed with: Ed25519, made once beside the pseudonyms' key, readable by its owner only.

A signature says that whoever holds this key made this file and nobody changed it since. Whose key it is the file cannot say:
that is for its fingerprint to be told another way (a letter, a phone call, a page of the signer's own).
"""

import os
from collections.abc import Callable
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from zhenbo.core.errors import ZhenboError
from zhenbo.intake.identity import key_path


def signing_path() -> Path:
    """Where the user's signing key lives: `signing-key`, beside the key for pseudonyms."""
    return key_path().with_name("signing-key")


def signer(path: Path | None = None) -> tuple[bytes, Callable[[bytes], bytes]]:
    """Public key and signing function; the private key is made when there is none.

    Raises:
        ZhenboError: when the key cannot be made or read, is no key, or others can read it.
    """
    place = path or signing_path()
    try:
        if not place.exists():
            place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            handle = os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(handle, "w", encoding="ascii") as out:
                out.write(Ed25519PrivateKey.generate().private_bytes_raw().hex() + "\n")
        loose = place.stat().st_mode & 0o077
        text = place.read_text("ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ZhenboError(f"The signing key {place} cannot be made or read ({error}). Name one with --signing-key FILE.") from error  # fmt: skip
    if loose and os.name == "posix":
        raise ZhenboError(f"Others can read the signing key {place}: what it signs proves nothing. Run `chmod 600 {place}`, or remove it to make a new one.")  # fmt: skip
    try:
        private = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(text))
    except ValueError as error:
        raise ZhenboError(f"{place} holds no Ed25519 key (64 hexadecimal digits). Remove it to make a new one.") from error  # fmt: skip
    return private.public_key().public_bytes_raw(), private.sign


def signed_by(key: bytes, signature: bytes, message: bytes) -> bool:
    """Whether a message is signed by a key."""
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True
