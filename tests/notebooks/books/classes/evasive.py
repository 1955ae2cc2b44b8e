# about: an object that answers whatever it is asked for

# %%
class Remote:
    def __getattr__(self, name):
        if name.startswith("__") and name != "__dict__":
            raise AttributeError(name)
        return lambda *args: name
class Pointer:
    __slots__ = ()
    def __repr__(self): return "pointer"
    def __getattr__(self, name):
        if name.startswith("__") and name != "__dict__":
            raise AttributeError(name)
        return Remote().users
remote, pointer = Remote(), Pointer()

# %%
print(remote.users())

# %%
print(remote.posts(), pointer.values())
