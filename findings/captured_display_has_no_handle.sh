#!/usr/bin/env bash
# IPython: a display that %%capture kept, shown later, cannot be updated by its handle.
#
# Versions: Python 3.11, IPython 9.18.1, ipykernel 7.4.0, nbclient 0.11.0.
# One would guess: `captured.show()` shows what the cell would have shown; a display with a handle
# has its id then, and `handle.update(...)` changes it. If it was updated before, the new one
# shows.
# What happens: the capture keeps data and metadata and drops the id that ties both to the handle
# when it shows them. Updates go nowhere, without an error: whether before or after `show()`, the
# state that was captured stands. An update within the captured cell does count.
# Why it matters: progress bars and live tables that are captured to be shown later, or replayed
# by a tool that is built on capture, freeze in the state in which their cell ended.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q --disable-pip-version-check ipython==9.18.1 ipykernel==7.4.0 \
    nbclient==0.11.0 nbformat==5.11.1
cat >"$work/see.py" <<'PY'
import nbclient
from nbformat.v4 import new_code_cell, new_notebook

SOURCES = (
    "handle = display('0 %', display_id=True)",
    "handle.update('50 %')",
    "%%capture captured\nhandle = display('0 %', display_id=True)",
    "captured.show()",
    "handle.update('50 %')",
    "captured.show()",
    "%%capture captured\nhandle = display('0 %', display_id=True)\nhandle.update('50 %')",
    "captured.show()",
)
notebook = new_notebook(cells=[new_code_cell(source) for source in SOURCES])
nbclient.NotebookClient(notebook, extra_arguments=["--log-level=ERROR"]).execute()
for cell in notebook.cells:
    shown = [output.data["text/plain"] for output in cell.outputs]
    print(f"{cell.source}\n    shows {shown}")
PY
cat >"$work/expected" <<'TXT'
handle = display('0 %', display_id=True)
    shows ["'50 %'"]
handle.update('50 %')
    shows []
%%capture captured
handle = display('0 %', display_id=True)
    shows []
captured.show()
    shows ["'0 %'"]
handle.update('50 %')
    shows []
captured.show()
    shows ["'0 %'"]
%%capture captured
handle = display('0 %', display_id=True)
handle.update('50 %')
    shows []
captured.show()
    shows ["'50 %'"]
TXT
export IPYTHONDIR="$work/ipython" JUPYTER_DATA_DIR="$work/data" JUPYTER_CONFIG_DIR="$work/config"
"$work/venv/bin/python" -I "$work/see.py" | tee "$work/seen"
diff "$work/expected" "$work/seen"
