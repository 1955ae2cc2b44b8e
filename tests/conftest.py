"""What all tests need of the process that runs them."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

_BROWSER = Path(__file__).parent / "browser"
_TORCH = Path(__file__).parent / "pytorch"
_PICTURES = _BROWSER / "test_pictures.py"

# A supervisor or a shell's `&` may start it with SIGINT ignored, which every child would inherit.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options that bring in the tests in a real browser, and those with PyTorch."""
    parser.addoption(
        "--with-browser",
        action="store_true",
        help="run tests/browser too, which fail where playwright or a Chromium is missing",
    )
    parser.addoption(
        "--with-torch",
        action="store_true",
        help="run tests/pytorch too, which fail where torch is missing",
    )
    parser.addoption(
        "--pictures",
        metavar="FOLDER",
        type=Path,
        help="with --with-browser: take the README's pictures too, into this folder",
    )


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leave out what most machines cannot run, unless it is asked for: a browser, PyTorch."""
    if collection_path == _TORCH and not config.getoption("--with-torch"):
        return True
    if collection_path == _BROWSER and not config.getoption("--with-browser"):
        return True
    if collection_path == _PICTURES and not config.getoption("--pictures"):
        return True
    return None
