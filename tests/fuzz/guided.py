"""One target under atheris; started by `tests.fuzz.run` in the environment that has atheris.

python -m tests.fuzz.guided TARGET [libFuzzer options] CORPUS
"""

from __future__ import annotations

import sys
from pathlib import Path

import atheris  # type: ignore[import-not-found]

# Coverage is counted in what is imported here.
with atheris.instrument_imports(include=["httpcore", "mvc", "json", "urllib", "multipart"]):
    from tests.fuzz.seeds import SEEDS
    from tests.fuzz.targets import TARGETS


def main() -> None:
    _, target, *options = sys.argv
    corpus = Path(options[-1])
    for number, seed in enumerate(SEEDS[target]):
        (corpus / f"seed-{number}").write_bytes(seed)
    atheris.Setup([sys.argv[0], *options], TARGETS[target])
    atheris.Fuzz()


if __name__ == "__main__":
    main()
