"""The writing system calls of a forked child, one by one: seen, failed on purpose, or its last.

`ptrace(2)` through ctypes, so that neither strace nor a compiler has to be installed. A filter
(seccomp(2)) lets all other calls pass at full speed. Linux only; the branch for aarch64 has not
been run.
"""

from __future__ import annotations

import ctypes
import gc
import os
import platform
import signal
import struct
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

# Calls that change a file or its folder, and those that make changes durable.
_NUMBERS = {
    "x86_64": {
        1: "write", 18: "pwrite64", 20: "writev", 296: "pwritev", 328: "pwritev2", 2: "open",
        85: "creat", 257: "openat", 74: "fsync", 75: "fdatasync", 277: "sync_file_range",
        76: "truncate", 77: "ftruncate", 285: "fallocate", 87: "unlink", 263: "unlinkat",
        82: "rename", 264: "renameat", 316: "renameat2", 86: "link", 265: "linkat", 83: "mkdir",
        258: "mkdirat", 40: "sendfile", 326: "copy_file_range", 26: "msync", 306: "syncfs",
    },
    "aarch64": {
        64: "write", 68: "pwrite64", 66: "writev", 70: "pwritev", 287: "pwritev2", 56: "openat",
        82: "fsync", 83: "fdatasync", 84: "sync_file_range", 45: "truncate", 46: "ftruncate",
        47: "fallocate", 35: "unlinkat", 38: "renameat", 276: "renameat2", 37: "linkat",
        34: "mkdirat", 71: "sendfile", 285: "copy_file_range", 227: "msync", 267: "syncfs",
    },
}  # fmt: skip
_NAMES = _NUMBERS.get(platform.machine(), {})

# Which argument is a path, of those that name a file by one.
_PATH_ARGUMENT = {"open": 0, "creat": 0, "openat": 1, "unlink": 0, "unlinkat": 1, "truncate": 0}
_OPENS = ("open", "openat")
# Which argument says how many bytes are written.
_LENGTH_ARGUMENT = {"write": 2, "pwrite64": 2}

# linux/ptrace.h, linux/elf.h
_TRACEME, _CONT, _SYSCALL, _SETOPTIONS = 0, 7, 24, 0x4200
_OPTIONS = 0x01 | 0x80 | 0x100000  # TRACESYSGOOD, TRACESECCOMP, EXITKILL
_ABOUT_TO_CALL, _RETURNED = signal.SIGTRAP | 7 << 8, signal.SIGTRAP | 0x80
_GETREGSET, _SETREGSET, _PRSTATUS, _ARM_SYSTEM_CALL = 0x4204, 0x4205, 1, 0x404
_GET_SYSCALL_INFO = 0x420E
_INFO = struct.Struct("=BxxxIQQ7Q")
_RESULT = struct.Struct("=BxxxIQQq")

# linux/filter.h, linux/seccomp.h, linux/prctl.h
_LOAD, _JUMP_IF_EQUAL, _RETURN = 0x20, 0x15, 0x06
_ALLOW, _TELL_TRACER = 0x7FFF0000, 0x7FF00000
_INSTRUCTION = struct.Struct("=HBBI")
_SET_NO_NEW_PRIVS, _SET_SECCOMP, _FILTER = 38, 22, 2

_libc = ctypes.CDLL(None, use_errno=True)
_libc.ptrace.restype = ctypes.c_long
_libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]


class _Buffer(ctypes.Structure):
    _fields_ = (("base", ctypes.c_void_p), ("length", ctypes.c_size_t))


@dataclass
class Call:
    """One system call, about to be made; `result` is filled in when it returned.

    Attributes:
        name: such as `pwrite64`.
        path: of the file, absolute; of a pipe, `pipe:[...]`.
        inode: of the open file that it works on; of one that it opens, when it returned; else 0.
        args: as the system gets them.
        data: what is written.
        result: what it returned, or a negative errno; None where it did not or nobody looked.
    """

    pid: int
    name: str
    path: str
    inode: int
    args: tuple[int, ...]
    data: bytes
    result: int | None = None
    error: int = 0

    def fail(self, error: int) -> None:
        """Let it do nothing and return this errno."""
        self.error = error
        _skip(self.pid)

    def shorten(self, length_bytes: int) -> None:
        """Let a write take only its first bytes."""
        self.data = self.data[:length_bytes]
        _set_argument(self.pid, _LENGTH_ARGUMENT[self.name], length_bytes)

    def kill(self) -> None:
        """SIGKILL the child here, before the call is made."""
        os.kill(self.pid, signal.SIGKILL)


