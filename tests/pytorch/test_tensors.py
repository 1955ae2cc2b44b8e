"""Notebooks with tensors, killed after every cell and resumed: as if they had never died."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from ..notebooks.corpus import Book, books
from ..notebooks.forked import ForkServer, as_steps
from ..notebooks.test_corpus import check_book

BOOKS = books(Path(__file__).parent / "books")


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
