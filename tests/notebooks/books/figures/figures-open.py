# about: figures that are left open are not shown because they come back

# %%
import matplotlib.pyplot as plt
plt.plot([1, 2])

# %%
plt.ioff()
figs = []
for i in range(2):
    fig, ax = plt.subplots(figsize=(2, 2))
    ax.plot([i])
    figs.append(fig)

# %%
#plain
n = len(figs)

# %%
print(n)
