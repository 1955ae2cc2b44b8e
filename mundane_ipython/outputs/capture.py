"""Recording what a running cell shows, in the order in which a front end gets it.

In a kernel every output, whoever makes it (prints, worker threads, C libraries, forked children),
leaves through one method of ipykernel's IOPub thread: a tap there sees all of it in wire order. In
terminal IPython, and under `%%capture`, the streams and the display publisher are tapped instead.
Nothing is held back or altered; a tap only looks.
"""

from __future__ import annotations

import json
import operator
import os
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from typing import Any, Protocol

from IPython.core.displaypub import CapturingDisplayPublisher
from IPython.core.interactiveshell import InteractiveShell

from .fold import OUTPUT_TYPES, CellOutputs
from .patches import Patches

if sys.platform != "win32":
    import array
    import fcntl
    import termios


# What a forked child writes comes by the IOPub thread, and nothing tells before.
_process = {"has_forked": False}
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_parent=partial(_process.update, has_forked=True))

# As long as a flush of a kernel's stream waits itself (OutStream.flush_timeout).
_FLUSH_S = 10.0


@contextmanager
def unnoticed_fork() -> Iterator[None]:
    """Fork a child that writes nothing: streams are flushed no more often for that."""
    before = dict(_process)
    try:
        yield
    finally:
        _process.update(before)


class Tap(Protocol):
    """Records from `start` to `stop`."""

    def start(self) -> None:
        """Begin to look."""

    def stop(self) -> CellOutputs:
        """Wait for what is on its way, stop looking, and return what was shown."""

    def abandon(self) -> None:
        """Stop looking at once. Idempotent."""


def make_tap(shell: InteractiveShell) -> Tap:
    """Return the tap for where this shell's output goes."""
    kernel: Any = getattr(shell, "kernel", None)
    io_thread = getattr(getattr(kernel, "iopub_socket", None), "io_thread", None)
    if io_thread is None or isinstance(shell.display_pub, CapturingDisplayPublisher):
        return StreamTap(shell)
    return KernelTap(shell, kernel.session, io_thread)


def current_request(shell: InteractiveShell) -> dict[str, Any]:
    """Return the execute_request that this cell came with; empty in terminal IPython."""
    get_parent = getattr(shell, "get_parent", None)
    return dict(get_parent() or {}) if get_parent is not None else {}


@contextmanager
def muted(*names: str) -> Iterator[None]:
    """Drop what this thread writes to standard streams.

    They stay the objects that they are, since what is imported or unpickled may take hold of them.

    Args:
        names: `stdout`, `stderr`.
    """
    thread: int | None = threading.get_ident()
    patches = Patches()

    def mute(stream: Any) -> None:
        write = stream.write

        def muted_write(text: str) -> Any:
            return len(text) if threading.get_ident() == thread else write(text)

        with suppress(AttributeError):  # one that lets nothing be replaced stays loud
            patches.replace(stream, "write", muted_write)

    try:
        for name in names:
            mute(getattr(sys, name))
        yield
    finally:
        patches.undo()
        thread = None  # whoever has kept the method writes again


