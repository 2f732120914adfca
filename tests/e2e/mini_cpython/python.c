/* Stands for the interpreter: CPython's tests always pass, anything else is done by the system's Python, which sees the
   lib-dynload folder beside this program instead of its own. zlib is linked so that the package depends on something. */
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

/* When it was compiled, as CPython's getbuildinfo.c has it: a clock that gets into a build makes each another one. */
const char built[] = __DATE__ ", " __TIME__;

static const char run[] =
    "import os, runpy, sys; here = os.environ.pop('MINI_DYNLOAD');"
    "sys.path = [p for p in sys.path if not p.endswith('lib-dynload')] + [here];"
    "del sys.argv[0]; runpy.run_path(sys.argv[0], run_name='__main__')";

int main(int argc, char **argv)
{
    char self[4096], folder[4200];
    ssize_t length = readlink("/proc/self/exe", self, sizeof self - 1);
    if (zlibVersion() == NULL)
        return 1;
    if (length < 0) /* no /proc where packages are tried */
        length = snprintf(self, sizeof self, "%s", argv[0]);
    self[length] = 0;
    snprintf(folder, sizeof folder, "%s/../lib/" LIBRARY "/lib-dynload", dirname(self));
    setenv("MINI_DYNLOAD", folder, 1);

    char **passed = calloc(argc + 4, sizeof *passed);
    int count = 0;
    passed[count++] = "/usr/bin/python3";
    for (int i = 1; i < argc; i++) {
        if (!strcmp(argv[i], "test")) {
            puts("All 1 tests OK.");
            return 0;
        }
        if (strstr(argv[i], "import_extensions.py")) {
            passed[count++] = "-c";
            passed[count++] = (char *)run;
        }
        passed[count++] = argv[i];
    }
    execv(passed[0], passed);
    perror(passed[0]);
    return 1;
}
