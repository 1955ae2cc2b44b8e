# about: a method changes an attribute of an attribute

# %%
class Store:
    def __init__(self):
        self.inner = {"rows": []}
    def add(self, x):
        self.inner["rows"].append(x)
store = Store()
alias = store.inner["rows"]

# %%
store.add(1)

# %%
store.add(2)
print(store.inner, alias, alias is store.inner["rows"])
