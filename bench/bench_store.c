/* bench_store: what one block costs in the store. Usage: bench_store [DIRECTORY], an empty one (default: a new one in /tmp).
   Prints one line a block size: time of apply with and without sync, and of a plain write of as many bytes with fdatasync,
   which is the floor that no store can go below; then the memory of the process. */
#include "base/clock.h"
#include "store/store.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { ROUNDS = 200, FIELD_BYTES = 60 };

static void fail(const char *what, const char *why)
{
    fprintf(stderr, "bench_store: %s: %s\n", what, why);
    exit(1);
}

static store *open_store(const char *parent, const char *name, bool durable)
{
    char path[512];
    error_text why;
    store *s;
    snprintf(path, sizeof path, "%s/%s", parent, name);
    if (store_rocksdb.open(&s, &(store_config){.path = path, .durable = durable}, &why) != STORE_OK)
        fail(path, why.text);
    return s;
}

/* A block of `rows` rows of about 160 bytes, with keys spread as hashes are. */
static uint64_t apply_us(store *s, size_t rows)
{
    arena a = {0};
    store_put *puts = arena_take_array(&a, rows, sizeof *puts);
    int64_t number = store_last_applied(s) + 1;
    for (size_t i = 0; i < rows; i++) {
        row *r = arena_take(&a, sizeof *r);
        uint64_t id = (uint64_t)number * 1000000 + i;
        char *key = arena_print(&a, "%016llx%016llx%016llx%016llx", (unsigned long long)(id * 0x9e3779b97f4a7c15u),
                                (unsigned long long)(id * 0xc2b2ae3d27d4eb4fu), (unsigned long long)id, (unsigned long long)~id);
        char *value = arena_print(&a, "%0*llu", FIELD_BYTES, (unsigned long long)id);
        *r = (row){.id = id + 1, .num = (uint32_t)number, .field_count = 2};
        r->fields = arena_take_array(&a, 2, sizeof *r->fields);
        r->fields[0] = (row_field){BYTES_OF_LITERAL("hash"), bytes_of_text(key)};
        r->fields[1] = (row_field){BYTES_OF_LITERAL("value"), bytes_of_text(value)};
        puts[i] = (store_put){.where = {BYTES_OF_LITERAL("t"), r->fields[0].value}, .rows = {r, 1}};
    }
    error_text why;
    uint64_t begin = clock_steady_us();
    if (store_apply(s, &(store_batch){.number = number, .puts = puts, .put_count = rows}, &why) != STORE_OK)
        fail("apply", why.text);
    uint64_t took = clock_steady_us() - begin;
    arena_reset(&a);
    return took;
}

static uint64_t plain_write_us(int fd, size_t size)
{
    char *data = calloc(1, size);
    uint64_t begin = clock_steady_us();
    if (write(fd, data, size) != (ssize_t)size || fdatasync(fd) != 0)
        fail("plain write", "failed");
    uint64_t took = clock_steady_us() - begin;
    free(data);
    return took;
}

static void print_memory(void)
{
    char line[256];
    FILE *f = fopen("/proc/self/status", "r");
    while (f && fgets(line, sizeof line, f))
        if (strncmp(line, "VmRSS", 5) == 0 || strncmp(line, "RssAnon", 7) == 0 || strncmp(line, "Threads", 7) == 0)
            fputs(line, stdout);
    if (f)
        fclose(f);
}

int main(int argc, char **argv)
{
    char made[] = "/tmp/hanse-bench-XXXXXX";
    const char *parent = argc > 1 ? argv[1] : mkdtemp(made);
    if (parent == NULL)
        fail("/tmp", "cannot make a directory");
    store *synced = open_store(parent, "synced", true), *unsynced = open_store(parent, "unsynced", false);
    printf("open, empty:\n");
    print_memory();
    char path[512];
    snprintf(path, sizeof path, "%s/plain", parent);
    int plain = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    static const size_t sizes[] = {1, 10, 100, 1000};
    printf("rows a block  apply, sync  apply, no sync  plain write + fdatasync   (us, mean of %d)\n", ROUNDS);
    for (size_t i = 0; i < COUNT(sizes); i++) {
        uint64_t with = 0, without = 0, floor = 0;
        for (int n = 0; n < ROUNDS; n++) {
            with += apply_us(synced, sizes[i]);
            without += apply_us(unsynced, sizes[i]);
            floor += plain_write_us(plain, sizes[i] * 220);
        }
        printf("%12zu %12.1f %15.1f %24.1f\n", sizes[i], (double)with / ROUNDS, (double)without / ROUNDS, (double)floor / ROUNDS);
    }
    printf("after %zu MB of rows in each of two stores:\n", (size_t)ROUNDS * 1111 * 220 >> 20);
    print_memory();
    store_close(synced);
    store_close(unsynced);
    close(plain);
    if (argc < 2)
        printf("the stores are left in %s\n", parent);
    return 0;
}
