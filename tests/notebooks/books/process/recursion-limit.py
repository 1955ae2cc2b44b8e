# about: the interpreter's recursion limit

# %%
import sys
sys.setrecursionlimit(2345)

# %%
print(sys.getrecursionlimit())
