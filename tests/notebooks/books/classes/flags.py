# about: members that enum makes of others are no change of the class

# %%
import enum
class Perm(enum.Flag):
    R = 1
    W = 2
class Bits(enum.IntFlag):
    A = 1
    B = 2
def allowed(p):
    return bool(p & (Perm.R | Perm.W))

# %%
both = Perm.R | Perm.W
bits = Bits.A | Bits.B

# %%
print(allowed(Perm.R))
Perm.nice = lambda self: str(self).lower()

# %%
print(both, Perm.R in both, bits, type(bits), both.nice(), both is Perm.R | Perm.W)
