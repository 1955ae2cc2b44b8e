# about: a layout depends on how often a figure was drawn

# %%
%config InlineBackend.figure_formats = ["svg"]
import matplotlib.pyplot as plt
import numpy as np
values = np.random.default_rng(3).random((500, 8))

# %%
fig, axes = plt.subplots(2, 4, figsize=(8, 4), constrained_layout=True)
for ax, column in zip(axes.flat, values.T):
    ax.hist(column)
    ax.set_title("n = 100, failed fits = 0", fontsize="small")
fig.supxlabel("pvalue");
