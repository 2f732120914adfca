/* Included before Modules/getpath.c, up to 3.10. There the standard library is looked for upwards from what an environment's
   pyvenv.cfg has as `home`. virtualenv --copies writes there the folder of the name that it was called by, which may be
   a link's in /usr/local/bin: then the library of the system's own Python is found in /usr/lib, where that is of the same
   minor. The program that the link leads to it writes as `base-executable`. So the folder of that is taken for `home`, where
   beside it lies a standard library, and beside `home` none. */

#include <Python.h>

#if PY_VERSION_HEX < 0x030B0000

#include "pycore_pathconfig.h"

#include <limits.h>
#include <stdio.h>
#include <unistd.h>
#include <wchar.h>

/* Whether a folder of programs has a standard library of this minor beside it. */
static int
has_library(const wchar_t *folder)
{
    char landmark[PATH_MAX];
    char *encoded = _Py_EncodeLocaleRaw(folder, NULL);
    int length = encoded == NULL ? PATH_MAX
                                 : snprintf(landmark, sizeof landmark, "%s/../lib/python" VERSION "/os.py", encoded);
    PyMem_RawFree(encoded);
    return length < (int)sizeof landmark && access(landmark, R_OK) == 0;
}

/* Reads a value as the function that it stands before does. */
static PyStatus
home_with_library(FILE *environment, const wchar_t *key, wchar_t **value)
{
    wchar_t *program = NULL, *slash;
    PyStatus status = _Py_FindEnvConfigValue(environment, key, value);

    if (PyStatus_Exception(status) || *value == NULL || wcscmp(key, L"home") != 0 || has_library(*value))
        return status;
    rewind(environment);
    status = _Py_FindEnvConfigValue(environment, L"base-executable", &program);
    slash = program != NULL ? wcsrchr(program, L'/') : NULL;
    if (slash != NULL) {
        *slash = L'\0';
        if (has_library(program)) {
            PyMem_RawFree(*value);
            *value = program;
            return status;
        }
    }
    PyMem_RawFree(program);
    return status;
}

#define _Py_FindEnvConfigValue home_with_library

#endif
