#!/usr/bin/env bash
# python-box: a deep copy of a frozen box is frozen outside and can be changed inside.
#
# Versions: Python 3.11, python-box 8.0.0.
# One would guess: `frozen_box=True` freezes the whole tree, and a copy of it is frozen in the
# same way: pickle, copy.copy and deepcopy agree.
# What happens: deepcopy gives a box that refuses new keys at the top, as before, and takes them
# one level below. The original may be hashed, as frozen boxes may; its deep copy has no hash, so
# that it cannot stand in for it as a key. pickle and copy.copy freeze all levels.
# Why it matters: a frozen configuration that went through a deep copy, as snapshots of variables
# make them, protects nothing any more, and the error that tells so, if one comes, is about
# hashes.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q --disable-pip-version-check python-box==8.0.0
cat >"$work/see.py" <<'PY'
import copy
import pickle

from box import Box, BoxError


def untouched(value):
    return value


def pickled(value):
    return pickle.loads(pickle.dumps(value))


def attempt(change):
    try:
        return change() or "changed"
    except (BoxError, TypeError) as error:
        return f"{type(error).__name__}: {error}"


for way in (untouched, pickled, copy.copy, copy.deepcopy):
    frozen = Box({"model": {"depth": 3}}, frozen_box=True)
    back = way(frozen)
    print(way.__name__)
    print("   outside", attempt(lambda: setattr(back, "new", 1)))
    print("   inside ", attempt(lambda: setattr(back.model, "depth", 99)), back)
    print("   hash   ", attempt(lambda: str(hash(way(frozen)) == hash(frozen))))
PY
cat >"$work/expected" <<'TXT'
untouched
   outside BoxError: Box is frozen
   inside  BoxError: Box is frozen {'model': {'depth': 3}}
   hash    True
pickled
   outside BoxError: Box is frozen
   inside  BoxError: Box is frozen {'model': {'depth': 3}}
   hash    True
copy
   outside BoxError: Box is frozen
   inside  BoxError: Box is frozen {'model': {'depth': 3}}
   hash    True
deepcopy
   outside BoxError: Box is frozen
   inside  changed {'model': {'depth': 99}}
   hash    BoxTypeError: unhashable type: "Box"
TXT
"$work/venv/bin/python" -I "$work/see.py" | tee "$work/seen"
diff "$work/expected" "$work/seen"
