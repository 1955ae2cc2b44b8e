#!/usr/bin/env bash
# boost-histogram: whether a copied axis still labels its copied histogram depends on how both
# were copied.
#
# Versions: Python 3.11, boost-histogram 1.8.1, NumPy 2.4.6.
# One would guess: `h.axes[0]` is a view of the histogram's axis, so a label that is set on it is
# the histogram's. After a copy of the pair the new axis and the new histogram belong together in
# the same way; pickle and deepcopy agree on such things.
# What happens: the attributes of axes live in a dictionary that the axis and the histogram share.
# pickle finds the sharing and keeps it. The deep copy of a histogram starts anew, without the
# memo in which copy.deepcopy notes what it has copied: the label of the copied axis is not seen
# in it.
# Why it matters: deepcopy is what one takes to test whether a value survives pickle, and what
# tools use to compare before and after. Here the two answers differ, and pickle's is the right
# one.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q --disable-pip-version-check boost-histogram==1.8.1 numpy==2.4.6
cat >"$work/see.py" <<'PY'
import copy
import pickle

import boost_histogram as bh


def untouched(pair):
    return pair


def pickled(pair):
    return pickle.loads(pickle.dumps(pair))


for way in (untouched, pickled, copy.deepcopy):
    h = bh.Histogram(bh.axis.Regular(3, 0, 3))
    axis = h.axes[0]
    axis.label = "before"
    h, axis = way((h, axis))
    axis.label = "after"
    print(f"{way.__name__:9}  axis: {axis.label}  histogram: {h.axes[0].label}")
PY
cat >"$work/expected" <<'TXT'
untouched  axis: after  histogram: after
pickled    axis: after  histogram: after
deepcopy   axis: after  histogram: before
TXT
"$work/venv/bin/python" -I "$work/see.py" | tee "$work/seen"
diff "$work/expected" "$work/seen"
