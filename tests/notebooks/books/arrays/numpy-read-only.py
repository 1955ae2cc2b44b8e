# about: a read-only view beside the array that its memory is of

# %%
import numpy as np
a = np.arange(6)
seen = a.view()
seen.flags.writeable = False
part = a[:3]
seen, a = seen, a

# %%
a[0] = 9
print(seen[0], part[0], seen.flags.writeable, part.flags.writeable)
