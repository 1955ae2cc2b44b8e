# about: a class holds its instances, which are made by its own __reduce_ex__

# %%
class Node:
    everyone = []

    def __init__(self, n, kids=()):
        self.n = n
        self.kids = list(kids)
        Node.everyone.append(self)

    def __reduce_ex__(self, protocol):
        return type(self), (self.n,), dict(vars(self))

# %%
x = Node(5, [0])

# %%
y = Node(6, [x])
row = [x, y]
y.kids.append(y)

# %%
print(len(Node.everyone), [each is x for each in Node.everyone], x.kids, row[1].kids[1] is y)
