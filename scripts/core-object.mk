# compile.sh puts this beside CPython's Makefile as GNUmakefile, which make prefers. What is both in the interpreter and in
# libpython, which is nearly all, is linked into one object file, core.o, and that into whatever needs it. So the
# interpreter is linked statically beside a shared libpython, in every version of CPython, and the long whole-program
# optimization is done once instead of for each program that is linked.
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

# What is linked with LTO needs no machine code before. One program is linked without, from these and the core.
# private: what make builds on the way to them has flags of its own.
CONFIGURE_CFLAGS_NODIST := $(subst -ffat-lto-objects,-fno-fat-lto-objects,$(CONFIGURE_CFLAGS_NODIST))
Programs/_bootstrap_python.o Modules/getpath.o: private override CFLAGS_NODIST += $(FAT_OBJECTS)

# So that programs that embed a tree that was moved find its standard library. The debug information names our file by
# the name of the project and not by where it lay.
Modules/getpath.o: private override PY_CORE_CFLAGS += -include $(SCRIPTS)/prefix_by_library.c \
	-fdebug-prefix-map=$(SCRIPTS)=python-builds
