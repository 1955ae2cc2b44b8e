from . import kind

KINDS = [
    kind(
        "nb vectorize",
        "import numba as nb, numpy as np\n@nb.vectorize\ndef f(x, y):\n    return x + 2*y\n@nb.njit\ndef g(x):\n    return x * 3\na = f(np.arange(3.), 1.0)\nb = g(3)",
        "print(f(np.arange(4.), 2.0), g(2.5), g(3), a, b)",
        "c = f(2, 3)",
    ),
    kind(
        "nb njit beside",
        "import numba as nb\n@nb.njit\ndef h(x):\n    return x + 1\n@nb.njit\ndef g(x):\n    return h(x) * 3\nb = g(3)",
        "print(g(2.5), g(3), h(2), b)",
        "c = g(1)",
    ),
    kind(
        "wrapt decorator",
        "import wrapt\n@wrapt.decorator\ndef deco(wrapped, instance, args, kwargs):\n    return wrapped(*args, **kwargs) + 1\n@deco\ndef f(x):\n    return x\ny = f(3)",
        "print(f(4), y)",
        "z = f(5)",
    ),
    kind(
        "wrapt proxy",
        "import wrapt\np = wrapt.ObjectProxy([1,2])\nn = len(p)",
        "print(list(p), n)",
        "p.append(3)",
        left_out="p",
    ),
    kind(
        "local proxy",
        "from werkzeug.local import Local, LocalProxy\nloc = Local()\nloc.x = [1]\nprox = loc('x')\nn = 3",
        "pass",
        left_out="loc prox",
    ),
    kind(
        "local proxy2",
        "from werkzeug.local import LocalProxy\ndata = [1]\nprox = LocalProxy(lambda: data)\nn = 3",
        "print(prox, n, prox._get_current_object() is data)",
        "prox.append(3)",
    ),
    kind(
        "lazy proxy",
        "import lazy_object_proxy\nprox = lazy_object_proxy.Proxy(lambda: [1])\nn = 3",
        "print(prox, n)",
        "prox.append(3)",
    ),
    kind(
        "pint",
        "import pint\nureg = pint.UnitRegistry()\n---\nd = (3 * ureg.meter).to('km')",
        "print(d, (2*ureg.second).to('ms'))",
        "e = d * 2",
    ),
    kind(
        "pint plain",
        "#plain\nimport pint\nureg = pint.UnitRegistry()\n---\nd = (3 * ureg.meter).to('km')",
        "print(d, (2*ureg.second).to('ms'))",
        "e = d * 2",
    ),
    kind("polars", "import polars as pl\ndf = pl.DataFrame({'a': [1]})", "print(df)"),
    kind("pylab", "%pylab inline\nx = arange(3)", "print(x, linspace(0,1,3))"),
    kind(
        "readonly",
        "import pandas as pd, numpy as np\ns = pd.Series([1., 2.])\nv = s.values\nw = np.arange(3); w.flags.writeable = False",
        "print(v.flags.writeable, w.flags.writeable, v, w)",
    ),
    kind(
        "logger and handler",
        "import logging\nlg = logging.getLogger('q')\nh = logging.StreamHandler()\nlg.addHandler(h)",
        "print(len(lg.handlers))",
    ),
]
