# about: a figure is made, drawn on and titled in three cells

# %%
import matplotlib.pyplot as plt
fig, ax = plt.subplots()

# %%
ax.plot([1, 2])
fig

# %%
ax.set_title("t")

# %%
fig
