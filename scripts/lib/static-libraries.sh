# shellcheck shell=bash
# Libraries that newer CPythons no longer bundle and not every distribution has: built from their own upstream's source and
# linked statically; core/upstream/static_libraries.py lists them. They lie in the source folder, so that every name of them
# is a relative one. Sourced after build-environment.sh.

# Where they are installed, seen from the source folder.
libraries=static-libraries

# Says whether this CPython brings a library itself; in the source folder or above it.
bundles() {
    case "$1" in
    mpdecimal) [ -e source/Modules/_decimal/libmpdec/mpdecimal.h ] || [ -e Modules/_decimal/libmpdec/mpdecimal.h ] ;;
    *) die "'$1' is no library that CPython ever bundled, as far as static-libraries.sh knows" ;;
    esac
}

# What configure asks pkg-config for otherwise; in the source folder.
use_static_libraries() {
    [ -e "$libraries/lib/libmpdec.a" ] || return 0
    export LIBMPDEC_CFLAGS=-I./$libraries/include LIBMPDEC_LIBS="-L./$libraries/lib -lmpdec -lm"
    say "LIBMPDEC_CFLAGS='$LIBMPDEC_CFLAGS' LIBMPDEC_LIBS='$LIBMPDEC_LIBS'"
}
