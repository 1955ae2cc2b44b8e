# about: a context variable that was set; its token cannot be kept
# lost: token

# %%
import contextvars
v = contextvars.ContextVar("v", default=0)

# %%
token = v.set(3)

# %%
print(v.get())
