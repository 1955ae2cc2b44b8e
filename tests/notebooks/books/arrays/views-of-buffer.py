# about: layers hold views of a buffer that is added to

# %%
import numpy as np
class Layer:
    def __init__(self, buf):
        self.w, self.b = buf[:2], buf[2:]
buf = np.zeros(4)
net = [Layer(buf)]

# %%
buf += 1

# %%
net[0].w *= 3

# %%
print(buf, net[0].w, net[0].b)
