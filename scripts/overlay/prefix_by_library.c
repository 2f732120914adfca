/* Included before Modules/getpath.c by the compiler's -include, see make-variables.sh. There PREFIX is the text where
   CPython looks for its standard library when it has found it nowhere else, which is so in programs that embed it.
   Here it becomes the folder above the one that libpython was loaded from, if the standard library lies there: so that
   a tree works wherever it was unpacked. Else, and in the interpreter, it stays what it was. */

#include "pyconfig.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#ifndef PLATLIBDIR /* up to 3.9 */
#define PLATLIBDIR "lib"
#endif
#ifdef Py_GIL_DISABLED
#define LANDMARK_OF_LIBRARY PLATLIBDIR "/python" VERSION "t/os.py"
#else
#define LANDMARK_OF_LIBRARY PLATLIBDIR "/python" VERSION "/os.py"
#endif

static const char *
prefix_by_library(const char *compiled_in)
{
    static char prefix[4096 + 1]; /* PATH_MAX, which realpath() wants */
    char landmark[sizeof prefix + sizeof LANDMARK_OF_LIBRARY + 1];
    Dl_info library;
    char *end;

    if (!dladdr(prefix, &library) || library.dli_fname == NULL || realpath(library.dli_fname, prefix) == NULL)
        return compiled_in;
    end = strrchr(prefix, '/');
    if (end == NULL || strncmp(end + 1, "libpython", strlen("libpython")) != 0)
        return compiled_in; /* linked into a program */
    *end = '\0';
    end = strrchr(prefix, '/');
    if (end == NULL || end == prefix)
        return compiled_in;
    *end = '\0';
    snprintf(landmark, sizeof landmark, "%s/" LANDMARK_OF_LIBRARY, prefix);
    return access(landmark, R_OK) == 0 ? prefix : compiled_in;
}

static const char prefix_compiled_in[] = PREFIX;
#undef PREFIX
#undef EXEC_PREFIX
#define PREFIX prefix_by_library(prefix_compiled_in)
#define EXEC_PREFIX prefix_by_library(prefix_compiled_in)
