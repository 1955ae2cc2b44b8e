# about: how IPython displays types, set by a library or by the cell

# %%
#plain
import os, pathlib, sys
pathlib.Path("signs.py").write_text(
    "class Sign:\n    pass\n"
    "def init(shell, mark):\n"
    "    def text(_, printer, cycle): printer.text(mark if known([_]) else '?')\n"
    "    def known(o): return all(map(known, o)) if type(o) is list else True\n"
    "    formatters = shell.display_formatter.formatters\n"
    "    for kind in (Sign, complex, float): formatters['text/plain'].for_type(kind, text)\n"
    "    formatters['text/html'].for_type(Sign, lambda _: f'<b>{mark}</b>')\n"
)
sys.path.insert(0, os.getcwd())

# %%
import signs
signs.init(get_ipython(), "+")

# %%
class Own:
    pass
def shown(own, printer, cycle):
    printer.text("own")
plain = get_ipython().display_formatter.formatters["text/plain"]
plain.for_type(Own, shown)
plain.for_type_by_name("fractions", "Fraction", shown)
del plain

# %%
own = Own()
own

# %%
get_ipython().display_formatter.formatters["text/plain"].pop(complex)

# %%
from fractions import Fraction
Fraction(1, 2)

# %%
#plain
display(signs.Sign(), 1j, 1.5, own, Fraction(1, 3))
del signs
