#!/usr/bin/env bash
# NumPy: the repr of a masked array, as a notebook shows it, changes what is computed of it later.
#
# Versions: Python 3.11, NumPy 2.4.6.
# One would guess: a cell whose last line is `m` reads m. Whatever follows gives the same numbers with
# that cell and without it.
# What happens: a masked array that was given no fill value has none until somebody asks. Its repr
# asks, since it shows the value, and the array keeps the answer, which is the default of its type
# (999999 for integers); str, and so print, does not ask. From then on what is computed of the array
# inherits that number, also where the result has another type, whose own default is 1e20:
# `(m + 0.5).filled()` ends in 999999.0 once m was shown, and in 1e+20 where it was printed or left
# alone. A cast to text has "999" in place of "N/A". The pickles before and after differ as well.
# Why it matters: a cell that only shows an array is no cell that may be left out, or be replaced by
# its stored output alone. Who compares values by their pickles sees a change in a cell that has only
# looked; and who asks for `fill_value` in order to compare has made the change.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q --disable-pip-version-check numpy==2.4.6
cat >"$work/see.py" <<'PY'
import pickle

import numpy as np


def results(look):
    array = np.ma.array([1, 2], mask=[False, True])
    before = pickle.dumps(array)
    look(array)
    return (
        (array + 0.5).filled().tolist(),
        array.astype("U3").filled().tolist(),
        pickle.dumps(array) == before,
    )


seen = {
    "left alone": results(lambda array: None),
    "shown by its repr": results(repr),
    "printed, by its str": results(str),
    "asked for its sum and its shape": results(lambda array: (array.sum(), array.shape)),
    "asked for its fill value": results(lambda array: array.fill_value),
}
for what, (halves, texts, same) in seen.items():
    print(f"{what}: + 0.5 gives {halves}, as text {texts}, pickle {'the same' if same else 'another'}")
assert seen["left alone"] == ([1.5, 1e20], ["1", "N/A"], True)
assert seen["asked for its sum and its shape"] == seen["left alone"]
assert seen["printed, by its str"] == seen["left alone"]
assert seen["shown by its repr"] == ([1.5, 999999.0], ["1", "999"], False)
assert seen["asked for its fill value"] == seen["shown by its repr"]
PY
"$work/venv/bin/python" "$work/see.py"
