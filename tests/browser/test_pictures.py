"""The README's pictures, taken where `--pictures FOLDER` asks for them: each of a real run."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Browser, Page

from mundane.cli import main

from .front_end import FrontEnd
from .server import Server

WIDTH = 1000
MAX_BYTES = 150_000

CELLS = (
    "# How wide must a layer be?\n\nEach step below runs once. The kernel was restarted since.",
    "%load_ext mundane_ipython\n%mundane_open digits.db",
    "%%step fetch\nfrom sklearn.datasets import load_digits\n\n"
    "digits = load_digits(as_frame=True)\ndigits.frame.sample(3, random_state=4).iloc[:, 2:11]",
    "%%step train\nfrom sklearn.model_selection import train_test_split\n"
    "from sklearn.neural_network import MLPClassifier\nfrom tqdm.notebook import tqdm\n\n"
    "parts = train_test_split(digits.data, digits.target, random_state=0)\n"
    "train_x, test_x, train_y, test_y = parts\ncurves = {}\n"
    "for width in (4, 16, 64):\n"
    "    model = MLPClassifier((width,), random_state=0)\n    curves[width] = []\n"
    "    for epoch in tqdm(range(80), desc=f'{width} units'):\n"
    "        model.partial_fit(train_x, train_y, classes=range(10))\n"
    "        curves[width].append(model.score(test_x, test_y))",
    "%%step plot\nimport matplotlib.pyplot as plt\n\n"
    "figure, axes = plt.subplots(figsize=(7, 2.6), layout='constrained')\n"
    "for width, scores in curves.items():\n    axes.plot(scores, label=f'{width} units')\n"
    "axes.set(xlabel='epoch', ylabel='accuracy', ylim=(0, 1))\naxes.legend()\nplt.show()",
)
PUBLISH = (
    "%%step publish\nfrom pathlib import Path\n\nprint(f'best: {max(curves[64]):.1%}')\n"
    "Path('site/curves.txt').write_text(str(curves))"
)


@pytest.fixture
def pictures(pytestconfig: pytest.Config) -> Path:
    """Return the folder that the pictures go to."""
    asked: Path = pytestconfig.getoption("--pictures").resolve()
    asked.mkdir(parents=True, exist_ok=True)
    return asked


def take(page: Page, picture: Path, height: int) -> None:
    """Take a picture of a page's upper part; one that a README should not carry is an error."""
    page.set_viewport_size({"width": WIDTH, "height": height})
    page.screenshot(path=picture, animations="disabled")
    # A page has few colours: a palette makes it a third as large, and nobody sees it.
    with Image.open(picture) as taken:
        taken.quantize(256).save(picture, optimize=True)
    assert picture.stat().st_size < MAX_BYTES


def test_pictures(
    chromium: Browser,
    server: Server,
    folder: Path,
    pictures: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A restored notebook in JupyterLab, and the report on its task."""
    with chromium.new_context(viewport={"width": WIDTH, "height": 2000}) as context:
        lab = FrontEnd(context.new_page(), server)
        lab.load()
        lab.page.evaluate(
            "() => window.jupyterapp.commands.execute('application:toggle-left-area')"
        )
        notebook = lab.open(folder, CELLS, "digits")
        assert [cell.error for cell in notebook.run_all()] == [""] * 4
        notebook.restart_and_run_all()
        notebook.shown(3).locator(".progress-bar").last.wait_for()
        # A picture without a cursor and the frame of a cell that was last run.
        lab.page.evaluate("() => document.activeElement.blur()")
        note = notebook.shown(4).get_by_text("step plot: restored")
        box = note.bounding_box()
        assert box is not None
        take(lab.page, pictures / "restored.png", int(box["y"] + box["height"]) + 60)
        # For the report: a stale step and a failed one.
        notebook.set_source(3, CELLS[3].replace("train", "train --rerun", 1))
        assert notebook.run_one(3).error == ""
        notebook.set_source(1, PUBLISH)
        assert notebook.run_one(1).error.startswith("FileNotFoundError")
        notebook.close()
        monkeypatch.chdir(folder)
        assert main(["report", "digits.db"]) == 0
        lab.page.goto((folder / "digits.html").as_uri())
        take(lab.page, pictures / "report.png", 900)
