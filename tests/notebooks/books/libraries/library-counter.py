# about: a library numbers its objects on their class

# %%
import pathlib
lines = ["class Part:", " _count = 0", " def __init__(self):", "  Part._count += 1"]
pathlib.Path("library_of_ours.py").write_text(chr(10).join([*lines, "  self.n = Part._count"]))

# %%
import sys
sys.path.insert(0, "")
from library_of_ours import Part
first = Part()

# %%
second = Part()
print(first.n, second.n)
