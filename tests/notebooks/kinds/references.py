"""An object that lies inside an older value, under a name of its own."""

from __future__ import annotations

from . import Kind, kind

_NODES = """
class Node:
    def __init__(self, name):
        self.name, self.links, self.seen = name, set(), 0
nodes = {name: Node(name) for name in "ABCDEFGH"}
for one in nodes.values():
    one.links = {other for other in nodes.values() if other is not one}
"""

_SEARCH = """
import numpy as np
from sklearn.model_selection import GridSearchCV
from sklearn.svm import SVC
X, y = np.arange(40.0).reshape(20, 2) % 7, np.arange(20) % 2
search = GridSearchCV(SVC(), {"C": [0.01, 1, 100]}, cv=2).fit(X, y)
"""

KINDS: list[Kind] = [
    kind(
        "row of a list",
        "rows = [{'k': 1}, {'k': 2}]\n---\nrow = rows[1]",
        "print(row is rows[1], rows)",
        "row['k'] = 3",
    ),
    kind(
        "scores of a search",
        f"{_SEARCH}\n---\nscores = search.cv_results_['mean_test_score']",
        "print(scores is search.cv_results_['mean_test_score'], scores, len(search.cv_results_))",
        "scores[0] = 9",
    ),
    kind(
        "best estimator of a search",
        f"{_SEARCH}\n---\nbest = search.best_estimator_",
        "print(best is search.best_estimator_, vars(search.best_estimator_).get('note'))",
        "best.note = 'mine'",
    ),
    kind(
        "node of a graph",
        f"{_NODES}\n---\nstart = nodes['C']",
        "print(start is nodes['C'], start.name, [nodes[name].seen for name in nodes])",
        "start.seen = 1",
    ),
    kind(
        "node of a set",
        f"{_NODES}\nheld = set(nodes.values())\ndel nodes, one\n---\n"
        "start = next(node for node in held if node.name == 'C')",
        "print(start in held, start.name, sorted((node.name, node.seen) for node in held))",
        "start.seen = 1",
    ),
    kind(
        "arrays beside a masked one",
        "import numpy as np\n"
        "data = {'m': np.ma.array([1.0, 2.0], mask=[0, 1]), 'a': np.zeros(2), 'b': np.ones(2)}\n"
        "print(data)\n---\nb = data['b']",
        "print(b is data['b'], data)",
        "b[0] = 5",
    ),
    kind(
        "head of a frame with periods",
        "import pandas as pd\nmonths = pd.period_range('2026-01', periods=4, freq='M')\n"
        "ts = pd.DataFrame({'x': range(4)}, index=months)\n---\nts.head(2)\n---\n"
        "first = ts.head(2)\n---\nother = ts.set_index(pd.PeriodIndex(ts.index.astype(str),"
        " freq='M'))",
        "print(first, ts, other.tail(1), first.index.freq)",
        "first.iloc[0, 0] = 9\nts.iloc[1, 0] = 8",
    ),
    kind(
        "axes of a figure",
        "import matplotlib.pyplot as plt\nfig, _ = plt.subplots(1, 2)\nplt.close(fig)\n---\n"
        "right = fig.axes[1]",
        "print(right is fig.axes[1], [each.get_title() for each in fig.axes])",
        "right.set_title('right')",
    ),
    kind(
        "item of a tuple",
        "pair = ([1], [2])\n---\nsecond = pair[1]",
        "print(second is pair[1], pair)",
        "second.append(3)",
    ),
    kind(
        "attribute of a class",
        "class Registry:\n    items, other = [], []\n---\nitems = Registry.items",
        "print(items is Registry.items, Registry.items, Registry.other)",
        "items.append(1)",
    ),
    kind(
        "instance beside its class's data",
        "class Counter:\n    made = []\n    def __init__(self):\n        self.made.append(1)\n"
        "        self.own = []\nfirst = Counter()\n---\nown = first.own\nmade = first.made",
        "print(own is first.own, made is Counter.made, Counter.made, own)",
        "own.append(1)\nCounter()",
    ),
    kind(
        "list of a closure",
        "def make():\n    rows = []\n    def get(more=[0], *, last={}):\n"
        "        return rows, more, last\n"
        "    return get\nget = make()\n---\nrows, more, last = get()",
        "print([a is b for a, b in zip((rows, more, last), get())], get())",
        "rows.append(1)\nmore.append(2)\nlast['k'] = 3",
    ),
    kind(
        "parts of a partial and a method",
        "from functools import partial\n"
        "class Box:\n    def __init__(self):\n        self.rows = []\n"
        "    def get(self):\n        return self.rows\ndef f(*a, **k):\n    return a, k\n"
        "p, get = partial(f, [1], k=[2]), Box().get\n"
        "---\n(a,), k, rows = p.args, p.keywords['k'], get()",
        "print(p(), a is p.args[0], k is p.keywords['k'], rows is get(), rows)",
        "a.append(1)\nk.append(2)\nrows.append(3)",
    ),
    kind(
        "slots, named tuples, deques",
        "from collections import deque, namedtuple, OrderedDict, defaultdict\n"
        "Pair = namedtuple('Pair', 'left right')\nclass Slotted:\n    __slots__ = ('x', 'z')\n"
        "    def __init__(self):\n        self.x, self.z = [1], [2]\n    def y(self):\n"
        "        return self.z\n    def __repr__(self):\n        return f'{self.x} {self.z}'\n"
        "s, d = Slotted(), defaultdict(list, {(1, 'a'): [3]})\n"
        "q, t = deque([[4], [5]], maxlen=3), Pair([6], OrderedDict(a=[7]))\n---\n"
        "one, two, three, four, five = s.x, s.y(), d[1, 'a'], q[1], t.right['a']",
        "print(one is s.x, two is s.y(), three is d[1, 'a'], four is q[1], five is t.right['a'])\n"
        "print(one, two, three, four, five, d, q, t)",
        "for each in (one, two, three, four, five):\n    each.append(0)",
    ),
    kind(
        "keys that are no strings",
        "import numpy as np, pandas as pd, datetime as dt\n"
        "keys = [1, 2.5, b'x', None, (1, ('a',)), np.int64(7), dt.date(2026, 1, 2),\n"
        "        pd.Timestamp('2026-01-02'), True and 'true']\n"
        "d = {key: [n] for n, key in enumerate(keys)}\n---\nfound = [d[key] for key in keys]",
        "print([one is d[key] for one, key in zip(found, keys)], d)",
        "for each in found:\n    each.append(0)",
    ),
    kind(
        "values under objects",
        "class Key:\n    pass\n"
        "keys = [Key(), Key(), Key()]\nd = {key: [n] for n, key in enumerate(keys)}\n"
        "---\none = d[keys[1]]\nkey = keys[2]",
        "print(one is d[keys[1]], key in d, d[key], one)",
        "one.append(0)\nd[key].append(1)",
    ),
    kind(
        "objects in a frame and an array",
        "import numpy as np, pandas as pd\n"
        "df = pd.DataFrame({'n': [1, 2], 'tokens': [['a'], ['b']]})\n"
        "array = np.array([{}, {'k': []}, 3], dtype=object)\ns = pd.Series([[1], [2]])\n---\n"
        "tokens, k, last = df.loc[1, 'tokens'], array[1]['k'], s[1]\n---\nhead = df.head(1)",
        "print(tokens is df.loc[1, 'tokens'], k is array[1]['k'], last is s[1])\n"
        "print(df, array, s, head)",
        "tokens.append('c')\nk.append(1)\nlast.append(3)",
    ),
    kind(
        "frames in a dictionary",
        "import pandas as pd\n"
        "frames = {name: pd.DataFrame({name: [1.0, 2.0]}) for name in 'ab'}\n---\n"
        "b = frames['b']\nhead = frames['a'].head(1)",
        "print(b is frames['b'], frames, head)",
        "b.loc[0, 'b'] = 7\nhead.iloc[0, 0] = 8",
    ),
    kind(
        "nested parts of one part",
        "tree = {'a': {'b': {'c': [1]}}, 'x': [2]}\n---\na, b, c = tree['a'], tree['a']['b'], "
        "tree['a']['b']['c']\nboth = [a, {'again': c}]",
        "print(a is tree['a'], b is a['b'], c is b['c'])\n"
        "print(both[0] is a, both[1]['again'] is c, tree)",
        "c.append(3)\nb['new'] = 1",
    ),
    kind(
        "parts of a bunch and of weights",
        "import numpy as np\nfrom sklearn.datasets import load_iris\n"
        "from sklearn.neural_network import MLPClassifier\niris = load_iris()\n"
        "net = MLPClassifier((3,), max_iter=3, random_state=1).fit(iris.data, iris.target)\n---\n"
        "data, weights = iris.data, net.coefs_[1]",
        "print(data is iris['data'], weights is net.coefs_[1], data[0], weights, iris.target[:3])",
        "data[0, 0] = 9\nweights[0] = 0",
    ),
    kind(
        "part of an object with its own state",
        "class Store:\n    def __init__(self):\n"
        "        self.more, self.rows, self.cache = [1], [1], {}\n"
        "    def __getstate__(self):\n        return {'more': self.more, 'rows': self.rows}\n"
        "    def __setstate__(self, state):\n        self.__dict__.update(state, cache={})\n"
        "store = Store()\n---\nmore, cache = store.more, store.cache",
        "print(more is store.more, cache == store.cache, store.rows, more)",
        "more.append(2)",
    ),
]
