# about: a class is defined again, old instances keep the old one's code

# %%
class A:
    def f(self):
        return 1
a = A()

# %%
class A:
    def f(self):
        return 2

# %%
b = A()
print(a.f(), b.f(), isinstance(b, A))
