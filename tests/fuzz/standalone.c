/* A fuzz target without libFuzzer. `fuzz_rlp FILE|FOLDER...` feeds it the files once. `fuzz_rlp --seconds N FOLDER...`
   also changes them for N seconds: flips, numbers, insertions, cuts, pieces of others. It is blind - it does not see
   which code an input reached - but it needs no other compiler, so that every test run has it. HANSE_SEED repeats a
   run, as far as the time allows. A target that finds something aborts: the input is then kept as a file whose name is
   printed. */
#include "base/memory.h"
#include "base/prng.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
/* Of the sanitizers, when there are any. */
__attribute__((weak)) void __sanitizer_set_death_callback(void (*callback)(void));

enum { PATH_BYTES = 4096, INPUT_MAX_BYTES = 64 * 1024, CHANGES_MAX = 6, CHUNK_MAX = 64, HANGS_AFTER_S = 60 };

typedef struct {
    uint8_t *data;
    size_t size;
} input;

static input *inputs;
static size_t input_count;
static input current; /* what the target is looking at */

/* Read into memory of exactly its size, so that the address sanitizer sees one byte too many. */
static void take_file(const char *path, const struct stat *info)
{
    input in = {malloc(info->st_size ? (size_t)info->st_size : 1), (size_t)info->st_size};
    FILE *file = fopen(path, "rb");
    if (file == NULL || in.data == NULL || fread(in.data, 1, in.size, file) != in.size) {
        perror(path);
        exit(1);
    }
    fclose(file);
    inputs = memory_resize(inputs, input_count + 1, sizeof *inputs);
    inputs[input_count++] = in;
}

static void take(const char *path)
{
    struct stat info;
    struct dirent **entries;
    int found;
    if (stat(path, &info) != 0) {
        perror(path);
        exit(1);
    }
    if (!S_ISDIR(info.st_mode)) {
        take_file(path, &info);
        return;
    }
    if ((found = scandir(path, &entries, NULL, alphasort)) < 0) {
        perror(path);
        exit(1);
    }
    for (int i = 0; i < found; i++) {
        char below[PATH_BYTES];
        snprintf(below, sizeof below, "%s/%s", path, entries[i]->d_name);
        if (entries[i]->d_name[0] != '.' && stat(below, &info) == 0 && S_ISREG(info.st_mode))
            take_file(below, &info);
        free(entries[i]);
    }
    free(entries);
}

/* ---- when it finds something ---- */

static void keep_input(void)
{
    char name[64];
    int length = snprintf(name, sizeof name, "fuzz-found-%ld", (long)getpid());
    int to = open(name, O_WRONLY | O_CREAT | O_TRUNC, 0644);
    if (to < 0 || write(to, current.data, current.size) != (ssize_t)current.size)
        return;
    close(to);
    (void)!write(STDERR_FILENO, "the input is kept in ", 21);
    (void)!write(STDERR_FILENO, name, (size_t)length);
    (void)!write(STDERR_FILENO, "\n", 1);
}

static void on_signal(int number)
{
    if (number == SIGALRM)
        (void)!write(STDERR_FILENO, "an input takes too long\n", 24);
    keep_input();
    signal(number, SIG_DFL);
    raise(number);
}

static void watch_for_death(void)
{
    signal(SIGABRT, on_signal);
    signal(SIGALRM, on_signal);
    if (__sanitizer_set_death_callback)
        __sanitizer_set_death_callback(keep_input);
    else
        signal(SIGSEGV, on_signal);
}

static void look_at(const uint8_t *data, size_t size)
{
    current.data = malloc(size ? size : 1);
    current.size = size;
    memcpy(current.data, data, size);
    LLVMFuzzerTestOneInput(current.data, size);
    free(current.data);
}

/* ---- changing inputs ---- */

static void insert(input *in, size_t at, const uint8_t *piece, size_t size)
{
    if (in->size + size > INPUT_MAX_BYTES)
        return;
    memmove(in->data + at + size, in->data + at, in->size - at);
    memmove(in->data + at, piece, size);
    in->size += size;
}

static void erase(input *in, size_t at, size_t size)
{
    memmove(in->data + at, in->data + at + size, in->size - at - size);
    in->size -= size;
}

