# about: the process's locale

# %%
import locale
locale.setlocale(locale.LC_ALL, "C")

# %%
print(locale.getlocale())
