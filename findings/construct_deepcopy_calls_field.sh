#!/usr/bin/env bash
# construct: a format with a length field can be pickled and not be deep-copied.
#
# Versions: Python 3.11, construct 2.10.70.
# One would guess: deepcopy asks for less than pickle does, so what can be pickled can be copied.
# What happens: the length is written as `this.n`, an expression that makes an attribute of any
# name that it is asked for. deepcopy asks it for `__deepcopy__`, gets the expression for such a
# field, and calls it with its memo, in which that looks for a field named "n": KeyError: 'n'.
# Pickle is right. It need not be the format itself that is copied: settings that hold it fail as
# well.
# Why it matters: tools that compare variables before and after copy them. The error names a field
# of a file format and says nothing about copying.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q --disable-pip-version-check construct==2.10.70
cat >"$work/see.py" <<'PY'
import copy
import pickle

from construct import Bytes, Int8ub, Struct, this

fixed = Struct("n" / Int8ub, "text" / Bytes(2))
counted = Struct("n" / Int8ub, "text" / Bytes(this.n))
settings = {"name": "frames", "layout": counted}
VALUES = ("fixed", fixed), ("counted", counted), ("settings", settings), ("this.n", this.n)

for label, way in (
    ("pickle", lambda value: pickle.loads(pickle.dumps(value))),
    ("copy", copy.copy),
    ("deepcopy", copy.deepcopy),
):
    print(label)
    for name, value in VALUES:
        try:
            back = way(value)
            layout = back["layout"] if name == "settings" else back
            answer = layout({"n": 2}) if name == "this.n" else layout.parse(b"\x02hi").text
        except Exception as error:
            answer = f"{type(error).__name__}: {error}"
        print(f"   {name:8}", answer)
print("this.n.__deepcopy__ is", repr(this.n.__deepcopy__))
PY
cat >"$work/expected" <<'TXT'
pickle
   fixed    b'hi'
   counted  b'hi'
   settings b'hi'
   this.n   2
copy
   fixed    b'hi'
   counted  b'hi'
   settings b'hi'
   this.n   2
deepcopy
   fixed    b'hi'
   counted  KeyError: 'n'
   settings KeyError: 'n'
   this.n   KeyError: 'n'
this.n.__deepcopy__ is this['n']['__deepcopy__']
TXT
"$work/venv/bin/python" -I "$work/see.py" | tee "$work/seen"
diff "$work/expected" "$work/seen"