class Traced:
    """A forked child that runs `work`; iterate over the writing calls that it makes.

    Each call is yielded before it is made, and made when the next one is asked for.

    Args:
        work: what the child does; it never returns to the caller's code.
        after: is called with each call when it returned; without it, results are not looked at.
    """

    def __init__(
        self, work: Callable[[], object], after: Callable[[Call], None] | None = None
    ) -> None:
        if not _NAMES:
            raise NotImplementedError(f"system calls of {platform.machine()} are not listed here")
        self.exit_code: int | None = None  # negative: the signal that ended it
        self._after = after
        self._pid = os.fork()
        if self._pid == 0:
            _run_traced(work)
        if not os.WIFSTOPPED(self._wait()):
            raise OSError("the child may not be traced (ptrace(2)): is it forbidden here?")
        _ptrace(_SETOPTIONS, self._pid, 0, _OPTIONS)

    def __iter__(self) -> Iterator[Call]:
        """Yield each writing call before it is made."""
        try:
            while self._to(_ABOUT_TO_CALL):
                call = self._entered()
                if call is not None:
                    yield call
                    if (self._after or call.error) and not self._to(_RETURNED):
                        return
                    self._left(call)
        finally:
            if self.exit_code is None:
                os.kill(self._pid, signal.SIGKILL)
                self._wait()

    def _to(self, stop: int) -> bool:
        """Run to the next stop of a kind; return False where the child ended before."""
        deliver = 0
        while True:
            with suppress(ProcessLookupError):  # killed by us
                _ptrace(_CONT if stop == _ABOUT_TO_CALL else _SYSCALL, self._pid, 0, deliver)
            status = self._wait()
            if self.exit_code is not None:
                return False
            if status >> 8 == stop:
                return True
            deliver = os.WSTOPSIG(status)

    def _wait(self) -> int:
        _, status = os.waitpid(self._pid, 0)
        if not os.WIFSTOPPED(status):
            self.exit_code = os.waitstatus_to_exitcode(status)
        return status

    def _entered(self) -> Call | None:
        number, *args = _info(self._pid, _INFO)[4:]
        name = _NAMES[number]
        if name in _OPENS and not _makes(name, args):
            return None
        path, inode = _file(self._pid, name, args)
        data = b""
        if name in _LENGTH_ARGUMENT:
            data = _memory(self._pid, args[1], args[2])
        return Call(self._pid, name, path, inode, tuple(args), data)

    def _left(self, call: Call) -> None:
        if call.error:
            _set_result(self._pid, -call.error)
            call.result = -call.error
        elif self._after is not None:
            call.result = _info(self._pid, _RESULT)[4]
            if call.name in _OPENS and call.result >= 0:
                call.inode = os.stat(f"/proc/{self._pid}/fd/{call.result}").st_ino
        if self._after is not None:
            self._after(call)


def _run_traced(work: Callable[[], object]) -> None:
    """In the child: be traced from here to the end."""
    code = 1
    try:
        gc.disable()  # what the parent left is not to be finalised here
        _ptrace(_TRACEME, 0, 0, 0)
        os.kill(os.getpid(), signal.SIGSTOP)
        _filter_calls()
        work()
        code = 0
    except BaseException:
        traceback.print_exc(file=sys.__stderr__)
    finally:
        os._exit(code)


