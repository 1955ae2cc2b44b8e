#!/usr/bin/env bash
# msgspec: what a Struct with dict=True was given besides its fields is gone after copy.copy.
#
# Versions: Python 3.11, msgspec 0.23.0.
# One would guess: `dict=True` gives instances a `__dict__` as other objects have it, for cached
# properties and notes of one's own, and copying carries it as for other objects.
# What happens: pickle, copy.copy and deepcopy build the Struct from its fields alone and leave
# the `__dict__` empty, without an error. For a cached property this means that it is computed
# again: harmless where it is a function of the fields, another value where it is a time, a random
# number or a connection's answer.
# Why it matters: a dataclass that is turned into a Struct "for speed" behaves as before until it
# is stored, and then forgets what had been attached to it.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q --disable-pip-version-check msgspec==0.23.0
cat >"$work/see.py" <<'PY'
import copy
import dataclasses
import functools
import itertools
import pickle

import msgspec

CALLS = itertools.count(1)


class Struct(msgspec.Struct, dict=True):
    x: int

    @functools.cached_property
    def ticket(self):
        return next(CALLS)


@dataclasses.dataclass
class Data:
    x: int

    @functools.cached_property
    def ticket(self):
        return next(CALLS)


def pickled(value):
    return pickle.loads(pickle.dumps(value))


for kind in (Data, Struct):
    one = kind(5)
    one.note = "mine"
    for way in (pickled, copy.copy, copy.deepcopy):
        back = way(one) if one.ticket else None
        print(f"{kind.__name__:6}  {way.__name__:8}  equal: {one == back}", end="  ")
        print(vars(one), "->", vars(back))
PY
cat >"$work/expected" <<'TXT'
Data    pickled   equal: True  {'x': 5, 'note': 'mine', 'ticket': 1} -> {'x': 5, 'note': 'mine', 'ticket': 1}
Data    copy      equal: True  {'x': 5, 'note': 'mine', 'ticket': 1} -> {'x': 5, 'note': 'mine', 'ticket': 1}
Data    deepcopy  equal: True  {'x': 5, 'note': 'mine', 'ticket': 1} -> {'x': 5, 'note': 'mine', 'ticket': 1}
Struct  pickled   equal: True  {'note': 'mine', 'ticket': 2} -> {}
Struct  copy      equal: True  {'note': 'mine', 'ticket': 2} -> {}
Struct  deepcopy  equal: True  {'note': 'mine', 'ticket': 2} -> {}
TXT
"$work/venv/bin/python" -I "$work/see.py" | tee "$work/seen"
diff "$work/expected" "$work/seen"
