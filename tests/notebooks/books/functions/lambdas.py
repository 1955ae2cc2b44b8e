# about: lambdas, alone and in a list

# %%
K = 3
f = lambda x: x + K
many = [lambda i=i: i * K for i in range(3)]

# %%
K = 4

# %%
print(f(1), [g() for g in many])
