#include "tool/dataset_inside.h"

#include <inttypes.h>
#include <stdlib.h>
#include <sys/stat.h>

bool dataset_read_settings(dataset *d, const dataset_settings *s, error_text *why)
{
    ini config, group, genesis_file;
    if (!ini_parse(&d->memory, s->config_name, s->config, &config, why) ||
        !ini_parse(&d->memory, s->genesis_name, s->genesis, &genesis_file, why) ||
        (s->group.size && !ini_parse(&d->memory, s->group_name, s->group, &group, why)))
        return false;
    chain_files files = {&config, s->group.size ? &group : NULL, &genesis_file, s->has_national_key};
    return genesis_read_chain(&files, &d->memory, &d->rules, &d->genesis, why);
}

bool dataset_is_genesis(dataset *d, const char *name, const char **group_name)
{
    const char *base = strrchr(name, '/');
    base = base ? base + 1 : name;
    size_t stem = strlen(name);
    static const char first[] = "group.", last[] = ".genesis";
    if (strncmp(base, first, sizeof first - 1) != 0 || stem < sizeof last || strcmp(name + stem - (sizeof last - 1), last) != 0)
        return false;
    *group_name = arena_print(&d->memory, "%.*s.ini", (int)(stem - (sizeof last - 1)), name);
    return true;
}

bool dataset_add_block(dataset *d, dataset_block b, error_text *why)
{
    if (b.number != d->block_count)
        return error_set(why, "block %" PRIu64 " stands where block %zu is expected", b.number, d->block_count);
    d->blocks[d->block_count++] = b;
    return true;
}

static int by_place(const void *a, const void *b)
{
    const dataset_submission *x = a, *y = b;
    if (x->block != y->block)
        return (x->block > y->block) - (x->block < y->block);
    return (x->index > y->index) - (x->index < y->index);
}

bool dataset_open(dataset *d, const char *path, error_text *why)
{
    struct stat status;
    *d = (dataset){0};
    bool is_folder = stat(path, &status) == 0 && S_ISDIR(status.st_mode);
    if (!(is_folder ? dataset_folder_open(d, path, why) : dataset_pack_open(d, path, why))) {
        error_prefix(why, "%s", path);
        return false;
    }
    if (d->submission_count)
        qsort(d->submissions, d->submission_count, sizeof *d->submissions, by_place);
    return d->block_count > 0 || error_set(why, "%s: no blocks", path);
}

bool dataset_answers(dataset *d, uint64_t number, json_t **out, error_text *why)
{
    *out = NULL;
    return d->folder ? dataset_folder_answers(d, number, out, why) : dataset_pack_answers(d, number, out, why);
}

static int by_key_and_id(const void *a, const void *b)
{
    const dataset_row *x = a, *y = b;
    int order = bytes_compare(x->table, y->table);
    if (order == 0)
        order = bytes_compare(x->key, y->key);
    return order ? order : (x->id > y->id) - (x->id < y->id);
}

bool dataset_rows(dataset *d, arena *a, dataset_row **out, size_t *count, error_text *why)
{
    *out = NULL;
    *count = 0;
    if (!(d->folder ? dataset_folder_rows(d, a, out, count, why) : dataset_pack_rows(d, a, out, count, why)))
        return false;
    if (*count)
        qsort(*out, *count, sizeof **out, by_key_and_id);
    return true;
}

void dataset_free(dataset *d)
{
    dataset_pack_free(d);
    arena_reset(&d->memory);
    buffer_free(&d->unpacked);
    *d = (dataset){0};
}