def _filter_calls() -> None:
    """Have the tracer told of the listed calls, and of no others."""
    last = len(_NAMES)
    code = [(_LOAD, 0, 0, 0)]  # the call's number
    code += [(_JUMP_IF_EQUAL, last - at, 0, number) for at, number in enumerate(_NAMES)]
    code += [(_RETURN, 0, 0, _ALLOW), (_RETURN, 0, 0, _TELL_TRACER)]
    instructions = b"".join(_INSTRUCTION.pack(*each) for each in code)
    buffer = ctypes.create_string_buffer(instructions, len(instructions))
    program = (ctypes.c_uint64 * 2)(len(code), ctypes.addressof(buffer))
    zero = ctypes.c_ulong(0)
    if _libc.prctl(_SET_NO_NEW_PRIVS, ctypes.c_ulong(1), zero, zero, zero) or _libc.prctl(
        _SET_SECCOMP, ctypes.c_ulong(_FILTER), ctypes.byref(program), zero, zero
    ):
        raise OSError(ctypes.get_errno(), "a filter of system calls is refused (seccomp(2))")


def _ptrace(request: int, pid: int, address: int, data: int) -> int:
    ctypes.set_errno(0)
    result = int(_libc.ptrace(request, pid, address, data))
    if result == -1 and ctypes.get_errno():
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return result


def _info(pid: int, form: struct.Struct) -> tuple[int, ...]:
    buffer = ctypes.create_string_buffer(128)
    _ptrace(_GET_SYSCALL_INFO, pid, len(buffer), ctypes.addressof(buffer))
    return form.unpack_from(buffer)


def _makes(name: str, args: list[int]) -> bool:
    """Return whether an open may make a file or empty it."""
    return bool(args[_PATH_ARGUMENT[name] + 1] & (os.O_CREAT | os.O_TRUNC))


def _file(pid: int, name: str, args: list[int]) -> tuple[str, int]:
    if name in _PATH_ARGUMENT:
        at = _PATH_ARGUMENT[name]
        path = os.fsdecode(_memory(pid, args[at], 4096).split(b"\0")[0])
        assert path.startswith("/") or name.startswith("open"), "relative paths are not followed"
        return path, 0
    if name in ("write", "pwrite64", "ftruncate", "fsync", "fdatasync"):
        link = f"/proc/{pid}/fd/{args[0]}"
        return os.readlink(link), os.stat(link).st_ino
    return "", 0


def _memory(pid: int, address: int, length: int) -> bytes:
    """Return bytes of the child's memory; fewer where it ends before."""
    with Path(f"/proc/{pid}/mem").open("rb", buffering=0) as memory:
        memory.seek(address)
        first = min(length, 4096 - address % 4096)  # a string may end on the last readable page
        data = memory.read(first)
        while len(data) < length and first != length:
            try:
                part = memory.read(length - len(data))
            except OSError:
                break
            data += part
            if not part:
                break
        return data


# What changes a call: registers, which each machine names in its own way.

_X86_RESULT, _X86_NUMBER, _X86_ARGUMENTS = 10, 15, (14, 13, 12, 7, 9, 8)


def _skip(pid: int) -> None:
    if platform.machine() == "aarch64":
        number = ctypes.c_int(-1)
        buffer = _Buffer(ctypes.addressof(number), ctypes.sizeof(number))
        _ptrace(_SETREGSET, pid, _ARM_SYSTEM_CALL, ctypes.addressof(buffer))
    else:
        _set_register(pid, _X86_NUMBER, -1)


def _set_result(pid: int, result: int) -> None:
    _set_register(pid, 0 if platform.machine() == "aarch64" else _X86_RESULT, result)


def _set_argument(pid: int, index: int, value: int) -> None:
    _set_register(pid, index if platform.machine() == "aarch64" else _X86_ARGUMENTS[index], value)


def _set_register(pid: int, index: int, value: int) -> None:
    registers = (ctypes.c_ulonglong * 64)()
    buffer = _Buffer(ctypes.addressof(registers), ctypes.sizeof(registers))
    _ptrace(_GETREGSET, pid, _PRSTATUS, ctypes.addressof(buffer))
    registers[index] = value % (1 << 64)
    _ptrace(_SETREGSET, pid, _PRSTATUS, ctypes.addressof(buffer))
