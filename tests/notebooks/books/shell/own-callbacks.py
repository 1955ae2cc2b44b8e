# about: callbacks of IPython's events, registered and unregistered

# %%
class Watcher:
    mark = "before"
    def before(self, info):
        print(self.mark)
watcher = Watcher()
def after(result):
    print("after")
get_ipython().events.register("pre_run_cell", watcher.before)
get_ipython().events.register("post_run_cell", after)

# %%
x = 1

# %%
get_ipython().events.unregister("post_run_cell", after)

# %%
print(x)

# %%
watcher.mark = "before, changed"

# %%
x
