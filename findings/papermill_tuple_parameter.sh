#!/usr/bin/env bash
# papermill: a parameter that is a tuple reaches the notebook as a string, and keys that are
# numbers do too.
#
# Versions: Python 3.11, papermill 2.7.0, ipykernel 7.4.0, nbformat 5.11.1.
# One would guess: papermill writes the parameters as Python code into a cell, so a value whose
# repr is code arrives as it was; what it cannot write, it refuses, as it does a set or a date.
# What happens: a tuple arrives as the string "(2, 3)", also within a list, without an error. A
# dict with numbers or True as keys arrives with strings as keys; bytes as the string "b'ab'". A
# list of floats with nan and inf in it, which JSON has no words for, does arrive.
# On the command line numbers are looked for with Python's rules: `-p id 1_000` is the number
# 1000.
# Why it matters: `for n in shape` over "(2, 3)" gives six characters, a lookup `by_year[2024]` a
# KeyError, and a default of the notebook, tried by hand before, worked.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q --disable-pip-version-check papermill==2.7.0 ipykernel==7.4.0 \
    nbformat==5.11.1
cat >"$work/see.py" <<'PY'
import datetime
import logging
import tempfile
import warnings
from pathlib import Path

import nbformat
import papermill
from nbformat.v4 import new_code_cell, new_notebook
from papermill.cli import papermill as command

warnings.simplefilter("ignore")
logging.disable(logging.CRITICAL)


def written(source):
    names = {}
    exec(source, names)
    return names["value"]


with tempfile.TemporaryDirectory() as folder:
    file, ran = (str(Path(folder, name)) for name in ("in.ipynb", "out.ipynb"))
    cell = new_code_cell("value = None", metadata={"tags": ["parameters"]})
    spec = {"name": "python3", "display_name": "Python", "language": "python"}
    nbformat.write(new_notebook(cells=[cell], metadata={"kernelspec": spec}), file)
    nan, inf = float("nan"), float("inf")
    values = (2, 3), [(2, 3)], {2024: "a"}, {True: 1}, b"ab", [nan, inf], {1}, datetime.date.min
    for value in values:
        try:
            made = papermill.execute_notebook(
                file, ran, {"value": value}, prepare_only=True, progress_bar=False
            )
            answer = repr(written(made.cells[1].source))
        except TypeError as error:
            answer = f"TypeError: {error}"
        print(f"{value!r:24} -> {answer}")
    for text in ("1_000", "1e3", "0x10", "nan", "true"):
        command([file, ran, "--prepare-only", "-p", "value", text], standalone_mode=False)
        print(f"-p value {text:15} -> {written(nbformat.read(ran, 4).cells[1].source)!r}")
PY
cat >"$work/expected" <<'TXT'
(2, 3)                   -> '(2, 3)'
[(2, 3)]                 -> ['(2, 3)']
{2024: 'a'}              -> {'2024': 'a'}
{True: 1}                -> {'True': 1}
b'ab'                    -> "b'ab'"
[nan, inf]               -> [nan, inf]
{1}                      -> TypeError: Object of type set is not JSON serializable
datetime.date(1, 1, 1)   -> TypeError: Object of type date is not JSON serializable
-p value 1_000           -> 1000
-p value 1e3             -> 1000.0
-p value 0x10            -> '0x10'
-p value nan             -> nan
-p value true            -> 'true'
TXT
export IPYTHONDIR="$work/ipython" JUPYTER_DATA_DIR="$work/data" JUPYTER_CONFIG_DIR="$work/config"
"$work/venv/bin/python" -I "$work/see.py" | tee "$work/seen"
diff "$work/expected" "$work/seen"
