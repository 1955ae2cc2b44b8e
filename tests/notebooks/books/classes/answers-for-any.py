# about: classes that answer for what they do not have; attributes in unusual places

# %%
import collections
import enum
import functools


class Meta(type):
    def __getattr__(cls, name):
        return "all"


class Known(metaclass=Meta):
    known = {}

    def __new__(cls, n=1):
        return cls.known.setdefault(n, super().__new__(cls))

    def __init__(self, n=1):
        self.n = n


class Willing:
    def __init__(self, n, kids=()):
        self.n = n
        self.kids = list(kids)

    def __getattr__(self, name):
        return lambda *_: name

    def __reduce_ex__(self, protocol):
        return type(self), (self.n,), dict(vars(self))


class Liar:
    def __init__(self, n):
        self.n = n

    @property
    def __class__(self):
        return dict


class Metres(float):
    __slots__ = ("note",)


class Ordered(collections.OrderedDict):
    def __init__(self, n=1):
        self.n = n
        super().__init__({"a": 1, "b": 2})

    def __getstate__(self):
        return {"n": self.n}

    def __setstate__(self, state):
        self.__dict__.update(state)


class Task(enum.Enum):
    FIRST = 1
    WORK = functools.partial(max, 1)


def shared_state():
    class Borg:
        state = {}

        def __init__(self, n):
            self.__dict__ = Borg.state
            self.n = n

    return Borg


Borg = shared_state()


class LyingBorg:
    state = {}

    def __init__(self, n):
        self.__dict__ = LyingBorg.state
        self.n = n

    @property
    def __class__(self):
        return dict

# %%
ordered = Ordered(5)
known, willing, liar = Known(5), Willing(5, [0]), Liar(5)
metres = Metres(1.5)
metres.note = "before"
one, other, lying = Borg(1), Borg(2), LyingBorg(1)

# %%
print(Known(7) is Known(7), known.n, willing.kids, willing.anything(), liar.n, metres.note)
print(Task(Task.WORK.value) is Task.WORK, vars(one) is vars(other) is Borg.state)

# %%
willing.kids.append("late")
liar.n = 12
ordered["z"] = 3
ordered.move_to_end("a")
metres.note = "after"
one.n = 20
lying.n = 20
Task.FIRST.changed = True

# %%
print(list(ordered.items()), ordered.n, known.n, willing.kids, liar.n, metres, metres.note, Task.FIRST.changed)
print(Task(Task.WORK.value) is Task.WORK, vars(one) is vars(other) is Borg.state, other.n)
print(vars(lying) is LyingBorg.state, lying.n, LyingBorg.state)
