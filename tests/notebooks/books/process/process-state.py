# about: environment, working directory and sys.path

# %%
import os, sys
os.environ["MUNDANE_CORPUS"] = "1"

# %%
os.makedirs("sub", exist_ok=True)
os.chdir("sub")

# %%
sys.path.append("not-there")

# %%
print(os.environ["MUNDANE_CORPUS"], os.path.basename(os.getcwd()), "not-there" in sys.path)
