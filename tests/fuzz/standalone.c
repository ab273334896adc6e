/* Feeds files to a fuzz target without a fuzzer: `fuzz_rlp FILE...`, `fuzz_rlp FOLDER`. A target that finds something aborts. */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { PATH_BYTES = 4096 };

/* Read into memory of exactly its size, so that the address sanitizer sees one byte too many. */
static int feed_file(const char *path, const struct stat *info)
{
    size_t size = (size_t)info->st_size;
    FILE *file = fopen(path, "rb");
    uint8_t *data = malloc(size ? size : 1);
    if (file == NULL || data == NULL || fread(data, 1, size, file) != size) {
        perror(path);
        exit(1);
    }
    fclose(file);
    LLVMFuzzerTestOneInput(data, size);
    free(data);
    return 1;
}

static int feed(const char *path)
{
    struct stat info;
    if (stat(path, &info) != 0) {
        perror(path);
        exit(1);
    }
    if (!S_ISDIR(info.st_mode))
        return feed_file(path, &info);
    int count = 0, found;
    struct dirent **entries;
    if ((found = scandir(path, &entries, NULL, alphasort)) < 0) {
        perror(path);
        exit(1);
    }
    for (int i = 0; i < found; i++) {
        char below[PATH_BYTES];
        snprintf(below, sizeof below, "%s/%s", path, entries[i]->d_name);
        if (entries[i]->d_name[0] != '.' && stat(below, &info) == 0 && S_ISREG(info.st_mode))
            count += feed_file(below, &info);
        free(entries[i]);
    }
    free(entries);
    return count;
}

int main(int argc, char **argv)
{
    int count = 0;
    for (int i = 1; i < argc; i++)
        count += feed(argv[i]);
    printf("%d inputs\n", count);
    return count ? 0 : 1;
}
