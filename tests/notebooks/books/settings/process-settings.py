# about: the collector and the switch interval, set in steps

# %%
import gc, sys
gc.disable()

# %%
gc.set_threshold(900, 9, 9)
sys.setswitchinterval(0.01)

# %%
print(gc.isenabled(), gc.get_threshold(), sys.getswitchinterval())
gc.enable()

# %%
print(gc.isenabled())