class KernelTap:
    """Taps `IOPubThread.send_multipart`, through which all IOPub messages go.

    A private way (ipykernel 7.4, iostream.py): the public hooks of the streams and of the display
    publisher are thread-local and miss threads, file descriptors and children.
    """

    def __init__(self, shell: InteractiveShell, session: Any, io_thread: Any) -> None:
        self._session = session
        self._io_thread = io_thread
        self._request_id = current_request(shell).get("header", {}).get("msg_id")
        self._outputs = CellOutputs()
        self._unsent: list[Any] = []
        # ipywidgets.Output widgets that capture this cell's output at the moment, by comm id.
        self._capturing: set[str] = set()
        self._patches = Patches()

    def start(self) -> None:
        """Begin to look; what was written before is sent first."""
        if not _is_empty(_unsent()):
            self._flush_streams()
        self._unsent = _unsent()
        send = self._io_thread.send_multipart

        def tapped(parts: list[Any], *arguments: Any, **options: Any) -> Any:
            self._look(parts)
            return send(parts, *arguments, **options)

        self._patches.replace(self._io_thread, "send_multipart", tapped)

    def stop(self) -> CellOutputs:
        """Wait for what is on its way, stop looking, and return what was shown."""
        _drain_descriptors()
        now = _unsent()
        same = all(map(operator.is_, now, self._unsent))
        if _process["has_forked"] or not (same and _is_empty(now)):
            self._flush_streams()  # else nothing was written, and nothing is on its way
        self._patches.undo()
        return self._outputs

    def abandon(self) -> None:
        """Stop looking at once. Idempotent."""
        self._patches.undo()

    def _flush_streams(self) -> None:
        """Hand buffered text over, and wait until it is sent.

        Each flush of a kernel's stream waits for one turn of the IOPub thread; run in that thread,
        by its `schedule`, both take one together (ipykernel 7.4, iostream.py).
        """
        streams: list[Any] = [sys.stdout, sys.stderr]
        own = [each for each in streams if getattr(each, "pub_thread", None) is self._io_thread]
        for stream in streams:
            if stream not in own:  # what a user has put in a stream's place
                stream.flush()
        sent = threading.Event()

        def flush() -> None:
            try:
                for stream in own:
                    stream.flush()
            finally:
                sent.set()

        self._io_thread.schedule(flush)
        sent.wait(_FLUSH_S)

    def _look(self, parts: list[Any]) -> None:
        from jupyter_client.session import DELIM

        if DELIM not in parts:
            return
        header = parts.index(DELIM) + 2  # behind the delimiter and the signature
        message_type = self._unpack(parts[header])["msg_type"]
        if message_type in ("comm_open", "comm_msg"):
            self._follow_widget(self._unpack(parts[header + 3]))
        elif message_type in OUTPUT_TYPES and not self._capturing:
            parent = self._unpack(parts[header + 1])
            if parent.get("msg_id") == self._request_id:
                self._outputs.add(message_type, self._unpack(parts[header + 3]))
                if message_type == "execute_result":  # before which a kernel flushes its streams
                    self._unsent = _unsent()

    def _unpack(self, part: Any) -> dict[str, Any]:
        return dict(self._session.unpack(bytes(part)))

    def _follow_widget(self, content: dict[str, Any]) -> None:
        """An Output widget says by its `msg_id` whose output goes to it instead of to the cell."""
        data = content.get("data")
        state = data.get("state") if isinstance(data, dict) else None
        if isinstance(state, dict) and "msg_id" in state:
            if state["msg_id"] == self._request_id:
                self._capturing.add(content["comm_id"])
            else:
                self._capturing.discard(content["comm_id"])


class StreamTap:
    """Taps stdout, stderr, the display publisher and the display hook of terminal IPython."""

    def __init__(self, shell: InteractiveShell) -> None:
        self._shell = shell
        self._outputs = CellOutputs()
        self._patches = Patches()
        # Displays are written to stdout as well; they are recorded once, as displays.
        self._muted = 0

    def start(self) -> None:
        """Begin to look."""
        for name in ("stdout", "stderr"):
            self._tap_stream(name)
        publisher = self._shell.display_pub
        self._wrap(publisher, "publish", self._published)
        self._wrap(publisher, "clear_output", self._cleared)
        hook = self._shell.displayhook
        self._wrap(hook, "write_output_prompt", lambda *_, **__: None)
        self._wrap(hook, "write_format_data", self._result)
        self._wrap(hook, "finish_displayhook", lambda *_, **__: None)

    def stop(self) -> CellOutputs:
        """Stop looking and return what was shown."""
        self._patches.undo()
        return self._outputs

    def abandon(self) -> None:
        """Stop looking at once. Idempotent."""
        self._patches.undo()

    def _tap_stream(self, name: str) -> None:
        stream = getattr(sys, name)
        write = stream.write

        def tapped(text: str) -> Any:
            written = write(text)
            if text and not self._muted:
                self._outputs.add("stream", {"name": name, "text": text})
            return written

        try:
            # On the stream itself, as loggers and others may hold it.
            self._patches.replace(stream, "write", tapped)
        except AttributeError:  # `%%capture` puts a StringIO in its place, which takes none
            self._patches.replace(sys, name, _TappedStream(stream, tapped))

    def _wrap(self, owner: Any, method: str, record: Callable[..., None]) -> None:
        original = getattr(owner, method)

        def tapped(*arguments: Any, **options: Any) -> Any:
            record(*arguments, **options)
            with self._quiet():
                return original(*arguments, **options)

        self._patches.replace(owner, method, tapped)

    @contextmanager
    def _quiet(self) -> Iterator[None]:
        self._muted += 1
        try:
            yield
        finally:
            self._muted -= 1

    def _published(
        self,
        data: dict[str, Any],
        metadata: dict[str, Any] | None = None,
        *_: Any,
        transient: dict[str, Any] | None = None,
        update: bool = False,
        **__: Any,
    ) -> None:
        content = {**_as_sent(data, metadata), "transient": transient}
        self._outputs.add("update_display_data" if update else "display_data", content)

    def _cleared(self, wait: bool = False) -> None:
        self._outputs.add("clear_output", {"wait": wait})

    def _result(self, data: dict[str, Any], metadata: dict[str, Any] | None = None) -> None:
        self._outputs.add("execute_result", _as_sent(data, metadata))


