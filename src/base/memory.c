#include "base/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *checked(void *p, size_t size)
{
    if (p == NULL) {
        fprintf(stderr, "hanse: out of memory (%zu bytes)\n", size);
        abort();
    }
    return p;
}

void *memory_new(size_t size)
{
    return checked(calloc(1, size ? size : 1), size);
}

void *memory_new_array(size_t count, size_t item_size)
{
    return checked(calloc(count ? count : 1, item_size ? item_size : 1), count * item_size);
}

void *memory_resize(void *old, size_t count, size_t item_size)
{
    return checked(reallocarray(old, count ? count : 1, item_size ? item_size : 1), count * item_size);
}

char *memory_copy_text(const char *text)
{
    return checked(strdup(text), strlen(text));
}
