#!/usr/bin/env bash
# pyarrow: a map type whose keys are sorted is another type after copy.copy, so tables no longer
# join.
#
# Versions: Python 3.11, pyarrow 26.0.1.
# One would guess: types are immutable values; a copy of one is equal to it, and a column of that
# type comes back from pickle with its type, as it does from an IPC stream.
# What happens: `pa.map_(..., keys_sorted=True)` loses its flag by pickle, copy and deepcopy; the
# first and the last take it off arrays and tables as well. The flag is part of equality: the type
# is unequal to its own copy, and so is an array, though both hold the same pairs. IPC keeps it.
# Why it matters: a restored table cannot be joined to one that was made anew: the error shows two
# schemas that differ in a word at the end of a line. A test of whether values survive that
# compares lists of Python objects sees nothing.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q --disable-pip-version-check pyarrow==26.0.1
cat >"$work/see.py" <<'PY'
import copy
import io
import pickle

import pyarrow as pa


def pickled(value):
    return pickle.loads(pickle.dumps(value))


def streamed(table):
    stream = io.BytesIO()
    with pa.ipc.new_stream(stream, table.schema) as writer:
        writer.write_table(table)
    return pa.ipc.open_stream(stream.getvalue()).read_all()


kind = pa.map_("string", "int8", keys_sorted=True)
array = pa.array([[("a", 1)]], kind)
table = pa.table({"m": array})
print("before  ", kind)
for way in (pickled, copy.copy, copy.deepcopy):
    print(f"{way.__name__:8}", way(kind), "equal:", way(kind) == kind, way(array).equals(array))
print("same pairs:", pickled(array).to_pylist() == array.to_pylist())
print("tables  ", pickled(table).column("m").type, "| by IPC:", streamed(table).column("m").type)
try:
    pa.concat_tables([table, pickled(table)])
except pa.ArrowInvalid as error:
    print("join    ", *str(error).split("\n"))
PY
cat >"$work/expected" <<'TXT'
before   map<string, int8, keys_sorted>
pickled  map<string, int8> equal: False False
copy     map<string, int8> equal: False True
deepcopy map<string, int8> equal: False False
same pairs: True
tables   map<string, int8> | by IPC: map<string, int8, keys_sorted>
join     Schema at index 1 was different:  m: map<string, int8, keys_sorted> vs m: map<string, int8>
TXT
"$work/venv/bin/python" -I "$work/see.py" | tee "$work/seen"
diff "$work/expected" "$work/seen"
