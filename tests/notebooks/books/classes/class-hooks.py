# about: hooks for new classes do not run again at a restore

# %%
class Base:
    registry, count = {}, 0
    def __init_subclass__(cls, key=None):
        super().__init_subclass__()
        Base.registry[key or cls.__name__] = cls
        Base.count += 1
class Field:
    def __set_name__(self, owner, name):
        names.append(name)
names = []
class Meta(type):
    def __new__(meta, name, bases, space):
        names.append(name)
        return super().__new__(meta, name, bases, space)

# %%
class A(Base):
    field = Field()
class C(metaclass=Meta): pass

# %%
class B(A, key="b"): pass
class D(C): pass

# %%
print(sorted(Base.registry), Base.registry["A"] is A, Base.registry["b"] is B, Base.count)
print([c.__name__ for c in Base.__subclasses__()], names, type(D) is Meta, issubclass(D, C))
