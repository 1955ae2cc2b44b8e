# about: types whose home nobody has imported, or that have none

# %%
import typing
import numpy as np
UserId = typing.NewType("UserId", int)
records = np.zeros(2, dtype=[("x", "f4")]).view(np.recarray)

# %%
users = [UserId(5)]
def first(ids: list[UserId]) -> UserId: return ids[0]

# %%
records.x[0] = 2
print(UserId, first(users), records, records.x, type(records) is np.recarray)
