# about: displays of bytes, dates and what no kernel could send

# %%
import datetime
from IPython.display import display
class Dot:
    def _repr_png_(self): return b"\x89PNG" + bytes(range(9))
    def __repr__(self): return "Dot"
Dot()

# %%
display(Dot(), {"image/png": b"\x89PNG2"}, metadata={"made": datetime.date(2026, 1, 1)})
display({"text/plain": "a", "image/png": b"\x89PNG3", "application/x-o": object()}, raw=True)
Dot()
