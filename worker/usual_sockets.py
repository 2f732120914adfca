"""Starts a command, of which nothing can make sockets of other kinds than CPython's builds and tests take.

Neither network namespaces nor nftables know all kinds: by AF_VSOCK a process in a virtual machine talks to whoever runs
the machine. io_uring makes sockets without asking, and so goes too. It takes any Python from 3.8 on.
"""

import ctypes
import errno
import os
import platform
import socket
import struct
import sys

FAMILIES = (socket.AF_UNIX, socket.AF_INET, socket.AF_INET6, socket.AF_NETLINK)
SYSCALLS = {  # audit's name of the architecture, then the numbers of socket, io_uring_setup and seccomp
    "x86_64": (0xC000003E, 41, 425, 317),
    "aarch64": (0xC00000B7, 198, 425, 277),
}
OTHER_BITS = 0x40000000
"""From here on are the numbers of x86-64's programs with 32-bit pointers."""

LOAD, EQUAL, AT_LEAST, RETURN = 0x20, 0x15, 0x35, 0x06
NUMBER, ARCHITECTURE, FIRST_ARGUMENT = 0, 4, 16
ALLOW, REFUSE = 0x7FFF0000, 0x00050000
NO_NEW_PRIVILEGES, SET_FILTER, WITHOUT_SLOWING = 38, 1, 4


def main() -> None:
    """Give up the unusual, and become the command."""
    if len(sys.argv) < 2:
        sys.exit("usage: usual_sockets.py COMMAND [ARGUMENT...]")
    if platform.machine() not in SYSCALLS:
        sys.exit(f"usual_sockets.py knows no system calls of {platform.machine()}, but of {', '.join(SYSCALLS)}")
    give_up(*SYSCALLS[platform.machine()])
    os.execvp(sys.argv[1], sys.argv[1:])  # noqa: S606 - that is what it is for


def give_up(architecture: int, make_socket: int, io_uring: int, seccomp: int) -> None:
    """Have the kernel refuse them to this process and all that it starts, for good."""
    steps = instructions(architecture, make_socket, io_uring)
    code = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *step) for step in steps))
    program = ctypes.create_string_buffer(struct.pack("HP", len(steps), ctypes.addressof(code)))
    library = ctypes.CDLL(None, use_errno=True)
    zero = ctypes.c_ulong(0)
    if library.prctl(NO_NEW_PRIVILEGES, ctypes.c_ulong(1), zero, zero, zero) or library.syscall(
        seccomp, SET_FILTER, WITHOUT_SLOWING, program
    ):
        sys.exit(f"usual_sockets.py: the kernel takes no filter: {os.strerror(ctypes.get_errno())}")


def instructions(architecture: int, make_socket: int, io_uring: int) -> "list[tuple[int, int, int, int]]":
    """Write the filter: an operation, how many to skip where it holds and where not, and its operand."""
    steps = [(LOAD, 0, 0, FIRST_ARGUMENT)]
    steps += [(EQUAL, len(FAMILIES) - n, 0, family) for n, family in enumerate(FAMILIES)]
    steps += [(RETURN, 0, 0, REFUSE | errno.EAFNOSUPPORT), (RETURN, 0, 0, ALLOW), (RETURN, 0, 0, REFUSE | errno.ENOSYS)]
    last = len(steps) - 1
    return [
        (LOAD, 0, 0, ARCHITECTURE),
        (EQUAL, 0, 4 + last, architecture),
        (LOAD, 0, 0, NUMBER),
        (AT_LEAST, 2 + last, 0, OTHER_BITS),
        (EQUAL, 1 + last, 0, io_uring),
        (EQUAL, 0, last - 1, make_socket),
        *steps,
    ]


if __name__ == "__main__":
    main()
