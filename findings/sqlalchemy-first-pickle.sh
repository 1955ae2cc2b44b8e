#!/usr/bin/env bash
# SQLAlchemy: the first pickle of an object of a mapped class adds an attribute to the class.
#
# Versions: Python 3.11, SQLAlchemy 2.1.9.
# One would guess: pickle.dumps and copy.copy read. The class of the object is what it was.
# What happens: Python asks `copyreg` which slots the class has, and that keeps the answer in the
# class, as `__slotnames__`, by an ordinary assignment. The assignment goes through the metaclass,
# and a declarative class takes each new attribute for a part of its mapping: the mapper throws away
# what it has worked out. The second pickle changes nothing. A subclass does the same once more.
# Why it matters: who compares classes before and after a cell, or logs what is set on them, sees a
# change that no code of the user made; and whether it is seen depends on whether anybody has copied
# such an object before.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q --disable-pip-version-check sqlalchemy==2.1.9
cat >"$work/see.py" <<'PY'
import copy
import pickle

from sqlalchemy.orm import DeclarativeBase, Mapped, Mapper, mapped_column


class Base(DeclarativeBase):
    pass


class Sample(Base):
    __tablename__ = "samples"
    id: Mapped[int] = mapped_column(primary_key=True)


class Plain:
    pass


forgotten = []
expire = Mapper._expire_memoizations
Mapper._expire_memoizations = lambda mapper: (forgotten.append(mapper.class_.__name__), expire(mapper))


def added(way, value):
    before, calls = set(vars(type(value))), len(forgotten)
    way(value)
    return sorted(set(vars(type(value))) - before), len(forgotten) - calls


sample = Sample(id=1)
seen = {
    "plain class, first pickle": added(pickle.dumps, Plain()),
    "mapped class, first pickle": added(pickle.dumps, sample),
    "mapped class, second pickle": added(pickle.dumps, sample),
    "mapped class, copy": added(copy.copy, sample),
}
for what, (names, calls) in seen.items():
    print(f"{what}: the class gains {names}, the mapper forgets {calls} time(s)")
assert seen == {
    "plain class, first pickle": (["__slotnames__"], 0),
    "mapped class, first pickle": (["__slotnames__"], 1),
    "mapped class, second pickle": ([], 0),
    "mapped class, copy": ([], 0),
}, seen
PY
"$work/venv/bin/python" "$work/see.py"
