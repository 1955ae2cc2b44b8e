#!/usr/bin/env bash
# Jupyter: after exit() the cell runs on, the next cell runs too, and a quick notebook runs to its
# end.
#
# Versions: Python 3.11, IPython 9.18.1, ipykernel 7.4.0, nbclient 0.11.0.
# One would guess: exit() ends the cell at that line, as it ends a script and a line in the
# terminal; the kernel is gone and the run fails, or ends well, there.
# What happens: exit() leaves a note and returns. The rest of its cell runs. The kernel stops its
# loop a tenth of a second later, if it is idle then or when the cell is done that runs at that
# time. So it is a race: with quick cells all of them run and the notebook is done without an
# error; with one slow cell, the run ends after that with DeadKernelError. sys.exit() does the
# opposite: it ends its cell, as an error, and the kernel lives.
# Why it matters: "exit() if there is nothing to do" at the top of a notebook that a scheduler
# runs does not keep the cells below it from deleting, sending or storing.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q --disable-pip-version-check ipython==9.18.1 ipykernel==7.4.0 \
    nbclient==0.11.0 nbformat==5.11.1
cat >"$work/see.py" <<'PY'
import nbclient
from nbformat.v4 import new_code_cell, new_notebook


def run(label, *sources):
    notebook = new_notebook(cells=[new_code_cell(source) for source in sources])
    client = nbclient.NotebookClient(notebook, extra_arguments=["--log-level=CRITICAL"])
    try:
        client.execute()
        end = "no error"
    except (nbclient.exceptions.CellExecutionError, nbclient.exceptions.DeadKernelError) as error:
        end = type(error).__name__
    outputs = [output for cell in notebook.cells for output in cell.outputs]
    shown = [output.text.strip() for output in outputs if output.get("name") == "stdout"]
    print(f"{label:10}  shown: {shown}  end: {end}")


SLOW = "import time; time.sleep(1); print('second cell')"
run("exit()", "exit(); print('same line')", SLOW, "print('third cell')")
run("exit, last", "print('first cell')", "exit(); print('same line')")
run("sys.exit()", "import sys; sys.exit(); print('same line')", SLOW)
PY
cat >"$work/expected" <<'TXT'
exit()      shown: ['same line', 'second cell']  end: DeadKernelError
exit, last  shown: ['first cell', 'same line']  end: no error
sys.exit()  shown: []  end: CellExecutionError
TXT
export IPYTHONDIR="$work/ipython" JUPYTER_DATA_DIR="$work/data" JUPYTER_CONFIG_DIR="$work/config"
"$work/venv/bin/python" -I "$work/see.py" | tee "$work/seen"
diff "$work/expected" "$work/seen"
