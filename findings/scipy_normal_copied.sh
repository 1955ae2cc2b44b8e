#!/usr/bin/env bash
# SciPy: a copy of Normal(mu=5, sigma=2) is the standard normal distribution, and prints mu=5.
#
# Versions: Python 3.11, SciPy 1.17.1 (the distribution classes that came with 1.15), NumPy 2.4.6.
# One would guess: a distribution comes back from pickle, copy and deepcopy as it was; a Uniform,
# a Logistic and a Binomial do.
# What happens: for a Normal, all three make a StandardNormal, since the class picks what to build
# from arguments that these ways of copying do not give. The repr still has the parameters that
# were asked for, but mean and probabilities are those of mean 0 and deviation 1. What is built on
# a Normal follows. Nothing warns. A number that was computed before is cached and goes along, so
# that it depends on who looked at the original whether the copy's mean is right.
# Why it matters: a prior or a fitted model that is stored and restored gives other probabilities,
# and printing it does not show that.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q --disable-pip-version-check scipy==1.17.1 numpy==2.4.6
cat >"$work/see.py" <<'PY'
import copy
import pickle

from scipy import stats


def untouched(value):
    return value


def pickled(value):
    return pickle.loads(pickle.dumps(value))


def normal(mu):
    return stats.Normal(mu=mu, sigma=2.0)


for way in (untouched, pickled, copy.copy, copy.deepcopy):
    back = way(normal(5.0))
    print(f"{way.__name__:9}  {back}  mu={back.mu}  mean={back.mean()}  P(X<5)={back.cdf(5.0):.4f}")
    print(f"{'':9}  mean of a uniform: {way(stats.Uniform(a=1.0, b=3.0)).mean()}", end="")
    print(f", of a mixture: {way(stats.Mixture([normal(5.0), normal(7.0)])).mean()}")

looked_at = normal(5.0)
looked_at.mean()
print("mean of the copy of one whose mean was asked for:", pickled(looked_at).mean())
PY
cat >"$work/expected" <<'TXT'
untouched  Normal(mu=5.0, sigma=2.0)  mu=5.0  mean=5.0  P(X<5)=0.5000
           mean of a uniform: 2.0, of a mixture: 6.0
pickled    StandardNormal(mu=5.0, sigma=2.0)  mu=0.0  mean=0.0  P(X<5)=1.0000
           mean of a uniform: 2.0, of a mixture: 0.0
copy       StandardNormal(mu=5.0, sigma=2.0)  mu=0.0  mean=0.0  P(X<5)=1.0000
           mean of a uniform: 2.0, of a mixture: 6.0
deepcopy   StandardNormal(mu=5.0, sigma=2.0)  mu=0.0  mean=0.0  P(X<5)=1.0000
           mean of a uniform: 2.0, of a mixture: 0.0
mean of the copy of one whose mean was asked for: 5.0
TXT
"$work/venv/bin/python" -I "$work/see.py" | tee "$work/seen"
diff "$work/expected" "$work/seen"
