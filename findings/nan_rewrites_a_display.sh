#!/usr/bin/env bash
# Jupyter: one NaN in a JSON display changes other values of the same display.
#
# Versions: Python 3.11, IPython 9.18.1, ipykernel 7.4.0, jupyter_client 8.10.0, nbclient 0.11.0.
# One would guess: NaN, for which JSON has no word, is refused or becomes null; what stands beside
# it is as it would be without it.
# What happens: messages are written by a strict JSON writer. If that fails, the whole message is
# cleaned and written again, and the cleaner has other rules than the writer had: NaN becomes the
# string "nan", the key True becomes "True" where it was "true", a time loses its "Z", so that it
# is no longer one in UTC, and is given microseconds. A warning is shown on stderr in the cell;
# only in the first such cell of a kernel, as warnings are.
# Why it matters: a front end, a widget or a stored output that reads dates or keys of such a
# display works for months and fails on the day on which a measurement is missing, in another
# column.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q --disable-pip-version-check ipython==9.18.1 ipykernel==7.4.0 \
    jupyter_client==8.10.0 nbclient==0.11.0 nbformat==5.11.1
cat >"$work/see.py" <<'PY'
import nbclient
from nbformat.v4 import new_code_cell, new_notebook

START = """
import datetime
from IPython.display import JSON
noon = datetime.datetime(2024, 6, 1, 12, tzinfo=datetime.timezone.utc)
"""
CELLS = ("1.5", "float('nan')", "float('inf')")
sources = [START, *(f"JSON({{'x': {x}, 'at': noon, 'by': {{True: 1, 2: 2}}}})" for x in CELLS)]
notebook = new_notebook(cells=[new_code_cell(source) for source in sources])
nbclient.NotebookClient(notebook, extra_arguments=["--log-level=ERROR"]).execute()
for x, cell in zip(CELLS, notebook.cells[1:]):
    print(x)
    for output in cell.outputs:
        if output.output_type == "stream":
            print("   warned:", "Message serialization failed" in output.text)
        else:
            print("  ", dict(output.data["application/json"]))
PY
cat >"$work/expected" <<'TXT'
1.5
   {'x': 1.5, 'at': '2024-06-01T12:00:00Z', 'by': {'true': 1, '2': 2}}
float('nan')
   {'x': 'nan', 'at': '2024-06-01T12:00:00.000000', 'by': {'True': 1, '2': 2}}
   warned: True
float('inf')
   {'x': 'inf', 'at': '2024-06-01T12:00:00.000000', 'by': {'True': 1, '2': 2}}
TXT
export IPYTHONDIR="$work/ipython" JUPYTER_DATA_DIR="$work/data" JUPYTER_CONFIG_DIR="$work/config"
"$work/venv/bin/python" -I "$work/see.py" | tee "$work/seen"
diff "$work/expected" "$work/seen"
