# about: Counter, defaultdict and deque, one inside another

# %%
from collections import Counter, defaultdict, deque
c = Counter()
d = defaultdict(list)
q = deque()

# %%
c.update("aab")
d["k"].append(1)
q.append(c)

# %%
c.update("b")

# %%
print(c, dict(d), q, q[0] is c)
