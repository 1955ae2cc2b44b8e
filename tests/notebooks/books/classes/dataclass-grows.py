# about: a dataclass is derived from one of another cell

# %%
from dataclasses import dataclass, field
@dataclass
class Base:
    x: int
    tags: list = field(default_factory=list)

# %%
@dataclass(kw_only=True)
class Derived(Base):
    y: int

# %%
print(Derived(1, y=2))
