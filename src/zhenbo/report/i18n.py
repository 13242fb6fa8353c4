"""Catalogues at run time: stdlib gettext over English msgids; Babel only makes the files.

One rule for every message, in Python and in templates alike: it is %-formatted, so a lone percent sign is
written `%%` (Jinja's newstyle gettext does the same).
"""

import gettext
from functools import cache
from importlib.resources import files
from typing import Literal

Lang = Literal["zh", "en"]
LANGS: tuple[Lang, ...] = ("zh", "en")
LOCALES = {"zh": "zh_CN"}
"""Catalogue folder per language; English is the language of the msgids and needs none."""


def N_(message: str) -> str:  # noqa: N802 - the name every extractor knows
    """Mark a constant for extraction; it is translated when rendered."""
    return message


@cache
def catalogue(lang: Lang) -> gettext.NullTranslations:
    """The translations of a language."""
    if lang not in LOCALES:
        return gettext.NullTranslations()
    path = files("zhenbo").joinpath("packs", "locales", LOCALES[lang], "LC_MESSAGES", "messages.mo")
    with path.open("rb") as file:
        return gettext.GNUTranslations(file)


def tr(lang: Lang, message: str, **args: object) -> str:
    """A message in `lang`, its `%(name)s` fields filled."""
    return catalogue(lang).gettext(message) % args
