# about: how expressions are displayed, chosen once for the notebook

# %%
import sympy as sp
x = sp.symbols("x")
sp.init_printing(order="rev-lex")

# %%
f = sp.integrate(x ** 2 + x)
f

# %%
sp.solve(f, x)

# %%
print(f, {x: [f]})
