"""What a comment says, however it is written: lines that sound alike, or nearly, are one line.

Scripts are disguised by homophones (真的有效果, 珍滴有笑果), letters for characters (hen for 很), signs strewn in and words
exchanged. A line is therefore read aloud: characters become toneless syllables (`pypinyin`), letters stay, signs go; two
lines whose pairs of neighbouring syllables mostly agree (min-wise hashing, Broder 1997) are copies of one.
"""

import re
import unicodedata
from collections.abc import Sequence
from functools import cache
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from zhenbo.core.scatter import uniform
from zhenbo.core.session import Session, by_staff, codes
from zhenbo.kernel.speech import normal

Ints = npt.NDArray[np.int64]

_HASHES = 24
_ALIKE = 12
"""Hashes that agree where about half of the pairs of syllables do."""
_NEIGHBOURS = 2
"""Lines behind it in a bucket with which a line is compared; longer chains are joined link by link."""
_PIECE = re.compile(r"[a-z]+|.")
_LATIN = re.compile(r"[a-z]")


def longer(text: str, least: float) -> bool:
    """Whether a folded sentence is long enough to tell anything; three Latin letters count as one character."""
    latin = len(_LATIN.findall(text))
    return len(text) - latin + latin / 3 >= least


def lines(text: pa.ChunkedArray, length_min: float) -> Ints:
    """Number of each comment's line; -1 where it is too short to tell anything."""
    index, values = codes(text)
    table: dict[str, int] = {}
    known = np.full(len(values) + 1, -1, dtype=np.int64)
    for i, value in enumerate(values.to_pylist()):
        folded = normal(value)
        if longer(folded, length_min):
            known[i] = table.setdefault(folded, len(table))
    long = known >= 0
    known[long] = copies(list(table))[known[long]]
    return known[index]


def of_the_house(session: Session, said: pa.ChunkedArray, length_min: float) -> float:
    """Share of the different longer lines of some comments that the host or moderators say too.

    Customer service works from the list that moderators post; a host could say a crew's list himself, too.
    """
    house = by_staff(session.rows("comment"))["text"]
    line = lines(pa.chunked_array([*house.chunks, *said.chunks], pa.string()), length_min)
    own = np.unique(line[len(house) :])
    own = own[own >= 0]
    return float(np.isin(own, line[: len(house)]).mean()) if len(own) else 0.0


def copies(sentences: Sequence[str]) -> Ints:
    """Number of the line of which each folded sentence is a copy.

    Examples:
        >>> copies(["真的有效果我瘦了八斤", "真的有笑果偶瘦乐八斤", "口感软糯老人也能吃"]).tolist()
        [0, 0, 1]
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    n = len(sentences)
    if n < 2:
        return np.zeros(n, dtype=np.int64)
    marks = _marks(sentences)
    pairs = []
    for h, mark in enumerate(marks):
        order = np.lexsort((uniform(np.arange(n), _HASHES + h), mark))
        for step in range(1, _NEIGHBOURS + 1):
            a, b = order[:-step], order[step:]
            same = mark[a] == mark[b]
            pairs.append(np.minimum(a, b)[same] * n + np.maximum(a, b)[same])
    one, other = np.divmod(np.unique(np.concatenate(pairs)), n)
    agreed = np.zeros(len(one), dtype=np.int64)
    for mark in marks:
        agreed += mark[one] == mark[other]
    linked = agreed >= _ALIKE
    graph = coo_array((np.ones(int(linked.sum())), (one[linked], other[linked])), shape=(n, n))
    return np.asarray(connected_components(graph, directed=False)[1], dtype=np.int64)


def _marks(sentences: Sequence[str]) -> npt.NDArray[np.float64]:
    """Least hash of each sentence's pairs of syllables, a row per hash."""
    syllables: dict[str, int] = {}
    shingles: dict[tuple[int, int], int] = {}
    every: list[int] = []
    heads: list[int] = []
    for sentence in sentences:
        said = [syllables.setdefault(sound(piece), len(syllables)) for piece in _PIECE.findall(sentence)]
        heads.append(len(every))
        beside = dict.fromkeys(pairwise(said)) or {(said[0], -1): None}
        every += [shingles.setdefault(pair, len(shingles)) for pair in beside]
    number, of = np.array(every, dtype=np.int64), np.array(heads, dtype=np.int64)
    ids = np.arange(len(shingles))
    return np.stack([np.minimum.reduceat(uniform(ids, h)[number], of) for h in range(_HASHES)])


@cache
def sound(piece: str) -> str:
    """A character as it is read, without its tone; anything else as it stands.

    Examples:
        >>> sound("很"), sound("hen"), sound("0")
        ('hen', 'hen', '0')
    """
    from pypinyin.pinyin_dict import pinyin_dict

    read = pinyin_dict.get(ord(piece)) if len(piece) == 1 else None
    if read is None:
        return piece
    bare = unicodedata.normalize("NFD", read.partition(",")[0])
    return "".join(c for c in bare if c.isascii())
