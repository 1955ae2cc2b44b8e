# about: magics that are functions of the notebook, and an alias of a magic

# %%
from IPython.core.magic import register_cell_magic, register_line_magic
@register_line_magic
def shout(line):
    return line.upper()
@register_cell_magic
def twice(line, cell):
    print(cell * 2)

# %%
%alias_magic -l loud shout

# %%
def shout(line):
    return line.upper() + "!"
get_ipython().register_magic_function(shout)

# %%
%%twice
a line

# %%
#plain
print(get_ipython().run_line_magic("shout", "a"), get_ipython().run_line_magic("loud", "b"))
