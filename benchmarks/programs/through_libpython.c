/* An interpreter as one who embeds Python has it: everything is in libpython. */
#include <Python.h>

int main(int argc, char **argv)
{
    return Py_BytesMain(argc, argv);
}
