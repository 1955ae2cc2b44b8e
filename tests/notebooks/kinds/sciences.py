"""Values of libraries for numbers, tables, graphs and pictures, used as their users do."""

# ruff: noqa: E501 (the lines of cells)

from __future__ import annotations

from . import Kind, kind

KINDS: list[Kind] = [
    kind(
        "scipy: a normal distribution that is not the standard one",
        "from scipy import stats\nd = stats.Normal(mu=5.0, sigma=2.0)",
        "print(d, type(d).__name__, d.cdf(5.0), d.mean(), d.validation_policy)",
        "d.validation_policy = 'skip_all'",
    ),
    kind(
        "rtree: an index, which its library pickles without its entries",
        "from rtree import index\nt = index.Index()\nt.insert(1, (0, 0, 1, 1))",
        "pass",
        left_out="t",
        libraries="rtree",
    ),
    kind(
        "networkx",
        """
import networkx as nx
g = nx.karate_club_graph()
g.graph['t'] = [1]
dg = nx.DiGraph([(1, 2), (2, 3)])
mg = nx.MultiGraph()
mg.add_edge('a', 'b', w=1)
mg.add_edge('a', 'b', w=2)
view = g.subgraph([0, 1, 2])
pos = nx.spring_layout(dg, seed=1)
deg = dg.degree
nodes = dg.nodes
rv = dg.reverse(copy=False)
""",
        """
print(g.number_of_edges(), view.number_of_edges(), list(mg.edges(data=True)), nx.shortest_path(dg, 1, 3), dict(deg), nodes is dg.nodes, list(nodes), list(rv.edges), nx.is_frozen(view), g.graph, pos[1].shape)
""",
        """
g.remove_edge(0, 1)
dg.add_edge(3, 4)
g.nodes[0]['k'] = 1
""",
        libraries="networkx",
    ),
    kind(
        "igraph",
        """
import igraph as ig
g = ig.Graph.Ring(5)
g.vs['name'] = list('abcde')
g.es['w'] = range(5)
c = g.connected_components()
lay = g.layout('circle')
""",
        """
print(g.summary(), g.vs['name'], g.degree(), len(c), g.shortest_paths() if hasattr(g, 'shortest_paths') else g.distances(), lay[0], len(lay))
""",
        "edge = g.add_edge(0, 2).index",
        libraries="igraph",
    ),
    kind(
        "rustworkx",
        """
import rustworkx as rx
g = rx.PyDiGraph()
a, b, c = g.add_nodes_from(['a', 'b', 'c'])
g.add_edge(a, b, 1.5)
g.add_edge(b, c, 2)
u = rx.generators.cycle_graph(4)
""",
        """
print(g.nodes(), g.weighted_edge_list(), rx.topological_sort(g), rx.dijkstra_shortest_path_lengths(g, 0, float), u.edge_list(), rx.is_directed_acyclic_graph(g))
""",
        """
g.add_node('z')
g.remove_edge(0, 1)
""",
        libraries="rustworkx",
    ),
    kind(
        "shapely",
        """
import shapely
from shapely import Point, Polygon, LineString, STRtree, prepare
from shapely.geometry import MultiPoint, box, shape
p = Point(1, 2, 3)
poly = Polygon([(0, 0), (4, 0), (4, 4)], [[(1, .5), (2, .5), (2, 1)]])
mp = MultiPoint([(0, 0), (1, 1)])
tree = STRtree([Point(0, 0), Point(5, 5)])
q = shapely.set_srid(Point(1, 1), 4326)
empty = Point()
import numpy as np
arr = np.array([p, q])
""",
        """
print(p.wkt, poly.area, mp.bounds, tree.query(box(4, 4, 6, 6)), shapely.get_srid(q), empty.is_empty, arr[0].equals(p), arr[0] is p, poly.buffer(.1).area)
""",
        "arr[1] = Point(9, 9)",
        libraries="shapely",
    ),
    kind(
        "pyproj",
        """
from pyproj import CRS, Transformer, Geod
crs = CRS.from_epsg(3857)
t = Transformer.from_crs(4326, 3857, always_xy=True)
geod = Geod(ellps='WGS84')
""",
        """
print(crs.to_epsg(), crs.name, [round(v, 3) for v in t.transform(10, 50)], geod.inv(0, 0, 1, 1)[2], crs == CRS.from_epsg(3857))
""",
        "crs = CRS.from_epsg(4326)",
        libraries="pyproj",
    ),
    kind(
        "geopandas",
        """
import geopandas as gpd
from shapely import Point
gdf = gpd.GeoDataFrame({'n': ['a', 'b']}, geometry=[Point(0, 0), Point(1, 1)], crs=4326)
gs = gdf.geometry
gdf['other'] = gdf.buffer(1)
sidx = gdf.sindex
""",
        """
print(gdf, gdf.crs, gs.x.tolist(), gdf.to_crs(3857).geometry.iloc[1].x, gdf.geometry.name, type(gdf['other']), gdf.total_bounds)
""",
        """
gdf.loc[0, 'n'] = 'z'
gdf['k'] = 1
""",
        libraries="geopandas",
    ),
    kind(
        "zarr",
        """
import zarr, numpy as np
z = zarr.create_array(store='a.zarr', shape=(4, 4), chunks=(2, 2), dtype='i4')
z[:] = np.arange(16).reshape(4, 4)
root = zarr.open_group('g.zarr', mode='w')
root.attrs['k'] = 1
root.create_array('x', shape=3, dtype='f8')
""",
        """
print(z[1, :], z.shape, root.attrs['k'], sorted(root.array_keys()), root['x'][:])
""",
        """
z[0, 0] = 99
root['x'][0] = 5
""",
        libraries="zarr",
    ),
    kind(
        "numexpr",
        """
import numexpr as ne, numpy as np
a = np.arange(5.0)
r = ne.evaluate('2*a + 1')
""",
        "print(r, ne.evaluate('sum(a)'))",
        "r += ne.evaluate('a')",
        libraries="numexpr",
    ),
    kind(
        "awkward",
        """
import awkward as ak
a = ak.Array([[1, 2], [], [3]])
r = ak.Array([{'x': 1, 'y': [1, 2]}, {'x': 2, 'y': []}])
rec = r[0]
v = a[0]
""",
        """
print(a.to_list(), r.y.to_list(), ak.sum(a, axis=1), rec.x, a.type, v.to_list())
""",
        "r['z'] = [7, 8]",
        libraries="awkward",
    ),
    kind(
        "vector",
        """
import vector
v = vector.obj(x=1, y=2, z=3, t=10)
a = vector.array({'x': [1, 2.0], 'y': [3.0, 4]})
m = vector.MomentumObject4D(px=1, py=2, pz=3, E=10)
""",
        "print(v.tau, v + v, a.rho, m.pt, m.boost(v).E, type(a))",
        "v = v * 2",
        libraries="vector",
    ),
    kind(
        "uncertainties",
        """
from uncertainties import ufloat, unumpy, correlated_values
import numpy as np
x = ufloat(1, .1)
y = x * 2 + 1
z = ufloat(3, .2, 'tag')
arr = unumpy.uarray([1, 2], [.1, .2])
d = y - 2 * x
p, q = correlated_values([1, 2], np.array([[.1, .05], [.05, .2]]))
""",
        """
print(x, y, z.tag, (y - 2 * x).s, d, unumpy.std_devs(arr), (p - q).s, sorted(c.n for c in y.derivatives), (arr[0] + x).s)
""",
        """
y = y + x
arr[0] = x
""",
        libraries="uncertainties",
    ),
    kind(
        "astropy",
        """
from astropy import units as u, constants as const
from astropy.time import Time
from astropy.coordinates import SkyCoord
from astropy.table import Table, QTable
from astropy.io import fits
from astropy.modeling import models
import numpy as np
d = 3 * u.pc
arr = np.arange(3) * u.km
tm = Time('2024-01-01T00:00:00')
c = SkyCoord(10 * u.deg, 20 * u.deg, frame='icrs')
t = Table({'a': [1, 2], 'b': ['x', 'y']}, meta={'k': 1})
qt = QTable({'l': [1, 2] * u.m})
g = models.Gaussian1D(1, 2, 3)
hdu = fits.PrimaryHDU(np.eye(2))
hdu.header['OBJ'] = 'm'
""",
        """
print(d.to(u.m), arr.to('m'), tm.jd, (tm + 1 * u.day).iso, c.galactic.l.deg.round(6), t, t.meta, qt['l'].unit, g(1.5), hdu.data, hdu.header['OBJ'], const.c.value, d.unit == u.pc)
""",
        """
arr[0] = 9 * u.km
t['a'][0] = 7
t.add_row((3, 'z'))
g.mean = 5
hdu.header['NEW'] = 1
""",
        libraries="astropy",
    ),
    kind(
        "gmpy2",
        """
import gmpy2
z = gmpy2.mpz(2) ** 100
q = gmpy2.mpq(1, 3)
f = gmpy2.mpfr('0.1', 200)
c = gmpy2.mpc(1, 2)
x = gmpy2.xmpz(5)
""",
        "print(z, q, f, f.precision, c, x, gmpy2.is_prime(z + 1))",
        "x += 1",
        libraries="gmpy2",
    ),
    kind(
        "python-flint",
        """
import flint
z = flint.fmpz(7) ** 30
q = flint.fmpq(1, 3)
""",
        "print(z, q)",
        "z += 1",
        libraries="flint",
    ),
    kind(
        "galois",
        """
import galois, numpy as np
GF = galois.GF(7)
a = GF([1, 2, 3])
p = galois.Poly([1, 0, 3], field=GF)
""",
        """
print(a * a, p, p(2), type(a) is GF, np.linalg.det(GF([[1, 2], [3, 4]])), GF(3) / GF(5))
""",
        "a[0] = 6",
        libraries="galois",
    ),
    kind(
        "pulp",
        """
import pulp
prob = pulp.LpProblem('p', pulp.LpMaximize)
x = pulp.LpVariable('x', 0, 4)
y = pulp.LpVariable('y', 0, 3)
prob += x + 2 * y
prob += x + y <= 5, 'cap'
""",
        "print(prob, prob.variables()[0] is x, prob.constraints['cap'], x.upBound)",
        """
prob += x <= 2, 'more'
x.upBound = 3
""",
        libraries="pulp",
    ),
    kind(
        "scipy",
        """
import numpy as np
from scipy import stats, interpolate, optimize, spatial, sparse, signal, integrate
d = stats.norm(1, 2)
spl = interpolate.CubicSpline([0, 1, 2], [0, 1, 0])
tree = spatial.KDTree(np.eye(3))
res = optimize.minimize(lambda v: (v[0] - 1) ** 2, [0.0])
kde = stats.gaussian_kde([1, 2, 3.0])
hull = spatial.ConvexHull(np.array([[0, 0], [1, 0], [0, 1], [.2, .2]]))
csr = sparse.csr_array(np.eye(3))
it = interpolate.interp1d([0, 1], [2, 3])
sol = integrate.solve_ivp(lambda t, y: -y, (0, 1), [1.0], dense_output=True)
lti = signal.TransferFunction([1], [1, 1])
rot = spatial.transform.Rotation.from_euler('z', 90, degrees=True)
rv = stats.rv_discrete(values=([1, 2], [.5, .5]))
bs = interpolate.make_interp_spline([0, 1, 2, 3], [0, 1, 0, 1])
tt = stats.ttest_ind([1, 2, 3], [2, 3, 5])
vor = spatial.Voronoi(np.random.default_rng(0).random((6, 2)))
dl = spatial.Delaunay(np.array([[0, 0], [1, 0], [0, 1], [1, 1.0]]))
lin = sparse.linalg.aslinearoperator(csr)
rgi = interpolate.RegularGridInterpolator(([0, 1], [0, 1]), np.eye(2))
""",
        """
print(d.cdf(1.5), spl(.5), tree.query([1, 0, .1]), res.x.round(3), kde(2), hull.volume, csr.sum(), it(.5), sol.sol(.5), lti.poles, rot.as_matrix().round(3), rv.mean(), bs(1.5), tt.pvalue, vor.vertices.shape, dl.simplices.shape, lin.shape, rgi([.5, .5]), res.success)
""",
        """
csr[0, 1] = 5
res.x[0] = 7
""",
        libraries="scipy",
    ),
    kind(
        "statsmodels",
        """
import numpy as np, pandas as pd, statsmodels.api as sm, statsmodels.formula.api as smf
df = pd.DataFrame({'x': np.arange(10.0), 'y': np.arange(10.0) * 2 + np.sin(np.arange(10))})
ols = smf.ols('y ~ x', df).fit()
glm = sm.GLM(df.y, sm.add_constant(df.x)).fit()
ar = sm.tsa.AutoReg(df.y, 1).fit()
arima = sm.tsa.ARIMA(df.y, order=(1, 0, 0)).fit()
""",
        """
print(ols.params.round(6), ols.predict(pd.DataFrame({'x': [3.0]})), glm.params.round(6), ar.forecast(2), arima.forecast(1).round(4), ols.rsquared.round(6))
""",
        "df.loc[0, 'y'] = 1",
        libraries="statsmodels",
    ),
    kind(
        "formulaic",
        """
import pandas as pd
from formulaic import model_matrix, Formula
df = pd.DataFrame({'a': list('xyx'), 'b': [1.0, 2, 3]})
mm = model_matrix('a + b', df)
f = Formula('a + b')
spec = mm.model_spec
""",
        "print(mm, spec.get_model_matrix(df.iloc[:2]), f)",
        "mm.iloc[0, 0] = 2.0",
        libraries="formulaic",
    ),
    kind(
        "lifelines",
        """
import pandas as pd
from lifelines import KaplanMeierFitter, CoxPHFitter
df = pd.DataFrame({'T': [1, 2, 3, 4, 5, 6.0], 'E': [1, 1, 0, 1, 1, 0], 'x': [0, 1, 0, 1, 1, 0]})
km = KaplanMeierFitter().fit(df['T'], df.E)
cox = CoxPHFitter(penalizer=.1).fit(df, 'T', 'E')
""",
        """
print(km.survival_function_, km.median_survival_time_, cox.params_.round(5), cox.predict_median(df[['x']]))
""",
        "df.loc[0, 'x'] = 1",
        libraries="lifelines",
    ),
    kind(
        "hdbscan",
        """
import numpy as np, hdbscan
X = np.random.default_rng(0).random((30, 2))
h = hdbscan.HDBSCAN(min_cluster_size=4, prediction_data=True).fit(X)
""",
        """
print(h.labels_, hdbscan.approximate_predict(h, X[:2])[0], len(h.condensed_tree_.to_pandas()))
""",
        "h.labels_[0] = 77",
        libraries="hdbscan",
    ),
    kind(
        "lightgbm",
        """
import numpy as np, lightgbm as lgb
X = np.random.default_rng(0).random((60, 3))
y = X[:, 0] * 3
m = lgb.LGBMRegressor(n_estimators=3, verbose=-1, min_child_samples=3, n_jobs=1).fit(X, y)
b = m.booster_
ds = lgb.Dataset(X, y)
""",
        "print(m.predict(X[:3]), b.num_trees(), m.feature_importances_, m.booster_ is b)",
        "m.set_params(n_estimators=5)",
        libraries="lightgbm",
    ),
    kind(
        "polars: how it prints",
        """
import polars as pl
pl.Config.set_float_precision(3)
pl.Config.set_tbl_rows(2)
frame = pl.DataFrame({"x": [1234.56789, 2.0, 3.0]})
""",
        "print(frame)",
        "pl.Config.set_thousands_separator(',')\npass",
        libraries="polars",
    ),
    kind(
        "polars",
        """
import polars as pl
df = pl.DataFrame({'a': [1, 2, 3], 'b': ['x', 'y', None]})
s = df['a']
lf = df.lazy().filter(pl.col('a') > 1)
e = pl.col('a') * 2
g = df.group_by('b', maintain_order=True)
en = pl.Enum(['x', 'y'])
sch = df.schema
""",
        """
print(df, s.sum(), lf.collect(), df.select(e), en, sch, df.with_columns(pl.col('b').cast(en)))
""",
        """
df = df.with_columns(c=pl.lit(1))
s[0] = 9
""",
        libraries="polars",
    ),
    kind(
        "pyarrow",
        """
import pyarrow as pa, pyarrow.compute as pc
t = pa.table({'a': [1, 2], 'b': ['x', None]}, metadata={'k': 'v'}) if False else pa.table({'a': [1, 2], 'b': ['x', None]})
arr = pa.array([1, None])
sch = t.schema
sc = pa.scalar(5)
d = pa.array(['a', 'b', 'a']).dictionary_encode()
ch = t['a']
ex = pc.field('a') > 1
buf = pa.py_buffer(b'abc')
rb = t.to_batches()[0]
ty = pa.struct([('x', pa.int8())])
""",
        """
print(t.to_pydict(), arr.to_pylist(), sch, sc.as_py(), d.to_pylist(), ch.to_pylist(), t.filter(ex).num_rows, buf.to_pybytes(), rb.num_rows, ty, t.slice(1).to_pydict())
""",
        "t = t.append_column('c', pa.array([1, 2]))",
        libraries="pyarrow",
    ),
    kind(
        "duckdb",
        """
import duckdb, pandas as pd
con = duckdb.connect()
con.execute("create table t as select range i from range(3)")
df = con.execute("select * from t").df()
typ = duckdb.sqltypes.BIGINT if hasattr(duckdb, 'sqltypes') else None
""",
        "print(df)",
        "df.loc[0, 'i'] = 9",
        left_out="con",
        libraries="duckdb",
    ),
    kind(
        "Pillow",
        """
from PIL import Image, ImageDraw, ImageFont
im = Image.new('RGB', (8, 8), 'red')
ImageDraw.Draw(im).rectangle([1, 1, 3, 3], fill='blue')
pal = im.convert('P')
im.info['k'] = 'v'
th = im.resize((2, 2))
""",
        """
print(im.size, im.getpixel((2, 2)), im.getpixel((0, 0)), pal.mode, pal.getpalette()[:6], im.info, th.tobytes())
""",
        "im.putpixel((0, 0), (9, 9, 9))",
        libraries="PIL",
    ),
    kind(
        "imageio",
        """
import imageio.v3 as iio, numpy as np
img = np.zeros((4, 4, 3), np.uint8)
iio.imwrite('x.png', img)
back = iio.imread('x.png')
from imageio.core import Array
arr = Array(img, {'k': 1})
""",
        "print(back.shape, type(arr), arr.meta['k'])",
        """
back[0, 0] = 7
arr.meta['k'] = 2
""",
        libraries="imageio",
    ),
    kind(
        "scikit-image",
        """
import numpy as np
from skimage import measure, transform, graph
lab = measure.label(np.array([[1, 0], [0, 1]]), connectivity=1)
rp = measure.regionprops(lab)
tf = transform.AffineTransform(scale=(2, 3))
""",
        "print(lab, [r.area for r in rp], rp[0].bbox, tf.params, tf([[1, 1]]))",
        "lab[0, 0] = 2",
        libraries="skimage",
    ),
    kind(
        "plotly",
        """
import plotly.graph_objects as go
fig = go.Figure(go.Scatter(x=[1, 2], y=[3, 4], name='s'))
fig = fig.update_layout(title='t')
""",
        """
import json
print(json.dumps(json.loads(fig.to_json()), sort_keys=True))
""",
        """
fig.add_bar(x=[1], y=[2])
fig.data[0].name = 'zz'
""",
        libraries="plotly",
    ),
    kind(
        "altair",
        """
import altair as alt, pandas as pd
df = pd.DataFrame({'x': [1, 2], 'y': [3, 4]})
ch = alt.Chart(df).mark_line().encode(x='x:Q', y=alt.Y('y', title='why'))
both = ch | ch.mark_bar()
""",
        """
import json
print(json.dumps(ch.to_dict()['encoding']), len(both.hconcat), ch.data is df)
""",
        """
ch = ch.properties(width=5)
df.loc[0, 'x'] = 9
""",
        libraries="altair",
    ),
    kind(
        "seaborn",
        """
import seaborn as sns, pandas as pd, seaborn.objects as so
df = pd.DataFrame({'x': [1, 2, 3], 'y': [3, 1, 2], 'c': list('aab')})
pal = sns.color_palette('viridis', 3)
g = sns.FacetGrid(df, col='c')
g.map(sns.scatterplot, 'x', 'y')
p = so.Plot(df, x='x', y='y').add(so.Dots())
""",
        """
print(pal, pal.as_hex(), g.axes.shape, g.axes_dict['a'].get_title(), type(p), g.figure is g.axes[0, 0].figure)
""",
        """
g.set_titles('T {col_name}')
g.axes[0, 0].set_xlim(0, 9)
""",
        libraries="seaborn",
    ),
    kind(
        "nltk",
        r"""
import nltk
from nltk import FreqDist, ConditionalFreqDist, Tree, CFG, PorterStemmer, RegexpTokenizer
from nltk.util import ngrams
fd = FreqDist('abracadabra')
cfd = ConditionalFreqDist([('x', 'a'), ('x', 'b'), ('y', 'a')])
t = Tree.fromstring('(S (NP a) (VP b))')
g = CFG.fromstring('S -> "a" S | "b"')
st = PorterStemmer()
tk = RegexpTokenizer(r'\w+')
parser = nltk.ChartParser(g)
bf = nltk.BigramCollocationFinder.from_words('a b a b'.split())
""",
        """
print(fd.most_common(2), fd.N(), cfd['x'].most_common(), t.leaves(), t[0].label(), g.productions(), st.stem('running'), tk.tokenize('a b'), len(list(parser.parse(['a', 'b']))), bf.ngram_fd.most_common(1))
""",
        """
fd['z'] += 3
t[0].set_label('XX')
cfd['x']['q'] += 1
""",
        libraries="nltk",
    ),
    kind(
        "simpy",
        """
import simpy
env = simpy.Environment()
store = simpy.Store(env, capacity=3)
got = []
def proc(e):
    yield e.timeout(3); got.append(e.now)
env.process(proc(env))
env.run(until=10)
""",
        "print(env.now, got, store.items)",
        """
env.run(until=12)
store.items.append(1)
""",
        libraries="simpy",
    ),
    kind(
        "mesa",
        """
import mesa
class A(mesa.Agent):
    def __init__(self, model): super().__init__(model); self.w = 1
    def step(self): self.w += self.random.randint(0, 3)
class M(mesa.Model):
    def __init__(self, n, seed=None):
        super().__init__(seed=seed) if True else None
        A.create_agents(self, n)
    def step(self): self.agents.shuffle_do('step')
m = M(4, seed=3)
m.step()
""",
        "print(sorted(a.w for a in m.agents), len(m.agents))",
        "m.step()",
        libraries="mesa",
    ),
    kind(
        "deap",
        """
from deap import base, creator, tools, algorithms
import random
random.seed(2)
creator.create('FitMax', base.Fitness, weights=(1.0,))
creator.create('Ind', list, fitness=creator.FitMax)
tb = base.Toolbox()
tb.register('bit', random.randint, 0, 1)
tb.register('ind', tools.initRepeat, creator.Ind, tb.bit, 5)
tb.register('pop', tools.initRepeat, list, tb.ind)
tb.register('evaluate', lambda i: (sum(i),))
pop = tb.pop(4)
for i in pop: i.fitness.values = tb.evaluate(i)
hof = tools.HallOfFame(1)
hof.update(pop)
stats = tools.Statistics(lambda i: i.fitness.values)
lb = tools.Logbook()
lb.record(gen=0, m=1)
""",
        """
print(pop, [i.fitness.values for i in pop], hof[0], isinstance(pop[0], creator.Ind), stats.compile(pop) if stats.register('max', max) is None else 0, lb.select('gen'), tb.evaluate([1, 1]))
""",
        """
pop[0][0] = 1 - pop[0][0]
pop[0].fitness.values = tb.evaluate(pop[0])
hof.update(pop)
lb.record(gen=1, m=2)
""",
        libraries="deap",
    ),
    kind(
        "MDAnalysis",
        """
import MDAnalysis as mda
u = mda.Universe.empty(6, n_residues=2, atom_resindex=[0, 0, 0, 1, 1, 1], trajectory=True)
u.add_TopologyAttr('name', ['C', 'H', 'H', 'O', 'H', 'H'])
u.add_TopologyAttr('resname', ['AAA', 'BBB'])
u.atoms.positions = [[n, n, n] for n in range(6)]
g = u.select_atoms('name H')
""",
        "print(u.atoms.positions.sum(), [*g.names], g.universe is u, len(u.residues), u)",
        """
u.atoms.positions += 1
g = g[1:]
""",
        libraries="MDAnalysis",
    ),
]
