"""Sockets of kinds that neither namespaces nor nftables know: nothing that a worker starts can make them."""

import errno
import subprocess
import sys

from python_builds.farm.workers.local_worker import SOCKETS

TRY = """
import ctypes, socket
def status(family, kind):
    try:
        socket.socket(family, kind).close()
    except OSError as error:
        return error.errno
    return 0
print([family for family in range(1, 64) if 0 in (status(family, kind) for kind in (1, 2, 3, 5))])
print(status(socket.AF_PACKET, socket.SOCK_DGRAM))
library = ctypes.CDLL(None, use_errno=True)
print(library.syscall(425, 4, ctypes.create_string_buffer(256)), ctypes.get_errno())
print(len(socket.socketpair()))
"""


def test_what_a_worker_starts_makes_sockets_of_the_usual_kinds_only() -> None:
    command = [sys.executable, "-I", "-S", str(SOCKETS), sys.executable, "-c", TRY]
    done = subprocess.run(command, capture_output=True, text=True)

    unix, inet, netlink, inet6 = 1, 2, 16, 10
    families, packet, io_uring, pair = done.stdout.splitlines()
    assert {unix, inet, netlink} <= {*eval(families)} <= {unix, inet, netlink, inet6}, done.stderr
    assert packet == str(errno.EAFNOSUPPORT), "not even whoever might otherwise"
    assert io_uring == f"-1 {errno.ENOSYS}", "which makes sockets of any kind"
    assert pair == "2"
