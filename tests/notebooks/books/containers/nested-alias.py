# about: a name of an object inside an older list

# %%
rows = [{}, [1]]
holder = {"rows": rows}

# %%
first = rows[0]

# %%
first["k"] = 1

# %%
print(rows, holder, first is rows[0], holder["rows"] is rows)
