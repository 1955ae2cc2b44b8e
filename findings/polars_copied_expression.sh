#!/usr/bin/env bash
# polars: copy.copy of an expression copies the Python function in it, and the world of that
# function.
#
# Versions: Python 3.11, polars 2.1.0, cloudpickle 3.1.3.
# One would guess: an expression is a small immutable plan; copy.copy gives the same plan with the
# same function, as copying a list of functions does. A lazy frame made of it behaves alike.
# What happens: an expression is copied by writing it out and reading it in again. A function of
# the script or notebook goes through cloudpickle then: the copy calls another function, with its
# own copies of the globals, so what the function counts or caches is counted elsewhere. Without
# cloudpickle, which polars does not require, copy.copy raises. The copy of a lazy frame, and an
# expression derived from the first (`e + 1`), share the function.
# Why it matters: an expression with a cache, a counter or a client in it splits in two when a
# tool copies variables to compare them later, and two queries that should fill one cache fill
# two.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q --disable-pip-version-check polars==2.1.0 cloudpickle==3.1.3
cat >"$work/see.py" <<'PY'
import copy
import pickle
import sys

import polars as pl

seen = []


def note(value):
    seen.append(value)
    return value


def pickled(value):
    return pickle.loads(pickle.dumps(value))


frame = pl.DataFrame({"a": [1, 2]})
noted = pl.col("a").map_elements(note, return_dtype=pl.Int64)
lazy = frame.lazy().select(noted)

for label, query in (
    ("the expression", frame.lazy().select(noted)),
    ("derived from it", frame.lazy().select(noted + 1)),
    ("copied lazy frame", copy.copy(lazy)),
    ("copied", frame.lazy().select(copy.copy(noted))),
    ("deep-copied", frame.lazy().select(copy.deepcopy(noted))),
    ("pickled", frame.lazy().select(pickled(noted))),
):
    seen.clear()
    query.collect()
    print(f"{label:18} seen by our function: {seen}")

sys.modules["cloudpickle"] = None  # as where it is not installed
try:
    copy.copy(noted)
except Exception as error:
    print(f"{'no cloudpickle':18} {type(error).__name__}, names it: {'cloudpickle' in str(error)}")
PY
cat >"$work/expected" <<'TXT'
the expression     seen by our function: [1, 2]
derived from it    seen by our function: [1, 2]
copied lazy frame  seen by our function: [1, 2]
copied             seen by our function: []
deep-copied        seen by our function: []
pickled            seen by our function: []
no cloudpickle     RuntimeError, names it: True
TXT
"$work/venv/bin/python" -I "$work/see.py" | tee "$work/seen"
diff "$work/expected" "$work/seen"
