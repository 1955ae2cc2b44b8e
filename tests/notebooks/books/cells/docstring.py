# about: a text at the top of a cell is `__doc__` from there on

# %%
"""What this notebook is about."""
print(__doc__)

# %%
print(__doc__)

# %%
"""What is shown is no docstring."""

# %%
print(__doc__)
