# about: pyplot is after a style's context as it was before

# %%
import matplotlib.pyplot as plt
with plt.style.context("ggplot"):
    plt.figure(figsize=(2, 2)).add_subplot().plot([1, 2])

# %%
plt.figure(figsize=(2, 2)).add_subplot().plot([3, 4])

# %%
#plain
print(plt.isinteractive())
