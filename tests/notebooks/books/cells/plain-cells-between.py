# about: plain cells change what steps made, and the reverse

# %%
#plain
k = 10
q = [1]

# %%
r = [k]

# %%
q.append(k)

# %%
#plain
q.append(5)

# %%
s = q

# %%
print(q, s is q, r)
