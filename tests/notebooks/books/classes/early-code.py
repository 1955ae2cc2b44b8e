# about: hashes, __getattr__ and __new__ that want what pickle sets last

# %%
class Node:
    def __init__(self, name):
        self.links, self.name = set(), name
    def __hash__(self):
        return hash(self.name)
    def __eq__(self, other):
        return self.name == other.name
a, b = Node("a"), Node("b")
a.links |= {a, b}
b.links.add(a)
class Proxy:
    def __init__(self, target):
        self._target = target
    def __getattr__(self, name):
        return getattr(self._target, name)
proxy = Proxy([1])
class Point:
    __slots__ = ("x",)
    def __new__(cls, x):
        self = super().__new__(cls)
        self.x = x
        return self
    def __repr__(self):
        return f"Point({self.x})"
points = [Point(3)]
class Single:
    only = None
    def __new__(cls):
        if cls.only is None:
            cls.only = super().__new__(cls)
        return cls.only
s = Single()

# %%
b.name, proxy.other = "c", 1

# %%
s.value = proxy.count(1)

# %%
print(a in a.links, list(vars(a)), [n.name for n in b.links], vars(proxy), points[0].x)
print(Single() is s, s.value, len(a.links))
