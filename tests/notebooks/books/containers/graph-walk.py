# about: nodes of a graph are taken from sets, queued and marked in later cells

# %%
class Node:
    def __init__(self, name):
        self.name, self.links, self.seen = name, set(), 0
    def __repr__(self):
        return f"{self.name}{self.seen}"
nodes = {name: Node(name) for name in "ABCDEFGH"}
for one, other in zip("ABCDEFG", "BCDEFGH"):
    nodes[one].links.add(nodes[other])
    nodes[other].links.add(nodes[one])
everyone = set(nodes.values())

# %%
start = nodes["C"]
queue = sorted(start.links, key=lambda node: node.name)

# %%
for node in queue:
    node.seen += 1

# %%
last = max(everyone, key=lambda node: node.name)
near = [*last.links]

# %%
last.seen, near[0].seen, start.seen = 7, 6, 5

# %%
print(nodes, queue, start in everyone, last is nodes["H"], near[0] is nodes["G"])
print(sorted(everyone, key=lambda node: node.name))
