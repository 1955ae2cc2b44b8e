# about: the precision of decimal

# %%
import decimal
decimal.getcontext().prec = 5

# %%
print(decimal.Decimal(1) / 3)
