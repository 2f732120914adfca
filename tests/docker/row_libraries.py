"""Which package of a row has each library that CPython is linked to, for rows whose system cannot be had everywhere.

Typed from public sources, as evidence.py: for EL 10 from what `python3-libs` and `python3-tkinter` of
vault.almalinux.org/10.0 require in public package recipes, for the others from public Dockerfiles, package lists and
logs of installations, all read 2026-11-28. What none of them says for certain is left out, so stand-ins do not try it.
"""

from collections.abc import Mapping
from typing import NamedTuple


class Library(NamedTuple):
    """The package that has a library, and the version of its symbols that CPython asks for, if they have any."""

    package: str
    symbols: str = ""


Libraries = Mapping[str, Library]
"""By soname."""

_OPENSSL_3, _OPENSSL_1 = "OPENSSL_3.0.0", "OPENSSL_1_1_0"

_EL_10: Libraries = {
    "libbz2.so.1": Library("bzip2-libs"),
    "libcrypt.so.2": Library("libxcrypt", "XCRYPT_2.0"),
    "libcrypto.so.3": Library("openssl-libs", _OPENSSL_3),
    "libffi.so.8": Library("libffi", "LIBFFI_BASE_8.0"),
    "libgdbm.so.6": Library("gdbm-libs"),
    "libgdbm_compat.so.4": Library("gdbm-libs"),
    "liblzma.so.5": Library("xz-libs", "XZ_5.0"),
    "libncursesw.so.6": Library("ncurses-libs"),
    "libpanelw.so.6": Library("ncurses-libs"),
    "libreadline.so.8": Library("readline"),
    "libsqlite3.so.0": Library("sqlite-libs"),
    "libssl.so.3": Library("openssl-libs", _OPENSSL_3),
    "libtcl8.6.so": Library("tcl"),
    "libtinfo.so.6": Library("ncurses-libs"),
    "libtk8.6.so": Library("tk"),
    "libuuid.so.1": Library("libuuid", "UUID_2.20"),
    "libz.so.1": Library("zlib-ng-compat", "ZLIB_1.2.0"),
    "libzstd.so.1": Library("libzstd"),
}
_EL_9: Libraries = {
    **_EL_10,
    "libtirpc.so.3": Library("libtirpc", "TIRPC_0.3.0"),
    "libz.so.1": Library("zlib", "ZLIB_1.2.0"),
}
_OTHER_IN_8 = {"libcrypt.so.2", "libcrypto.so.3", "libffi.so.8", "libreadline.so.8", "libssl.so.3", "libzstd.so.1"}
_EL_8: Libraries = {
    **{soname: library for soname, library in _EL_9.items() if soname not in _OTHER_IN_8},
    "libcrypt.so.1": Library("libxcrypt", "XCRYPT_2.0"),
    "libcrypto.so.1.1": Library("openssl-libs", _OPENSSL_1),
    "libffi.so.6": Library("libffi"),
    "libreadline.so.7": Library("readline"),
    "libssl.so.1.1": Library("openssl-libs", _OPENSSL_1),
}
_IN_AMAZON = {"libcrypto.so.3", "libffi.so.8", "libssl.so.3", "libuuid.so.1", "libz.so.1"}
_AMAZON: Libraries = {soname: library for soname, library in _EL_9.items() if soname in _IN_AMAZON}
_FEDORA: Libraries = {**_EL_10, "libtcl8.6.so": Library("tcl8"), "libtk8.6.so": Library("tk8")}

