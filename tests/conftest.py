"""What all tests need of the process that runs them."""

from __future__ import annotations

import signal

# A supervisor or a shell's `&` may start it with SIGINT ignored, which every child would inherit.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
