/* An extension module without Python.h: PyModuleDef as the stable ABI lays it out. */
#include <stddef.h>

static struct {
    size_t refcount;
    void *type, *init;
    size_t index;
    void *copy;
    const char *name, *doc;
    size_t size;
    void *methods, *slots, *traverse, *clear, *free;
} definition = {.refcount = 1, .name = "_mini", .size = (size_t)-1};

extern void *PyModule_Create2(void *, int);

void *PyInit__mini(void)
{
    return PyModule_Create2(&definition, 1013);
}
