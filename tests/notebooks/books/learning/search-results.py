# about: scores and the best model are taken out of a search, and changed

# %%
import numpy as np
from sklearn.model_selection import GridSearchCV
from sklearn.tree import DecisionTreeClassifier
X, y = np.arange(60.0).reshape(30, 2) % 7, np.arange(30) % 2
search = GridSearchCV(DecisionTreeClassifier(random_state=1), {"max_depth": [1, 2, 3]}, cv=2)
search = search.fit(X, y)

# %%
scores = search.cv_results_["mean_test_score"]
best, params = search.best_estimator_, search.cv_results_["params"][1]

# %%
scores[0], params["note"], best.note = 9, "second", "best"

# %%
print(scores is search.cv_results_["mean_test_score"], search.cv_results_["mean_test_score"])
print(search.cv_results_["params"], search.best_estimator_.note)
