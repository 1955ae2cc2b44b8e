#!/usr/bin/env bash
# addict: a Dict that was pickled has all its keys and cannot make the next one.
#
# Versions: Python 3.11, addict 2.4.0.
# One would guess: `d.a.b.c = 1` makes the levels that are missing; that is what the class is for.
# A Dict from pickle or copy.copy goes on doing so, and one that was frozen stays frozen.
# What happens: what was there can be read and changed. The first use of a key that is not there
# raises AttributeError about `__frozen`, a name that no code of ours has. deepcopy gives a Dict
# that works, but one that was frozen has been thawed.
# Why it matters: restoring looks right, reading looks right, and the error comes cells later,
# where the configuration is extended, with a message that points at nothing that the reader
# wrote.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q --disable-pip-version-check addict==2.4.0
cat >"$work/see.py" <<'PY'
import copy
import pickle

from addict import Dict


def untouched(value):
    return value


def pickled(value):
    return pickle.loads(pickle.dumps(value))


def attempt(question):
    try:
        return question()
    except (AttributeError, KeyError) as error:
        return f"{type(error).__name__}: {error}"


for way in (untouched, pickled, copy.copy, copy.deepcopy):
    back = way(Dict({"model": {"depth": 3}}))
    print(way.__name__)
    print("   read   ", back.model.depth)
    print("   new    ", attempt(lambda: setattr(back.data, "path", "x") or back.to_dict()))
    frozen = Dict({"model": {"depth": 3}})
    frozen.freeze()
    back = way(frozen)
    print("   frozen ", attempt(lambda: setattr(back.data, "path", "x") or back.to_dict()))
PY
cat >"$work/expected" <<'TXT'
untouched
   read    3
   new     {'model': {'depth': 3}, 'data': {'path': 'x'}}
   frozen  KeyError: 'data'
pickled
   read    3
   new     AttributeError: 'Dict' object has no attribute '__frozen'
   frozen  AttributeError: 'Dict' object has no attribute '__frozen'
copy
   read    3
   new     AttributeError: 'Dict' object has no attribute '__frozen'
   frozen  AttributeError: 'Dict' object has no attribute '__frozen'
deepcopy
   read    3
   new     {'model': {'depth': 3}, 'data': {'path': 'x'}}
   frozen  {'model': {'depth': 3}, 'data': {'path': 'x'}}
TXT
"$work/venv/bin/python" -I "$work/see.py" | tee "$work/seen"
diff "$work/expected" "$work/seen"
