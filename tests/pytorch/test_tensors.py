"""Notebooks with tensors, killed after every cell and resumed: as if they had never died."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from ..notebooks.corpus import Book, book
from ..notebooks.forked import ForkServer, as_steps
from ..notebooks.test_corpus import check_book

BOOKS = [
    book("training", "a model, its optimiser and schedule over several cells; one seed", """
import torch
import torch.nn as nn
from torch.utils.data import DataLoader, TensorDataset
---
torch.manual_seed(3)
---
x = torch.randn(40, 4)
y = (x @ torch.tensor([1.0, -2.0, 0.5, 3.0]) > 0).float()
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.first = nn.Linear(4, 8)
        self.drop = nn.Dropout(0.2)
        self.last = nn.Linear(8, 1)
    def forward(self, x):
        return self.last(self.drop(torch.relu(self.first(x)))).squeeze(-1)
---
net = Net()
optimizer = torch.optim.Adam(net.parameters(), lr=0.05)
schedule = torch.optim.lr_scheduler.StepLR(optimizer, 2, 0.5)
loader = DataLoader(TensorDataset(x, y), batch_size=8, shuffle=True)
---
losses = []
def epoch():
    net.train()
    total = 0.0
    for xs, ys in loader:
        optimizer.zero_grad()
        loss = nn.functional.binary_cross_entropy_with_logits(net(xs), ys)
        loss.backward()
        optimizer.step()
        total += loss.item()
    schedule.step()
    losses.append(total)
    return total
---
print(epoch())
---
print(epoch(), epoch(), schedule.get_last_lr())
---
net.eval()
with torch.no_grad():
    right = ((net(x) > 0).float() == y).float().mean()
print(right, losses, torch.rand(2))
---
print(epoch(), optimizer.state_dict()["state"][0]["step"])
"""),
    book("gradients", "a gradient that one cell computes and another one uses", """
import torch
torch.manual_seed(1)
w = torch.randn(3, requires_grad=True)
x = torch.randn(5, 3)
---
loss = ((x @ w) ** 2).mean()
loss.backward()
loss = loss.item()
gradient = w.grad
---
print(w.grad, gradient is w.grad)
---
with torch.no_grad():
    w -= 0.1 * w.grad
    w.grad.zero_()
---
print(w, w.grad, gradient)
---
net = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.BatchNorm1d(4), torch.nn.Linear(4, 1))
optimizer = torch.optim.SGD(net.parameters(), lr=0.1, momentum=0.9)
---
net(x).pow(2).mean().backward()
---
optimizer.step()
print([p.grad.norm() for p in net.parameters()], net[1].running_mean)
---
optimizer.zero_grad()
first = net[0].weight
---
with torch.no_grad():
    first.fill_(0.5)
---
print(net(x).detach(), optimizer.param_groups[0]["params"][0] is first)
"""),
    book("views", "tensors and arrays in one storage, changed through each of them", """
import torch
a = torch.arange(12.).reshape(3, 4)
row = a[1]
flat = a.view(-1)
---
row += 10
a.mul_(2)
---
print(a, row, flat)
---
n = a.numpy()
last = a.numpy()[2]
---
n[0] = -1
last[:] = 4
---
print(a, row, flat, n, last)
---
flat[5] = 8
rows = {"a": a, "rows": [a[i] for i in range(2)]}
---
rows["rows"][1].mul_(3)
---
print(a, n, rows)
"""),
    book("arrays", "tensors in the memory of an array", """
import torch, numpy as np
m = np.arange(6.0)
---
t = torch.from_numpy(m)
part = torch.from_numpy(m[2:4])
---
t.add_(1)
---
print(m, t, part)
---
m *= 2
---
print(m, t, part)
---
part.zero_()
---
print(m, t, part)
"""),
    book("own-class", "arrays in the memory of a tensor whose class is the notebook's", """
import torch
class Own(torch.Tensor):
    pass
own = torch.ones(4).as_subclass(Own)
---
n = own.numpy()
part = own.numpy()[1:3]
---
n[0] = 5
part += 2
---
print(own, n, part, type(own))
own.mul_(3)
---
print(own, n, part)
"""),
    book("large", "a storage that is used where it was read", """
import torch
big = torch.zeros(400_000, dtype=torch.float64)
half = big[:200_000]
---
half += 1
---
print(big.sum(), half.sum())
n = big.numpy()
---
n[:10] = 5
---
print(big.sum(), half.sum(), n.sum())
"""),
    book("kinds", "tensors of other types and layouts", """
import torch
class Tagged(torch.Tensor):
    pass
tagged = torch.ones(2).as_subclass(Tagged)
tagged.tag = "x"
none, one = torch.empty(0), torch.tensor(3)
half, truth = torch.ones(3, dtype=torch.bfloat16), torch.tensor([True, False])
conjugate = torch.tensor([1 + 2j]).conj()
sparse, rows = torch.eye(3).to_sparse(), torch.eye(3).to_sparse_csr()
generator = torch.Generator().manual_seed(4)
---
tagged.add_(1)
first = torch.randperm(5, generator=generator)
---
print(tagged, tagged.tag, type(tagged), none, one, half, truth, conjugate, conjugate.is_conj())
print(sparse, rows, first, torch.randperm(5, generator=generator))
---
small = torch.ones(4)
---
small.resize_(8)[4:] = 0
---
print(small, small.untyped_storage().resizable())
---
embedding, tied = torch.nn.Embedding(4, 2), torch.nn.Linear(2, 4, bias=False)
tied.weight = embedding.weight
---
torch.nn.init.constant_(embedding.weight, 2.0)
---
print(tied.weight, tied.weight is embedding.weight)
"""),
    book("settings", "what torch.set_... sets in one cell holds in the next", """
