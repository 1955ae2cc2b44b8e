#!/usr/bin/env bash
# Rtree: loading a pickled index empties the file in which the index is kept.
#
# Versions: Python 3.11, Rtree 1.4.1 with the libspatialindex of its wheel.
# One would guess: an index in memory comes back with its entries or refuses to be pickled; of one
# that is kept in a file the pickle holds the file's name, and loading it opens the file.
# What happens: pickle takes the settings and leaves the tree out. An index in memory comes back
# without entries and without an error, by copy.copy as well. One in a file is opened with the
# settings of the object that was pickled. If that object had made the file, these say "make it
# anew": loading the pickle empties the file, for everybody. If it had found the file there, it
# comes back with its entries.
# Why it matters: restoring a variable destroys the data that it stands for, and the index goes on
# to answer that nothing is near. That is a valid answer, so joins and searches go on with it.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q --disable-pip-version-check rtree==1.4.1
cat >"$work/see.py" <<'PY'
import copy
import pickle
import tempfile
from pathlib import Path

from rtree import index


def pickled(value):
    return pickle.loads(pickle.dumps(value))


def entries(tree):
    try:
        return len(tree)
    finally:
        tree.close()


for way in (pickled, copy.copy, copy.deepcopy):
    memory = index.Index(properties=index.Property(leaf_capacity=7))
    memory.insert(1, (0, 0, 1, 1))
    back = way(memory)
    print(f"in memory, {way.__name__:8}", end="  ")
    print(f"capacity: {back.properties.leaf_capacity}  entries: {len(memory)} -> {len(back)}")

with tempfile.TemporaryDirectory() as folder:
    file = str(Path(folder, "tree"))
    maker = index.Index(file)
    maker.insert(1, (0, 0, 1, 1))
    by_maker = pickle.dumps(maker)
    maker.close()
    finder = index.Index(file)
    by_finder = pickle.dumps(finder)
    finder.close()
    print("in the file                               ", entries(index.Index(file)))
    print("loaded from one that had found the file   ", entries(pickle.loads(by_finder)))
    print("in the file                               ", entries(index.Index(file)))
    print("loaded from the one that had made the file", entries(pickle.loads(by_maker)))
    print("in the file                               ", entries(index.Index(file)))
PY
cat >"$work/expected" <<'TXT'
in memory, pickled   capacity: 7  entries: 1 -> 0
in memory, copy      capacity: 7  entries: 1 -> 0
in memory, deepcopy  capacity: 7  entries: 1 -> 0
in the file                                1
loaded from one that had found the file    1
in the file                                1
loaded from the one that had made the file 0
in the file                                0
TXT
"$work/venv/bin/python" -I "$work/see.py" | tee "$work/seen"
diff "$work/expected" "$work/seen"
