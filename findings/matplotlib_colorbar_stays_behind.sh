#!/usr/bin/env bash
# Matplotlib: in a figure that was pickled the colour bar no longer follows its image.
#
# Versions: Python 3.11, matplotlib 3.11.2, NumPy 2.4.6.
# One would guess: a figure is pickled with all that ties its parts together: axes that share a
# scale go on moving together, and a colour bar goes on showing its image's colours.
# What happens: the bar knows its image and has the right colours when it is loaded. But the image
# forgot whom to tell: after `set_clim` the image has new colours, and the bar shows the old
# scale. Two images that share one norm do both follow it, and so do shared axes.
# Why it matters: the picture is wrong rather than missing, and only if the figure is changed
# after it was restored: numbers read off the bar are those of another scale.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q --disable-pip-version-check matplotlib==3.11.2 numpy==2.4.6
cat >"$work/see.py" <<'PY'
import pickle

import matplotlib

matplotlib.use("agg")
import matplotlib.pyplot as plt


def untouched(value):
    return value


def pickled(value):
    return pickle.loads(pickle.dumps(value))


def limits(pair):
    return tuple(float(limit) for limit in pair)


for way in (untouched, pickled):
    figure, (left, right) = plt.subplots(2, sharex=True)
    norm = matplotlib.colors.Normalize(0, 3)
    image, other = (axes.imshow([[0.0, 1.0], [2.0, 3.0]], norm=norm) for axes in (left, right))
    bar = figure.colorbar(image)
    plt.close(figure)
    figure, image, other, bar = way((figure, image, other, bar))
    print(way.__name__)
    print("   the bar's image is the figure's:", bar.mappable is figure.axes[0].images[0])
    image.set_clim(0, 10)
    figure.canvas.draw()
    print("   image", limits(image.get_clim()), "other", limits(other.get_clim()), end=" ")
    print("bar", limits(bar.ax.get_ylim()))
    image.axes.set_xlim(0, 1)
    print("   shared axis", limits(other.axes.get_xlim()))
PY
cat >"$work/expected" <<'TXT'
untouched
   the bar's image is the figure's: True
   image (0.0, 10.0) other (0.0, 10.0) bar (0.0, 10.0)
   shared axis (0.0, 1.0)
pickled
   the bar's image is the figure's: True
   image (0.0, 10.0) other (0.0, 10.0) bar (0.0, 3.0)
   shared axis (0.0, 1.0)
TXT
export MPLCONFIGDIR="$work/mpl"
"$work/venv/bin/python" -I "$work/see.py" | tee "$work/seen"
diff "$work/expected" "$work/seen"
