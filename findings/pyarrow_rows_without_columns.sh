#!/usr/bin/env bash
# pyarrow: a table whose columns were all dropped keeps its number of rows, until it is copied.
#
# Versions: Python 3.11, pyarrow 26.0.1.
# One would guess: `table.select([])` has no columns and still three rows, so a column of three
# can be appended. A copy, and a file, have three rows as well, or all agree on none.
# What happens: it depends on the way. Pickle, copy.copy and deepcopy give zero rows, and so does
# Parquet; an IPC stream of the same table gives three. A table made from the copy refuses the
# column that the original takes.
# Why it matters: "drop everything, then add computed columns" is a way to build a table. A step
# boundary in the middle of it turns a right program into one that fails, in a cell that was not
# changed.
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
import pyarrow.parquet as pq

bare = pa.table({"a": [1, 2, 3]}).select([])
print("before  ", bare.num_rows)
print("pickle  ", pickle.loads(pickle.dumps(bare)).num_rows)
print("copy    ", copy.copy(bare).num_rows)
print("deepcopy", copy.deepcopy(bare).num_rows)

stream = io.BytesIO()
with pa.ipc.new_stream(stream, bare.schema) as writer:
    writer.write_table(bare)
print("ipc     ", pa.ipc.open_stream(stream.getvalue()).read_all().num_rows)

file = io.BytesIO()
pq.write_table(bare, file)
print("parquet ", pq.read_table(io.BytesIO(file.getvalue())).num_rows)

print("append to the original:", bare.append_column("b", [[7, 8, 9]]).to_pydict())
try:
    copy.copy(bare).append_column("b", [[7, 8, 9]])
except pa.ArrowInvalid as error:
    print("append to the copy:    ", error)
PY
cat >"$work/expected" <<'TXT'
before   3
pickle   0
copy     0
deepcopy 0
ipc      3
parquet  0
append to the original: {'b': [7, 8, 9]}
append to the copy:     Added column's length must match table's length. Expected length 0 but got length 3
TXT
"$work/venv/bin/python" -I "$work/see.py" | tee "$work/seen"
diff "$work/expected" "$work/seen"
