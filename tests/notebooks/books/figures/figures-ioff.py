# about: no figure shows by itself where the step that loads pyplot says so

# %%
import matplotlib.pyplot as plt
%matplotlib inline
plt.ioff()

# %%
fig, ax = plt.subplots(figsize=(2, 2))
ax.plot([1, 2])

# %%
#plain
print(plt.isinteractive())
