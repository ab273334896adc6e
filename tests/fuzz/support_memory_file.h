/* support_memory_file.h: an input as a file in memory, for readers that take a path. */
#ifndef HANSE_TESTS_FUZZ_SUPPORT_MEMORY_FILE_H
#define HANSE_TESTS_FUZZ_SUPPORT_MEMORY_FILE_H

#include "base/bytes.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

typedef struct {
    int fd;
    char path[32];
} memory_file;

static inline memory_file memory_file_of(bytes content)
{
    memory_file f = {.fd = memfd_create("fuzz", 0)};
    if (f.fd < 0 || write(f.fd, content.data, content.size) != (ssize_t)content.size)
        abort();
    snprintf(f.path, sizeof f.path, "/proc/self/fd/%d", f.fd);
    return f;
}

static inline void memory_file_close(memory_file *f)
{
    close(f->fd);
}

#endif