import torch
torch.set_printoptions(precision=2, sci_mode=False)
torch.set_default_dtype(torch.float64)
---
print(torch.zeros(1).dtype, torch.tensor(1.23456))
torch.set_grad_enabled(False)
torch.set_num_threads(1)
torch.use_deterministic_algorithms(True)
torch.backends.cudnn.benchmark = True
torch.set_float32_matmul_precision("high")
---
print(torch.is_grad_enabled(), torch.get_num_threads(), torch.backends.cudnn.benchmark)
print(torch.are_deterministic_algorithms_enabled(), torch.get_float32_matmul_precision())
---
torch.manual_seed(9)
own = torch.default_generator
---
own.manual_seed(12)
---
print(torch.rand(2), own is torch.default_generator)
"""),
]  # fmt: skip


@pytest.fixture(scope="module")
def server() -> Iterator[ForkServer]:
    """A process that forks a shell for each run, in which torch is loaded already."""
    server = ForkServer(("numpy", "torch"))
    yield server
    server.close()


@pytest.mark.parametrize("book", BOOKS, ids=lambda book: book.name)
def test_killed_after_every_cell(book: Book, server: ForkServer, tmp_path: Path) -> None:
    """Outputs, errors and final namespace are a plain run's that never died; nothing is stale."""
    check_book(book, server, tmp_path)


def test_a_step_that_loads_torch(tmp_path: Path) -> None:
    """As in a kernel, where a step's own import is the first one."""
    cells = (
        "import torch\ntorch.manual_seed(3)\ntorch.set_default_dtype(torch.float64)",
        "t = torch.rand(3)\nu = t[:2]",
        "u += torch.rand(2)\nprint(t)",
    )
    server = ForkServer(("numpy",))
    try:
        check_book(Book("loads", "the first import is a step's", cells), server, tmp_path)
    finally:
        server.close()


def test_a_graph_is_left_out_and_said_so(server: ForkServer, tmp_path: Path) -> None:
    """A restored leaf in its place would let `backward()` go nowhere."""
    cells = [
        "import torch\nx = torch.ones(3, requires_grad=True)\nz = (x * 2).sum()",
        "z.backward()",
    ]
    steps = as_steps(cells)
    killed = server.run(steps, tmp_path, die_after=1)
    assert ".detach() or .item()" in str(killed.notes)
    resumed = server.run(steps, tmp_path)
    assert resumed.errors[2] == "NameError: name 'z' is not defined"
    assert "step 's0' was restored, and 'z' could not be stored" in resumed.hints[2]


def test_hooks_are_left_out_and_said_so(server: ForkServer, tmp_path: Path) -> None:
    """Torch would drop a tensor's hooks with a warning."""
    cell = "import torch\nx = torch.ones(3, requires_grad=True)\nhook = x.register_hook(print)"
    assert "a tensor with hooks" in str(server.run(as_steps([cell]), tmp_path).notes)


def test_storing_leaves_a_tensor_as_it_is(server: ForkServer, tmp_path: Path) -> None:
    """Its storage can still be resized, and the tensor is compared without a change to it."""
    cells = [
        "#plain\nimport torch\nt = torch.ones(4)",
        "n = t.sum()",
        "u = t",
        "#plain\nprint(t.untyped_storage().resizable())",
    ]
    assert server.run(as_steps(cells), tmp_path).outputs[-1][0]["text"] == "True\n"


@pytest.mark.parametrize(
    ("first", "later", "stale"),
    [
        ("t = torch.tensor([1.0, 2.0])", "t = torch.tensor([1.0, 3.0])", True),
        ("t = torch.tensor([1.0, 2.0])", "t = torch.ones(2); t[1] = 2", False),
        ("t = torch.tensor([1.0, 2.0])", "t = torch.tensor([[1.0, 2.0]])", True),
        ("t = torch.tensor([1, 2])", "t = torch.tensor([1, 2], dtype=torch.int32)", True),
        ("t = torch.float32", "t = torch.float64", True),
        ("t = [torch.zeros(0), torch.eye(2)]", "t = [torch.zeros(0), torch.eye(2)]", False),
        ("t = [torch.zeros(0), torch.eye(2)]", "t = [torch.zeros(0), torch.eye(2) * 2]", True),
    ],
)
def test_a_tensor_is_an_input(
    server: ForkServer, tmp_path: Path, first: str, later: str, stale: bool
) -> None:
    """A step whose tensor a plain cell makes anew, with other numbers, is stale."""
    for plain in (first, later):
        run = server.run(as_steps([f"#plain\nimport torch\n{plain}", "print(t)"]), tmp_path)
    assert ("STALE" in str(run.notes)) == stale
    assert ("input t changed" in str(run.notes)) == stale
