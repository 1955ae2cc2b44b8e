# about: a colour bar follows its image, and the image its norm

# %%
import matplotlib.pyplot as plt
fig, ax = plt.subplots(figsize=(2, 2))
im = ax.imshow([[1, 2], [3, 4]])
cb = fig.colorbar(im)

# %%
im.set_clim(0, 10)
im.set_cmap("plasma")

# %%
im.norm.vmax = 5

# %%
print(cb.vmin, cb.vmax, cb.cmap.name)
fig
