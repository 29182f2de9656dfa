"""The right to silence segments: here, or in a network of this process's own."""

import ctypes
import errno
import fcntl
import os
import socket
import struct

SO_ATTACH_FILTER = 26
CLONE_NEWUSER, CLONE_NEWNET = 0x10000000, 0x40000000
SIOCSIFFLAGS, IFF_UP = 0x8914, 1
PR_CAPBSET_DROP, CAP_NET_ADMIN = 24, 12

LIBC = ctypes.CDLL(None, use_errno=True)


def may_filter():
    """Whether this process may put a filter in front of TCP."""
    drop = ctypes.create_string_buffer(struct.pack("HBBI", 6, 0, 0, 0))
    program = struct.pack("HxxxxxxP", 1, ctypes.addressof(drop))
    with socket.socket() as trial:
        try:
            trial.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER, program)
            trial.setsockopt(socket.IPPROTO_TCP, 19, 1)  # TCP_REPAIR
        except OSError as error:
            if error.errno != errno.EPERM:
                raise
            return False
    return True


def enter_own_network():
    """False where the kernel does not let us."""
    user, group = os.geteuid(), os.getegid()
    if LIBC.unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0:
        return False
    maps = {"setgroups": "deny", "uid_map": f"0 {user} 1", "gid_map": f"0 {group} 1"}
    for name, text in maps.items():
        with open(f"/proc/self/{name}", "w") as file:
            file.write(text)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        fcntl.ioctl(any_socket, SIOCSIFFLAGS, struct.pack("16sh14x", b"lo", IFF_UP))
    return True


def lose_the_right():
    """For a child before exec(): not even root can filter then."""
    if LIBC.prctl(PR_CAPBSET_DROP, CAP_NET_ADMIN, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "PR_CAPBSET_DROP")


def can_show(case):
    """False where it cannot be shown: ctest calls that skipped. Where CI runs it is a failure."""
    if may_filter() or (enter_own_network() and may_filter()):
        return True
    complaint = "this machine cannot silence segments: neither CAP_NET_ADMIN nor a namespace"
    if os.environ.get("CI"):
        case.fail(complaint)
    print(f"NOT SHOWN: {complaint}")
    return False
