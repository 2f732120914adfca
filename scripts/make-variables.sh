# shellcheck shell=bash
# The variables that every `make` of one build stage gets: compile.sh and install-to-stage.sh must agree on them, or
# `make install` would link again with other flags. Sourced after build-environment.sh.

# The interpreter is linked from the object files (faster: no PLT, no thread-local lookups by call) and libpython.so
# is built beside it for those who embed.
static_interpreter_variables() {
    if grep -qs -- --enable-static-libpython-for-interpreter source/configure; then
        return # 3.15 and later: configure.sh asked for it
    elif grep -qs '^LINK_PYTHON_OBJS' source/Makefile.pre.in; then
        make_variables+=("LINK_PYTHON_OBJS=\$(LIBRARY_OBJS)")
        # The interpreter need not wait for libpython.so then: the two long LTO links run side by side. What needs the
        # interpreter (pybuilddir.txt, the modules) waits for both instead, so that libpython.so is still made.
        if grep -q '^PYTHON_FOR_BUILD_DEPS' source/Makefile.pre.in; then
            make_variables+=("LINK_PYTHON_DEPS=\$(LIBRARY_OBJS)"
                "PYTHON_FOR_BUILD_DEPS=\$(BUILDPYTHON) \$(LIBRARY_DEPS)")
        fi
    else
        make_variables+=("BLDLIBRARY=\$(LIBRARY_OBJS)")
    fi
}

# So that programs that embed a tree that was moved find its standard library. The debug information names our file by
# the name of the project and not by where it lay.
movable_library_variables() {
    make_variables+=("--eval=Modules/getpath.o: PY_CORE_CFLAGS += -include $scripts/prefix_by_library.c -fdebug-prefix-map=$scripts=python-builds")
}

# Sets the array make_variables for quick, instrumented or optimized.
set_make_variables() {
    make_variables=()
    static_interpreter_variables
    movable_library_variables
    case "$1" in
    quick) ;;
    instrumented)
        # gcc instruments before it streams LTO, so a profile taken without LTO fits a build with it, and four
        # whole-program links are saved. -g0 once more, since --with-lto puts a -g after configure.sh's.
        make_variables+=("CFLAGS_NODIST=-fno-lto -g0" "LDFLAGS_NODIST=-fno-lto -g0")
        ;;
    optimized)
        # The helper programs are used once, during the build: whole-program optimisation of them is lost time.
        make_variables+=(
            CFLAGS_NODIST=-g0 LDFLAGS_NODIST=-g0
            "PY_CORE_LDFLAGS=\$(PY_LDFLAGS) \$(PY_LDFLAGS_NODIST) \$(if \$(findstring _freeze,\$@)\$(findstring _testembed,\$@),-fno-lto)"
        )
        ;;
    *) die "no such build stage: $1" ;;
    esac
}
