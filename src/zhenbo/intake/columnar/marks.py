"""One 64-bit mark per text of a column: equal texts have equal marks, and nearly never others."""

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from zhenbo.intake.columnar.columns import at
from zhenbo.intake.columnar.words import PADDING, compiled, put_word, short, word


@compiled("void(int64, int64, int64, int64)")
def _marks(offsets: int, data: int, rows: int, out: int) -> None:
    """All four but `rows` are addresses; the data is followed by padding."""
    for row in range(rows):
        p, end = data + short(offsets + 4 * row), data + short(offsets + 4 * row + 4)
        mark = np.uint64(end - p)
        while end - p >= 8:
            mark = (mark ^ word(p)) * np.uint64(0x9E3779B97F4A7C15)
            mark ^= mark >> np.uint64(32)
            p += 8
        if end > p:
            mark = (mark ^ (word(p) << np.uint64(64 - 8 * (end - p)))) * np.uint64(0x9E3779B97F4A7C15)
            mark ^= mark >> np.uint64(32)
        mark *= np.uint64(0xBF58476D1CE4E5B9)
        put_word(out + 8 * row, mark ^ (mark >> np.uint64(31)))


def marks(texts: pa.ChunkedArray) -> npt.NDArray[np.uint64]:
    """Marks of a string column; nulls have one mark."""
    made = np.empty(len(texts), dtype=np.uint64)
    row = 0
    for chunk in texts.chunks:
        n = len(chunk)
        _valid, places, data = chunk.buffers()
        if not n or data is None:
            made[row : row + n] = 0
        else:
            offsets = np.frombuffer(places, dtype=np.int32)[chunk.offset : chunk.offset + n + 1]
            letters = np.empty(int(offsets[-1] - offsets[0]) + PADDING, dtype=np.uint8)
            letters[:-PADDING] = np.frombuffer(data, dtype=np.uint8)[offsets[0] : offsets[-1]]
            _marks(at(offsets), at(letters) - int(offsets[0]), n, at(made[row:]))
            if chunk.null_count:  # what stands behind a null means nothing
                made[row : row + n][np.asarray(chunk.is_null().to_numpy(zero_copy_only=False))] = 0
        row += n
    return made
