# about: a method changes its class, which it does not name

# %%
class Meta(type):
    made = []
    def __init__(cls, name, bases, space):
        super().__init__(name, bases, space)
        type(cls).made.append(cls)
class A(metaclass=Meta):
    n = 0
    def count(self):
        type(self).n += 1
a = A()

# %%
a.count()

# %%
class B(A): pass

# %%
print(A.n, a.n, Meta.made == [A, B])
