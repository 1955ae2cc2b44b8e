# about: two names of one list, one of them given later

# %%
a = [1]
b = a

# %%
b.append(2)

# %%
c = a
c.append(3)

# %%
print(a, b, c, a is b, b is c)
