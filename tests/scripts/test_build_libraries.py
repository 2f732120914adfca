"""Libraries that newer CPythons do not bundle: build-libraries.sh, static-libraries.sh."""

import hashlib
import tarfile

from tests.script_runs import run, write
from tests.scripts.trees import configured_with


def test_a_library_that_cpython_brings_is_taken_and_never_the_image_s(work):
    known = "--with-system-libmpdec use an installed one"
    assert "--without-system-libmpdec" not in configured_with(work, "quick", known)
    write(work / "source" / "Modules" / "_decimal" / "libmpdec" / "mpdecimal.h", "")
    assert "--without-system-libmpdec" in configured_with(work, "quick", known)


LIBRARY_CONFIGURE = """#!/bin/sh
for option in "$@"; do case $option in --prefix=*) prefix=${option#--prefix=} ;; esac; done
printf 'all:\\n\\tgcc %s -c mpd.c\\n\\tar rc libmpdec.a mpd.o\\n' "$CFLAGS" >Makefile
printf 'install:\\n\\tmkdir -p %s/lib\\n\\tcp libmpdec.a %s/lib\\n' "$prefix" "$prefix" >>Makefile
"""


def library_tarball(work):
    """Make the source tarball of a library of mpdecimal's shape; return what build-libraries.sh wants to know of it."""
    write(work / "mpdecimal-1" / "configure", LIBRARY_CONFIGURE, executable=True)
    write(work / "mpdecimal-1" / "mpd.c", "int mpd_version(void) { return 1; }\n")
    with tarfile.open(work / "mpdecimal-1.tar.gz", "w:gz") as tarball:
        tarball.add(work / "mpdecimal-1", "mpdecimal-1")
    digest = hashlib.sha256((work / "mpdecimal-1.tar.gz").read_bytes()).hexdigest()
    return "mpdecimal", "mpdecimal-1.tar.gz", digest


def test_a_library_that_cpython_does_not_bring_is_built_beside_it_and_configure_is_told(work):
    write(work / "logs" / "source-date-epoch", "1700000000\n")
    done = run(work, "build-libraries.sh", *library_tarball(work), as_build_user=True)
    assert done.returncode == 0, done.stderr
    library = work / "source" / "static-libraries" / "lib" / "libmpdec.a"
    assert str(work).encode() not in library.read_bytes()
    assert "gcc -g -O2 -fstack-protector-strong -U_FORTIFY_SOURCE" in done.stdout
    lines = configured_with(work, "quick", "")
    told = "configure.sh: LIBMPDEC_CFLAGS='-I./static-libraries/include' LIBMPDEC_LIBS='-L./static-libraries/lib -lmpdec -lm'"
    assert told in lines


def test_a_library_that_cpython_brings_is_not_built(work):
    write(work / "logs" / "source-date-epoch", "1700000000\n")
    write(work / "source" / "Modules" / "_decimal" / "libmpdec" / "mpdecimal.h", "")
    done = run(work, "build-libraries.sh", *library_tarball(work), as_build_user=True)
    assert "this CPython brings mpdecimal itself" in done.stdout
    assert not (work / "source" / "static-libraries").exists()


def test_a_library_with_another_digest_is_refused(work):
    write(work / "logs" / "source-date-epoch", "1700000000\n")
    name, tarball, digest = library_tarball(work)
    done = run(work, "build-libraries.sh", name, tarball, "0" * 64, as_build_user=True)
    assert done.returncode == 1
    assert f"{tarball} has sha256 {digest}, but {'0' * 64} was asked for" in done.stderr
