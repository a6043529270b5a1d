"""What Linux lets an unprivileged process give up: files by Landlock, system calls by seccomp.

Both are called through ctypes. The bindings that the package index had when this was written start
`ldconfig` or a compiler to find libc, and take 47 ms of a worker's 125 ms to start.

Sources: https://docs.kernel.org/userspace-api/landlock.html,
https://docs.kernel.org/userspace-api/seccomp_filter.html, and the headers `linux/landlock.h`,
`linux/seccomp.h`, `linux/filter.h`, `linux/audit.h` and `asm/unistd.h`.
"""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import struct
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

_LIBC = ctypes.CDLL(None, use_errno=True)
_LIBC.syscall.restype = ctypes.c_long
_PR_SET_NO_NEW_PRIVS = 38
_PR_SET_SECCOMP = 22
_SECCOMP_MODE_FILTER = 2

# Landlock. Its calls have these numbers on every processor.
_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_RULE_PATH_BENEATH = 1
_READ_FILE, _READ_DIR = 1 << 2, 1 << 3
# Rights over files that each version of Landlock can refuse, by number of rights.
_FILE_RIGHTS = {1: 13, 2: 14, 3: 15, 5: 16, 9: 17}
_TCP_RIGHTS = 0b11  # to bind and to connect, since version 4
_SCOPES = 0b11  # abstract sockets and signals, since version 6

# seccomp: the name a processor has in a filter, then each call's number on it, None if it has none.
_PROCESSORS = {"x86_64": (0, 0xC000003E), "aarch64": (1, 0xC00000B7)}
# Other processes, connections, privileges, what Landlock leaves of changes to files, and ways
# around it. What is not named stays allowed, as each libc and each kernel needs other calls.
_REFUSED: dict[str, tuple[int | None, int | None]] = {
    "fork": (57, None), "vfork": (58, None), "execve": (59, 221), "execveat": (322, 281),
    "ptrace": (101, 117), "process_vm_readv": (310, 270), "process_vm_writev": (311, 271),
    "kill": (62, 129), "tkill": (200, 130), "pidfd_send_signal": (424, 424),
    "pidfd_open": (434, 434), "pidfd_getfd": (438, 438), "io_uring_setup": (425, 425),
    "socket": (41, 198), "socketpair": (53, 199), "connect": (42, 203),
    "bpf": (321, 280), "perf_event_open": (298, 241), "userfaultfd": (323, 282),
    "unshare": (272, 97), "setns": (308, 268), "mount": (165, 40), "chroot": (161, 51),
    "keyctl": (250, 219), "add_key": (248, 217), "request_key": (249, 218),
    "open_by_handle_at": (304, 265), "chmod": (90, None), "fchmod": (91, 52),
    "fchmodat": (268, 53), "fchmodat2": (452, 452), "chown": (92, None), "fchown": (93, 55),
    "lchown": (94, None), "fchownat": (260, 54), "setxattr": (188, 5), "lsetxattr": (189, 6),
    "fsetxattr": (190, 7), "utimensat": (280, 88), "utime": (132, None), "utimes": (235, None),
}  # fmt: skip
_CLONE, _CLONE3, _CLONE_THREAD = (56, 220), 435, 0x00010000
_X32 = 0x40000000  # Calls of x86-64's other interface have numbers from here on.
_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_NUMBER_AT, _PROCESSOR_AT, _FIRST_ARGUMENT_AT = 0, 4, 16
_ALLOW, _FAIL, _KILL = 0x7FFF0000, 0x00050000, 0x80000000


def refuse_files(readable: Iterable[Path]) -> bool:
    """Refuse every file but these, and what lies under these folders, which may be read.

    Connections by TCP are refused with them, and signals to other processes, as far as this kernel
    knows how. A path that is not there is left out.

    Returns:
        Whether the kernel has Landlock.
    """
    version = _LIBC.syscall(_CREATE_RULESET, None, ctypes.c_size_t(0), 1)
    if version < 1:
        return False
    number = max(rights for since, rights in _FILE_RIGHTS.items() if since <= version)
    rights = struct.pack(
        "=QQQ",
        (1 << number) - 1,
        _TCP_RIGHTS if version >= 4 else 0,
        _SCOPES if version >= 6 else 0,
    )
    rules = _done(_LIBC.syscall(_CREATE_RULESET, rights, ctypes.c_size_t(len(rights)), 0))
    try:
        for path in readable:
            with suppress(OSError):
                _allow_reading(rules, path)
        _give_up_privileges()
        _done(_LIBC.syscall(_RESTRICT_SELF, rules, 0))
    finally:
        os.close(rules)
    return True


def refuse_calls() -> bool:
    """Refuse system calls that no reader of files makes: they fail with EPERM.

    Returns:
        Whether the kernel and the processor are known to have seccomp.
    """
    processor = _PROCESSORS.get(platform.machine().lower())
    if processor is None:
        return False
    filter = b"".join(_instructions(*processor))
    code = ctypes.create_string_buffer(filter, len(filter))
    program = struct.pack("@HP", len(filter) // 8, ctypes.addressof(code))
    _give_up_privileges()
    return bool(_LIBC.prctl(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, program, 0, 0) == 0)


def _allow_reading(rules: int, path: Path) -> None:
    there = os.open(path, os.O_PATH | os.O_CLOEXEC)
    try:
        rights = _READ_FILE | _READ_DIR if path.is_dir() else _READ_FILE
        rule = struct.pack("=Qi", rights, there)
        _done(_LIBC.syscall(_ADD_RULE, rules, _RULE_PATH_BENEATH, rule, 0))
    finally:
        os.close(there)


def _give_up_privileges() -> None:
    """Gain none by executing a program, which both Landlock and seccomp ask for."""
    _done(_LIBC.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))


def _done(result: int) -> int:
    if result < 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))
    return result


def _instructions(column: int, name: int) -> Iterator[bytes]:
    """Yield a filter in classic BPF; a jump counts the instructions that it leaves out."""
    yield _bpf(_LOAD, _PROCESSOR_AT)
    yield _bpf(_EQUAL, name, 1, 0)
    yield _bpf(_RETURN, _KILL)
    yield _bpf(_LOAD, _NUMBER_AT)
    yield _bpf(_AT_LEAST, _X32, 0, 1)
    yield _bpf(_RETURN, _FAIL | errno.ENOSYS)
    for numbers in _REFUSED.values():
        if (number := numbers[column]) is not None:
            yield _bpf(_EQUAL, number, 0, 1)
            yield _bpf(_RETURN, _FAIL | errno.EPERM)
    # Threads are allowed, other processes are not. The flags of clone3 are behind a pointer, so it
    # seems not to be there, and libc takes clone.
    yield _bpf(_EQUAL, _CLONE3, 0, 1)
    yield _bpf(_RETURN, _FAIL | errno.ENOSYS)
    yield _bpf(_EQUAL, _CLONE[column], 0, 3)
    yield _bpf(_LOAD, _FIRST_ARGUMENT_AT)
    yield _bpf(_ANY_BIT, _CLONE_THREAD, 1, 0)
    yield _bpf(_RETURN, _FAIL | errno.EPERM)
    yield _bpf(_RETURN, _ALLOW)


def _bpf(code: int, value: int, if_true: int = 0, if_false: int = 0) -> bytes:
    return struct.pack("=HBBI", code, if_true, if_false, value)
