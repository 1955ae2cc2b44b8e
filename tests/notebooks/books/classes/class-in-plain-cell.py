# about: instances of a class that a plain cell defines anew

# %%
#plain
class P:
    def __init__(self, v):
        self.v = v
    def __eq__(self, other):
        return isinstance(other, P) and self.v == other.v

# %%
p = P(1)

# %%
#plain
print(isinstance(p, P), p == P(1))
