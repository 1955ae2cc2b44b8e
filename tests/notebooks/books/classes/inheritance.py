# about: super() and a method that uses a later global

# %%
class Base:
    def hi(self):
        return "base"
class Child(Base):
    def hi(self):
        return super().hi() + SUFFIX

# %%
child = Child()

# %%
SUFFIX = "!"

# %%
print(child.hi(), isinstance(child, Base))