def _as_sent(data: dict[str, Any], metadata: dict[str, Any] | None) -> dict[str, Any]:
    """Return a display's content as a kernel would send it, with images in base64.

    Terminal IPython takes any object for a type that it does not draw; one that no kernel could
    send is left out.
    """
    from jupyter_client.jsonutil import json_default  # here: it takes 80 ms, a kernel has it

    sent: dict[str, dict[str, Any]] = {"data": {}, "metadata": {}}
    for name, parts in (("data", data), ("metadata", metadata or {})):
        for key, part in parts.items():
            try:
                sent[name][key] = json.loads(json.dumps(part, default=json_default))
            except (TypeError, ValueError, RecursionError):
                continue
    return sent


class _TappedStream:
    """A stream whose own `write` cannot be replaced, with another in front of it."""

    def __init__(self, stream: Any, write: Callable[[str], Any]) -> None:
        self._stream = stream
        self.write = write

    def writelines(self, lines: Iterable[str]) -> None:
        for line in lines:
            self.write(line)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


def _unsent() -> list[Any]:
    """Return where each standard stream keeps what it has yet to send: new objects once it has.

    A private way (ipykernel 7.4, OutStream._buffers): what is public waits for the IOPub thread,
    which takes a tenth of a small step.
    """
    return [getattr(stream, "_buffers", stream) for stream in (sys.stdout, sys.stderr)]


def _is_empty(unsent: list[Any]) -> bool:
    return all(buffers == {} for buffers in unsent)


def _drain_descriptors() -> None:
    """Wait until ipykernel has passed on what went to descriptors 1 and 2 behind Python's back.

    A private way (ipykernel 7.4, OutStream._fid, the reading end of the pipe, and watch_fd_thread,
    which reads it): nothing public tells that a child's output is still on its way, and it would
    land in the next cell.
    """
    if sys.platform == "win32":
        return
    deadline_s = time.monotonic() + 5.0
    for stream in (sys.stdout, sys.stderr):
        descriptor = getattr(stream, "_fid", None)
        thread = getattr(stream, "watch_fd_thread", None)
        if descriptor is None or thread is None:
            continue
        while not _is_drained(descriptor, thread) and time.monotonic() < deadline_s:
            time.sleep(0.0005)


def _is_drained(descriptor: int, reader: Any) -> bool:
    """Return whether a pipe is empty and its reader waits for more."""
    pending = array.array("i", [0])
    fcntl.ioctl(descriptor, termios.FIONREAD, pending)
    if pending[0]:
        return False
    try:
        # Blocked in a call on the pipe, and not on the way to the stream with what it has read.
        call = os.open(f"/proc/self/task/{reader.native_id}/syscall", os.O_RDONLY)
        try:
            return os.read(call, 256).split()[1:2] == [b"%#x" % descriptor]
        finally:
            os.close(call)
    except OSError:  # a system that does not tell
        time.sleep(0.002)
        return True
