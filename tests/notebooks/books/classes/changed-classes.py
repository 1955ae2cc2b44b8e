# about: special members, bases and documentation of an older class

# %%
class Mixin:
    def hi(self):
        return "mixin"
class Root: pass
class A(Root):
    debug = True
    def __init__(self, x):
        self.x = x
a = A(1)

# %%
def show(self):
    return f"A({self.x})"
A.__repr__ = show
A.__len__ = lambda self: 3
A.__doc__ = "documented"

# %%
del A.debug

# %%
A.__bases__ = (Mixin,)

# %%
print(a, len(a), A.__doc__, hasattr(A, "debug"), a.hi(), A.__repr__ is show, type(a) is A)
