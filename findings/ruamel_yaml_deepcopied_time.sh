#!/usr/bin/env bash
# ruamel.yaml: a deep copy of a document takes the time zone off its times.
#
# Versions: Python 3.11, ruamel.yaml 0.19.1.
# One would guess: a deep copy of a loaded document is equal to it and is written as the same
# text; that a round-trip loader keeps comments, quotes and number styles is what one uses it for.
# What happens: `2001-01-01T10:00:00+02:00` is loaded as an aware datetime. Its deep copy is
# naive: unequal, not comparable with the original, and written without the offset. By pickle it
# stays aware, but is written with a space instead of the T. Merge keys go as well: in a deep copy
# `<<: *base` is the merged values, besides being there.
# Why it matters: "deepcopy the configuration, change a value, dump it" is the recipe, and it
# moves each appointment by the offset. A comparison before and after that is done on copies
# raises.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q --disable-pip-version-check ruamel.yaml==0.19.1
cat >"$work/see.py" <<'PY'
import copy
import io
import pickle

from ruamel.yaml import YAML


def untouched(value):
    return value


def pickled(value):
    return pickle.loads(pickle.dumps(value))


def text(document):
    stream = io.StringIO()
    YAML().dump(document, stream)
    return stream.getvalue().strip()


for way in (untouched, pickled, copy.deepcopy):
    first = YAML().load("at: 2001-01-01T10:00:00+02:00  # local\n")
    back = way(first)
    print(f"{way.__name__:9}  {text(back)}  equal: {back == first}", end="  ")
    print(f"offset: {back['at'].utcoffset()}")

try:
    print(first["at"] < copy.deepcopy(first)["at"])
except TypeError as error:
    print("compare  ", error)

merged = YAML().load("base: &base {x: 1}\nmine:\n  <<: *base\n  y: 2\n")
for way in (untouched, pickled, copy.deepcopy):
    print(f"{way.__name__:9}  {text(way(merged)).splitlines()}")
PY
cat >"$work/expected" <<'TXT'
untouched  at: 2001-01-01T10:00:00+02:00  # local  equal: True  offset: 2:00:00
pickled    at: 2001-01-01 10:00:00+02:00  # local  equal: True  offset: 2:00:00
deepcopy   at: 2001-01-01T10:00:00        # local  equal: False  offset: None
compare   can't compare offset-naive and offset-aware datetimes
untouched  ['base: &base {x: 1}', 'mine:', '  <<: *base', '  y: 2']
pickled    ['base: &base {x: 1}', 'mine:', '  <<: *base', '  y: 2']
deepcopy   ['base: {x: 1}', 'mine:', '  <<: {x: 1}', '  y: 2', '  x: 1']
TXT
"$work/venv/bin/python" -I "$work/see.py" | tee "$work/seen"
diff "$work/expected" "$work/seen"
