"""When two user names are the same (sec:D9).

The name is kept as typed; beside it stands its key, and the key is what is unique and looked up.
NFKC folds look-alike forms (full-width letters, ligatures), casefold the case, and blanks at the
ends do not count, so `ADMIN ` in full-width letters is no second `admin`.
"""

from __future__ import annotations

import unicodedata

MAX_USERNAME = 150  # characters


def username_key(username: str) -> str:
    """The comparable form of a user name; a text too long to be one is its own.

    Normalising is quadratic in runs of combining marks, so it is bounded (sec:T16).
    """
    if len(username) > MAX_USERNAME:
        return username
    folded = unicodedata.normalize("NFKC", username).casefold()
    # Folding can leave the normal form again (for example U+0345), so it is applied once more.
    return unicodedata.normalize("NFKC", folded).strip()
