# about: dataclass, enum member and namedtuple

# %%
import collections, dataclasses, enum
class Colour(enum.Enum):
    RED = 1
@dataclasses.dataclass
class Point:
    x: int
Pair = collections.namedtuple("Pair", "a b")

# %%
d = Point(1)
t = Pair(1, Colour.RED)

# %%
d.x = 5

# %%
print(d == Point(5), t.b is Colour.RED, t)
