# about: a display is updated from a later cell

# %%
from IPython.display import display
handle = display("a", display_id="shown-here")

# %%
handle.update("b")

# %%
print(handle.display_id)
