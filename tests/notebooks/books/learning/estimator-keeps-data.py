# about: an estimator holds its training data

# %%
from sklearn.neighbors import KNeighborsClassifier
import numpy as np
X = np.arange(6.0).reshape(3, 2)
y = [0, 1, 0]
model = KNeighborsClassifier(1).fit(X, y)

# %%
model.note = X

# %%
X[0] = 100

# %%
print(model.predict([[100.0, 100.0]]), model.note is X)
