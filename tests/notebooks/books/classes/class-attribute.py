# about: instances count themselves on their class

# %%
class P:
    made = 0
    def __init__(self):
        type(self).made += 1
        self.friends = {}

# %%
p = P()
q = P()

# %%
p.friends["q"] = q
q.friends = p.friends

# %%
print(P.made, p.friends is q.friends, isinstance(p, P), p.friends["q"] is q)
