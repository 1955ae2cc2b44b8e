#!/usr/bin/env bash
# bidict: a dict and its inverse, stored together, are two strangers afterwards.
#
# Versions: Python 3.11, bidict 0.24.1.
# One would guess: the two directions are one thing, `b.inverse.inverse is b`. One pickle keeps
# objects that belong together together, and deepcopy does so too.
# What happens: each of the two is stored as a plain mapping of its own and grows a new inverse
# when it is loaded. What is put into the one is not seen in the other from then on. It takes two
# references to see it; a bidict alone comes back complete.
# Why it matters: a cell that says `ids = bidict(...); names = ids.inverse`, the idiom of the
# library's own introduction, is right in a kernel that ran it and wrong, at the next insertion,
# in one that restored it.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q --disable-pip-version-check bidict==0.24.1
cat >"$work/see.py" <<'PY'
import copy
import pickle

from bidict import bidict


def untouched(pair):
    return pair


def pickled(pair):
    return pickle.loads(pickle.dumps(pair))


for way in (untouched, pickled, copy.deepcopy):
    ids = bidict(ada=1, bob=2)
    ids, names = way((ids, ids.inverse))
    ids["eve"] = 3
    print(f"{way.__name__:9}  ids.inverse is names: {ids.inverse is names}  names: {dict(names)}")
PY
cat >"$work/expected" <<'TXT'
untouched  ids.inverse is names: True  names: {1: 'ada', 2: 'bob', 3: 'eve'}
pickled    ids.inverse is names: False  names: {1: 'ada', 2: 'bob'}
deepcopy   ids.inverse is names: False  names: {1: 'ada', 2: 'bob'}
TXT
"$work/venv/bin/python" -I "$work/see.py" | tee "$work/seen"
diff "$work/expected" "$work/seen"
