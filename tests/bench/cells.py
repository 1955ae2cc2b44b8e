"""Cells against the same cells without `%%step`, and arrays against np.save and np.load."""

from __future__ import annotations

import os
import tempfile

from .measure import Row, child, medians

_SHELL = """
import json, mmap, os, resource, sys, time
from IPython.core.interactiveshell import InteractiveShell
os.chdir(sys.argv[1])
shell = InteractiveShell.instance()
shell.history_manager.enabled = False
import numpy as np, pandas as pd
def cell(text):
    started = time.perf_counter()
    shell.run_cell(text).raise_error()
    return time.perf_counter() - started
def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
def median(times):
    return sorted(times)[len(times) // 2]
def warm():
    pages = mmap.mmap(-1, 1_100_000_000, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    pages.madvise(mmap.MADV_HUGEPAGE)
    for start in range(0, len(pages), 4096):
        pages[start] = 1
    pages.close()
cell("%load_ext mundane_ipython\\n%mundane_open t.db")
"""

_SMALL = (
    _SHELL
    + """
body = "x{0} = {0}\\ny{0} = 'a'"
plain = median([cell(body.format(i)) for i in range(100)])
first = median([cell(f"%%step s{i}\\n" + body.format(i)) for i in range(100)])
cell("%mundane_open t.db")
again = median([cell(f"%%step s{i}\\n" + body.format(i)) for i in range(100)])
print()
print(json.dumps({"plain": plain, "first": first, "again": again}))
"""
)

_MANY = (
    _SHELL
    + """
for i in range(500):
    cell(f"%%step s{i}\\nx{i} = list(range({i}))")
cell("%mundane_open t.db")
started = time.perf_counter()
for i in range(500):
    cell(f"%%step s{i}\\nx{i} = list(range({i}))")
print()
print(json.dumps({"s": time.perf_counter() - started}))
"""
)

_ARRAY = "a = np.random.default_rng(0).random(125_000_000)"

_SAVE = f"""
import json, os, resource, sys, time
import numpy as np
os.chdir(sys.argv[1])
{_ARRAY}
started = time.perf_counter()
with open("a.npy", "wb") as file:
    np.save(file, a)
    file.flush()
    os.fsync(file.fileno())
print(json.dumps({{"s": time.perf_counter() - started}}))
"""

# In turn, and many times: a virtual machine gives memory that was freed back to its host, and who
# takes it anew, by chance one or the other, waits many times as long as the reading takes. So each
# touches a gigabyte first, and a first pair does not count.
_READ = (
    _SHELL
    + f"""
def load():
    started = time.perf_counter()
    np.load("a.npy")
    return time.perf_counter() - started
def restore():
    cell("%mundane_open t.db")
    warm()
    s = cell("%%step a\\n{_ARRAY}\\nended = time.perf_counter()")
    cell("del a")
    return s
def pair():
    warm()
    return load(), restore()
cell("import numpy as np, time")
pair()
pairs = [pair() for _ in range(int(sys.argv[2]))]
print()
print(json.dumps(dict(zip(("loaded", "restored"), map(median, zip(*pairs))))))
"""
)

_STORE = (
    _SHELL
    + f"""
cell("import numpy as np, time")
before = peak()
cell("%%step a\\n{_ARRAY}\\nended = time.perf_counter()")
print()
print(json.dumps({{"s": time.perf_counter() - shell.user_ns["ended"], "mb": peak() - before}}))
"""
)

_RESTORE = (
    _SHELL
    + f"""
cell("import numpy as np, time")
before = peak()
cell("%%step a\\n{_ARRAY}\\nended = time.perf_counter()")
print()
print(json.dumps({{"mb": peak() - before}}))
"""
)

