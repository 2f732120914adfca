# compile.sh puts this beside CPython's Makefile as GNUmakefile, which make prefers. Nearly all of CPython is linked into one
# object file, core.o, and that into whatever needs it: libpython, the interpreter, the programs that a build needs. So in
# every version the interpreter is linked statically beside a shared libpython, the long whole-program optimization is
# not done again for each program, and nothing has to be compiled for linking with LTO and without.
include Makefile

core_objects := $(LIBRARY_OBJS_OMIT_FROZEN)
other_objects := $(filter-out $(core_objects),$(LIBRARY_OBJS))

core.o: $(core_objects)
	$(CC) -r -nostdlib $(CORE_FLAGS) -o $@ $(core_objects)

# Prerequisites stay as CPython's rules have them; these are what the commands of the rules name.
LIBRARY_OBJS_OMIT_FROZEN = core.o
LIBRARY_OBJS = core.o $(other_objects)
LINK_PYTHON_OBJS = $(LIBRARY_OBJS)
BLDLIBRARY = $(LIBRARY_OBJS)

$(BUILDPYTHON) $(LIBRARY) libpython$(LDVERSION).so _bootstrap_python Programs/_testembed Programs/_freeze_module \
	Programs/_freeze_importlib: core.o

# The interpreter is what everybody runs: where this is set, it is optimized for itself, as a program and not as a library.
ifdef INTERPRETER_FLAGS
$(BUILDPYTHON): private LINK_PYTHON_OBJS = $(core_objects) $(other_objects)
$(BUILDPYTHON): private BLDLIBRARY = $(core_objects) $(other_objects)
$(BUILDPYTHON): private override PY_CORE_LDFLAGS := $(filter-out -flto-partition=none,$(PY_CORE_LDFLAGS)) $(INTERPRETER_FLAGS)
# What it is linked with since 3.15.
$(BUILDPYTHON): private override PY_CORE_EXE_LDFLAGS := $(filter-out -flto-partition=none,$(PY_CORE_EXE_LDFLAGS)) $(INTERPRETER_FLAGS)
endif

# What is linked with LTO needs no machine code before. One program is linked without, from the core and these two.
# private: what make builds on the way to them has flags of its own.
CONFIGURE_CFLAGS_NODIST := $(subst -ffat-lto-objects,-fno-fat-lto-objects,$(CONFIGURE_CFLAGS_NODIST))
Programs/_bootstrap_python.o Modules/getpath.o: private override CFLAGS_NODIST += $(FAT_OBJECTS)

# So that programs that embed a tree that was moved find its standard library, and environments made through links do.
Modules/getpath.o: private override PY_CORE_CFLAGS += -include prefix_by_library.c -include base_executable.c -include environment_home.c
Python/initconfig.o Python/pylifecycle.o: private override PY_CORE_CFLAGS += -DBEFORE_CALLERS -include base_executable.c
