# about: an estimator is fitted after it was made, and refitted

# %%
from sklearn.linear_model import LinearRegression
import numpy as np
X = np.arange(6.0).reshape(3, 2)
y = X[:, 0]
model = LinearRegression()

# %%
model.fit(X, y)

# %%
print(model.coef_.round(6))

# %%
model.fit(X, 2 * y)

# %%
print(model.coef_.round(6))
