/* Included before Modules/getpath.c like prefix_by_library.c, up to 3.10 before those two that call
   _PyConfig_InitPathConfig() of Python/pathconfig.c. Virtual environments keep the folder of sys._base_executable
   as their `home`, and look for the standard library from there upwards. Called through a link in /usr/local/bin, CPython
   takes that folder for it, and the environment then finds the library of the system's own Python in /usr/lib, where that
   is of the same minor. Here the links are followed, one by one, to the first name that lies in the tree itself. So the
   link from a minor to its newest patch stays, and an environment follows the patches.

   CPython 3.9 and 3.10 follow links themselves, all of them, but for environments made with --copies. */

#include <Python.h>

#if (PY_VERSION_HEX < 0x030B0000) == defined(BEFORE_CALLERS)

#include "pycore_initconfig.h"
#include "pycore_pathconfig.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MOST_LINKS 40 /* as Linux follows */

/* Writes the folder of a path and the name behind it; 0 if that is too long. */
static int
beside(char *to, size_t size, const char *path, const char *name)
{
    const char *slash = strrchr(path, '/');
    int folder = name[0] == '/' || slash == NULL ? 0 : (int)(slash - path) + 1;
    return snprintf(to, size, "%.*s%s", folder, path, name) < (int)size;
}

/* Whether a program lies in PREFIX/bin, whose real path is given. */
static int
lies_in(const char *program, const char *real_prefix)
{
    char above[PATH_MAX], real[PATH_MAX];
    return beside(above, sizeof above, program, "..") && realpath(above, real) != NULL && strcmp(real, real_prefix) == 0;
}

/* Replaces a program's path by the first of the links that lead on from it that lies in the prefix; 0 if none does. */
static int
follow(char *program, const char *prefix)
{
    char real_prefix[PATH_MAX], target[PATH_MAX], next[PATH_MAX];
    int count;

    if (realpath(prefix, real_prefix) == NULL)
        return 0;
    for (count = 0; count < MOST_LINKS && !lies_in(program, real_prefix); count++) {
        ssize_t length = readlink(program, target, sizeof target - 1);
        if (length < 0)
            return 0;
        target[length] = '\0';
        if (!beside(next, sizeof next, program, target))
            return 0;
        strcpy(program, next);
    }
    return count > 0 && count < MOST_LINKS;
}

/* Whether that is to be replaced by what it becomes. Another one than the executable is that of an environment, which has
   its own. */
static int
leads_into(const char *prefix, const char *executable, const char *base, char *program, size_t size)
{
    return executable != NULL && base != NULL && prefix != NULL && strcmp(executable, base) == 0 && strlen(base) < size &&
           follow(strcpy(program, base), prefix);
}

#if PY_VERSION_HEX >= 0x030B0000

static char *
encoded(PyObject *config, const char *name)
{
    PyObject *value = PyDict_GetItemString(config, name);
    wchar_t *wide = value != NULL && PyUnicode_Check(value) ? PyUnicode_AsWideCharString(value, NULL) : NULL;
    char *text = wide != NULL ? Py_EncodeLocale(wide, NULL) : NULL;
    PyMem_Free(wide);
    return text;
}

static void
replace(PyObject *config, const char *program)
{
    wchar_t *wide = Py_DecodeLocale(program, NULL);
    PyObject *value = wide != NULL ? PyUnicode_FromWideChar(wide, -1) : NULL;
    if (value != NULL)
        PyDict_SetItemString(config, "base_executable", value);
    Py_XDECREF(value);
    PyMem_RawFree(wide);
}

/* Whatever cannot be found out leaves it as upstream has it. */
static PyObject *
base_executable_in_tree(PyObject *config)
{
    char program[PATH_MAX];
    char *executable = encoded(config, "executable"), *base = encoded(config, "base_executable");
    char *prefix = encoded(config, "base_prefix");

    if (leads_into(prefix, executable, base, program, sizeof program))
        replace(config, program);
    PyMem_Free(executable);
    PyMem_Free(base);
    PyMem_Free(prefix);
    PyErr_Clear();
    return config;
}

#define _PyConfig_FromDict(config, dict) _PyConfig_FromDict(config, base_executable_in_tree(dict))

#else

static char *
encoded(const wchar_t *wide)
{
    return wide != NULL ? _Py_EncodeLocaleRaw(wide, NULL) : NULL;
}

/* Whatever cannot be found out leaves it as upstream has it. */
static inline PyStatus
base_executable_in_tree(PyConfig *config, PyStatus status)
{
    char program[PATH_MAX];
    char *executable = encoded(config->executable), *base = encoded(config->base_executable);
    char *prefix = encoded(config->base_prefix);

    if (!PyStatus_Exception(status) && leads_into(prefix, executable, base, program, sizeof program))
        status = PyConfig_SetBytesString(config, &config->base_executable, program);
    PyMem_RawFree(executable);
    PyMem_RawFree(base);
    PyMem_RawFree(prefix);
    return status;
}

#if PY_VERSION_HEX >= 0x030A0000
#define _PyConfig_InitPathConfig(config, compute) \
    base_executable_in_tree(config, _PyConfig_InitPathConfig(config, compute))
#else
#define _PyConfig_InitPathConfig(config) base_executable_in_tree(config, _PyConfig_InitPathConfig(config))
#endif

#endif

#endif