_HUGE = (
    _SHELL
    + """
import xxhash
made = "a = np.random.default_rng().random(402_653_184)"  # never the same twice, if it ran again
cell("import numpy as np")
s = cell(f"%%step a\\n{made}")
a = shell.user_ns["a"]
print()
print(json.dumps({"s": s, "bytes": a.nbytes, "digest": xxhash.xxh3_64_intdigest(a) % 2**52}))
"""
)

_FRAME = """
import json, time
import numpy as np, pandas as pd
from mundane_ipython.namespace.fingerprint import Fingerprinter
frame = pd.DataFrame(np.random.default_rng(0).random((1_250_000, 100)))
times = []
for _ in range(3):
    started = time.perf_counter()
    Fingerprinter({}, 1 << 60).walk(frame)
    times.append(time.perf_counter() - started)
print(json.dumps({"s": sorted(times)[1]}))
"""


def small(rounds: int) -> list[Row]:
    """A step that binds two small values, over the same plain cell."""
    with tempfile.TemporaryDirectory() as folder:
        runs = [child(_SMALL, _fresh(folder, k)) for k in range(rounds)]
        many = medians([child(_MANY, _fresh(folder, 100 + k)) for k in range(rounds)])
    found = {key: value * 1000 for key, value in medians(runs).items()}
    plain = f"{found['plain']:.2f} ms (plain cell)"
    return [
        Row("small step, first run", f"{found['first']:.1f} ms", plain,
            f"+{found['first'] - found['plain']:.1f} ms"),
        Row("small step, restored", f"{found['again']:.1f} ms", plain,
            f"+{found['again'] - found['plain']:.1f} ms"),
        Row("500 steps restored", f"{many['s']:.2f} s", "-", "-"),
    ]  # fmt: skip


def array(rounds: int) -> list[Row]:
    """An array of 1 GB of float64, stored and restored."""
    stored, saved, read, peaks = [], [], [], []
    with tempfile.TemporaryDirectory() as folder:
        for k in range(rounds):
            each = _fresh(folder, k)
            saved.append(child(_SAVE, each))
            stored.append(child(_STORE, each))
            peaks.append(child(_RESTORE, each))
            read.append(child(_READ, each, "3"))
            _empty(each)
    store, peak, save = medians(stored), medians(peaks)["mb"], medians(saved)["s"]
    load, restore = medians(read)["loaded"], medians(read)["restored"]
    return [
        Row("store a 1 GB array", f"{store['s']:.2f} s", f"{save:.2f} s (np.save, fsync)",
            f"{store['s'] / save:.2f}x"),
        Row("restore it", f"{restore:.2f} s", f"{load:.2f} s (np.load)", f"{restore / load:.2f}x"),
        Row("peak memory, storing", f"{store['mb']:.0f} MB", "954 MB (the array)",
            f"{store['mb'] / 954:.2f}x"),
        Row("peak memory, restoring", f"{peak:.0f} MB", "954 MB (the array)",
            f"{peak / 954:.2f}x"),
    ]  # fmt: skip


def huge(rounds: int) -> list[Row]:
    """An array of 3 GB, over SQLite's limit for one value: equal when it comes back."""
    with tempfile.TemporaryDirectory() as folder:
        first, again = (child(_HUGE, folder) for _ in range(2))
    same = first["digest"] == again["digest"] and first["bytes"] == again["bytes"]
    what = f"an array of {first['bytes'] / 1e9:.1f} GB, made and stored, then restored"
    return [
        Row(what, f"{again['s']:.1f} s", f"{first['s']:.1f} s", "equal" if same else "DIFFERENT")
    ]


def mutation(rounds: int) -> Row:
    """Whether a 1 GB data frame has changed."""
    found = medians([child(_FRAME) for _ in range(rounds)])["s"]
    return Row("check 1 GB of data frame for changes", f"{found:.3f} s", "-", "-")


def _fresh(folder: str, number: int) -> str:
    path = os.path.join(folder, str(number))
    os.mkdir(path)
    return path


def _empty(folder: str) -> None:
    for name in os.listdir(folder):
        os.remove(os.path.join(folder, name))
