# about: a pipeline's parts are reached by index

# %%
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
X, y = load_iris(return_X_y=True)
pipe = make_pipeline(StandardScaler(), LogisticRegression())

# %%
pipe.fit(X, y)

# %%
scaler = pipe[0]
scaler.mean_ += 1

# %%
print(pipe[0] is scaler, round(pipe.score(X, y), 6))