static void put_number(prng *p, input *in)
{
    static const uint64_t numbers[] = {0,      1,          0x7f,       0x80,       0xff,      0x7fff,
                                       0xffff, 0x7fffffff, 0x80000000, UINT32_MAX, INT64_MAX, UINT64_MAX};
    uint64_t number = numbers[prng_below(p, sizeof numbers / sizeof *numbers)] + prng_below(p, 3) - 1;
    size_t size = (size_t)1 << prng_below(p, 4);
    if (size > in->size)
        return;
    uint8_t *at = in->data + prng_below(p, in->size - size + 1);
    for (size_t i = 0; i < size; i++)
        at[i] = (uint8_t)(number >> 8 * (size - 1 - i));
}

static void put_piece(prng *p, input *in)
{
    const input *from = &inputs[prng_below(p, input_count)];
    if (from->size == 0)
        return;
    size_t size = 1 + prng_below(p, from->size < INPUT_MAX_BYTES / 4 ? from->size : INPUT_MAX_BYTES / 4);
    const uint8_t *piece = from->data + prng_below(p, from->size - size + 1);
    size_t at = prng_below(p, in->size + 1);
    if (prng_below(p, 2) && at + size <= in->size)
        memcpy(in->data + at, piece, size);
    else
        insert(in, at, piece, size);
}

static void change(prng *p, input *in)
{
    uint8_t chunk[CHUNK_MAX];
    size_t at = prng_below(p, in->size + 1), left = in->size - at, size = 1 + prng_below(p, CHUNK_MAX);
    if (size > left)
        size = left;
    switch (prng_below(p, 8)) {
    case 0:
    case 1:
        if (left)
            in->data[at] ^= (uint8_t)(1u << prng_below(p, 8));
        break;
    case 2:
        if (left)
            in->data[at] = (uint8_t)prng_next(p);
        break;
    case 3:
        put_number(p, in);
        break;
    case 4:
        for (size_t i = 0; i < sizeof chunk; i++)
            chunk[i] = (uint8_t)prng_next(p);
        insert(in, at, chunk, 1 + prng_below(p, 8));
        break;
    case 5:
        erase(in, at, size);
        break;
    case 6:
        put_piece(p, in);
        break;
    default:
        if (prng_below(p, 4) == 0) {
            in->size = at;
        } else { /* a piece of its own, once more */
            memcpy(chunk, in->data + at, size);
            insert(in, prng_below(p, in->size + 1), chunk, size);
        }
    }
}

static double now_s(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static uint64_t mutate(double seconds, uint64_t seed)
{
    prng p = prng_of(seed);
    input in = {memory_new(INPUT_MAX_BYTES), 0};
    uint64_t runs = 0;
    for (double end = now_s() + seconds; now_s() < end; runs++) {
        const input *from = &inputs[prng_below(&p, input_count)];
        in.size = from->size < INPUT_MAX_BYTES ? from->size : INPUT_MAX_BYTES;
        memcpy(in.data, from->data, in.size);
        for (uint64_t i = 1 + prng_below(&p, CHANGES_MAX); i > 0; i--)
            change(&p, &in);
        if (runs % 64 == 0)
            alarm(HANGS_AFTER_S);
        look_at(in.data, in.size);
    }
    alarm(0);
    free(in.data);
    return runs;
}

int main(int argc, char **argv)
{
    double seconds = 0;
    for (int i = 1; i < argc; i++)
        if (strcmp(argv[i], "--seconds") == 0 && i + 1 < argc)
            seconds = atof(argv[++i]);
        else
            take(argv[i]);
    watch_for_death();
    for (size_t i = 0; i < input_count; i++)
        look_at(inputs[i].data, inputs[i].size);
    printf("%zu inputs\n", input_count);
    if (seconds > 0 && input_count) {
        const char *given = getenv("HANSE_SEED");
        uint64_t seed = given ? strtoull(given, NULL, 10) : (uint64_t)time(NULL) * 1000 + (uint64_t)getpid() % 1000;
        printf("HANSE_SEED=%llu\n", (unsigned long long)seed);
        fflush(stdout);
        printf("%llu changed inputs in %g s\n", (unsigned long long)mutate(seconds, seed), seconds);
    }
    for (size_t i = 0; i < input_count; i++)
        free(inputs[i].data);
    free(inputs);
    return input_count ? 0 : 1;
}