_LEAP_16: Libraries = {
    "libbz2.so.1": Library("libbz2-1"),
    "libcrypto.so.3": Library("libopenssl3", _OPENSSL_3),
    "libffi.so.8": Library("libffi8", "LIBFFI_BASE_8.0"),
    "libgdbm.so.6": Library("libgdbm6"),
    "libgdbm_compat.so.4": Library("libgdbm_compat4"),
    "liblzma.so.5": Library("liblzma5", "XZ_5.0"),
    "libncursesw.so.6": Library("libncurses6"),
    "libpanelw.so.6": Library("libncurses6"),
    "libreadline.so.8": Library("libreadline8"),
    "libsqlite3.so.0": Library("libsqlite3-0"),
    "libssl.so.3": Library("libopenssl3", _OPENSSL_3),
    "libtinfo.so.6": Library("libncurses6"),
    "libuuid.so.1": Library("libuuid1", "UUID_2.20"),
    "libz.so.1": Library("libz1", "ZLIB_1.2.0"),
    "libzstd.so.1": Library("libzstd1"),
}
_OTHER_IN_15 = {"libffi.so.8", "libgdbm.so.6", "libgdbm_compat.so.4", "libreadline.so.8"}
_LEAP_156: Libraries = {
    **{soname: library for soname, library in _LEAP_16.items() if soname not in _OTHER_IN_15},
    "libffi.so.7": Library("libffi7"),
    "libgdbm.so.4": Library("libgdbm4"),
    "libreadline.so.7": Library("libreadline7"),
    "libtirpc.so.3": Library("libtirpc3", "TIRPC_0.3.0"),
}
_LEAP_155: Libraries = {
    **{soname: library for soname, library in _LEAP_156.items() if library.package != "libopenssl3"},
    "libcrypto.so.1.1": Library("libopenssl1_1", _OPENSSL_1),
    "libssl.so.1.1": Library("libopenssl1_1", _OPENSSL_1),
}

_JAMMY: Libraries = {
    "libbz2.so.1.0": Library("libbz2-1.0"),
    "libcrypt.so.1": Library("libcrypt1"),
    "libcrypto.so.3": Library("libssl3"),
    "libffi.so.8": Library("libffi8"),
    "libgdbm.so.6": Library("libgdbm6"),
    "libgdbm_compat.so.4": Library("libgdbm-compat4"),
    "liblzma.so.5": Library("liblzma5"),
    "libncursesw.so.6": Library("libncursesw6"),
    "libnsl.so.2": Library("libnsl2"),
    "libpanelw.so.6": Library("libncursesw6"),
    "libreadline.so.8": Library("libreadline8"),
    "libsqlite3.so.0": Library("libsqlite3-0"),
    "libssl.so.3": Library("libssl3"),
    "libtcl8.6.so": Library("libtcl8.6"),
    "libtinfo.so.6": Library("libtinfo6"),
    "libtirpc.so.3": Library("libtirpc3"),
    "libtk8.6.so": Library("libtk8.6"),
    "libuuid.so.1": Library("libuuid1"),
    "libz.so.1": Library("zlib1g"),
    "libzstd.so.1": Library("libzstd1"),
}
_FOCAL: Libraries = {
    **{soname: one for soname, one in _JAMMY.items() if soname != "libffi.so.8" and one.package != "libssl3"},
    "libcrypto.so.1.1": Library("libssl1.1"),
    "libffi.so.7": Library("libffi7"),
    "libssl.so.1.1": Library("libssl1.1"),
}
_SINCE_64_BIT_TIME = {"libgdbm-compat4", "libgdbm6", "libreadline8", "libssl3", "libtirpc3"}
_NOBLE: Libraries = {
    soname: Library(f"{one.package}t64" if one.package in _SINCE_64_BIT_TIME else one.package)
    for soname, one in _JAMMY.items()
}
_RESOLUTE: Libraries = {soname: one for soname, one in _NOBLE.items() if one.package not in ("libtcl8.6", "libtk8.6")}

ROWS: Mapping[str, Libraries] = {
    "ubuntu-2004": _FOCAL,
    "ubuntu-2204": _JAMMY,
    "ubuntu-2404": _NOBLE,
    "ubuntu-2604": _RESOLUTE,
    "centos-8": _EL_8,
    "rhel-9": _EL_9,
    "rhel-10": _EL_10,
    "amazon-2023": _AMAZON,
    "fedora-43": _FEDORA,
    "opensuse-155": _LEAP_155,
    "opensuse-156": _LEAP_156,
    "opensuse-160": _LEAP_16,
}
