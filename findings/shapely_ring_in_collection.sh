#!/usr/bin/env bash
# Shapely: a ring in a collection is a line after copy.copy, and no geometry is prepared any more.
#
# Versions: Python 3.11, Shapely 2.2.0 with the GEOS of its wheel.
# One would guess: a copy of an immutable geometry is that geometry; a LinearRing by itself does
# come back as one, and what is in a GeometryCollection should as well.
# What happens: all ways of copying go through WKB, which has no rings. Shapely mends that for the
# outermost geometry alone. Inside a collection the ring turns into a LineString: types, repr and
# equality change. What `shapely.prepare` had built, which makes tests many times faster, is gone
# too, by copy.copy as well, and no call says so.
# Why it matters: code that asks for the type of parts takes another branch after a restore, `==`
# between the restored and the recomputed collection is False, and a loop of point-in-polygon
# tests in a later cell is slow for no reason that one can see.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q --disable-pip-version-check shapely==2.2.0 numpy==2.4.6
cat >"$work/see.py" <<'PY'
import copy
import pickle

import shapely
from shapely.geometry import GeometryCollection, LinearRing, Point


def pickled(value):
    return pickle.loads(pickle.dumps(value))


ring = LinearRing([(0, 0), (1, 0), (1, 1)])
both = GeometryCollection([ring, Point(5, 5)])
print("before  ", ring.geom_type, [part.geom_type for part in both.geoms])
for way in (pickled, copy.copy, copy.deepcopy):
    kinds = [part.geom_type for part in way(both).geoms]
    print(f"{way.__name__:8}", way(ring).geom_type, kinds, end=" ")
    print("equal:", way(ring) == ring, way(both) == both)

disc = Point(0, 0).buffer(1)
shapely.prepare(disc)
print("prepared", bool(shapely.is_prepared(disc)), end=" ")
print([bool(shapely.is_prepared(way(disc))) for way in (pickled, copy.copy, copy.deepcopy)])
PY
cat >"$work/expected" <<'TXT'
before   LinearRing ['LinearRing', 'Point']
pickled  LinearRing ['LineString', 'Point'] equal: True False
copy     LinearRing ['LineString', 'Point'] equal: True False
deepcopy LinearRing ['LineString', 'Point'] equal: True False
prepared True [False, False, False]
TXT
"$work/venv/bin/python" -I "$work/see.py" | tee "$work/seen"
diff "$work/expected" "$work/seen"
