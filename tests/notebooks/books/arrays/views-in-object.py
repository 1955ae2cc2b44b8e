# about: arrays of one model share memory that no name holds

# %%
import numpy as np
class Model:
    def __init__(self):
        self.params = np.zeros(6)
        self.W, self.b = self.params[:4].reshape(2, 2), self.params[4:]
m = Model()
d = {"w": np.zeros(4)}
d["head"] = d["w"][:2]

# %%
m.params[:] = np.arange(6)
head = m.W[0]

# %%
d["w"][0] = 5
m.W += 1

# %%
print(m.params, m.W, m.b, d, head)
