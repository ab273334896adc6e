#include "node/sdk_allowlist.h"
#include "base/ini.h"
#include "base/memory.h"
#include "codec/hex.h"

#include <pthread.h>
#include <stdlib.h>

struct sdk_allowlist {
    pthread_mutex_t lock; /* guards what follows */
    node_id *keys;        /* sorted */
    size_t count;
};

sdk_allowlist *sdk_allowlist_new(void)
{
    sdk_allowlist *l = memory_new(sizeof *l);
    pthread_mutex_init(&l->lock, NULL);
    return l;
}

void sdk_allowlist_free(sdk_allowlist *l)
{
    if (l == NULL)
        return;
    pthread_mutex_destroy(&l->lock);
    free(l->keys);
    free(l);
}

static int compare_keys(const void *a, const void *b)
{
    return memcmp(a, b, sizeof(node_id));
}

/* keys: room for every entry of the section. */
static bool parse(const ini *file, const ini_section *section, node_id *keys, size_t *count, error_text *why)
{
    static const char prefix[] = "public_key.";
    for (size_t i = 0; section && i < section->count; i++) {
        const ini_entry *entry = &section->entries[i];
        if (strncmp(entry->key, prefix, strlen(prefix)) != 0)
            continue;
        bytes digits = bytes_of_text(entry->value);
        if (bytes_start_with(digits, BYTES_OF_LITERAL("0x")))
            digits = bytes_from(digits, 2);
        if (!hex_read(digits, keys[*count].b, sizeof keys->b))
            return error_set(why, "%s:%u: [sdk_allowlist] %s=%.140s: expected 128 hexadecimal digits", file->path, entry->line,
                             entry->key, entry->value);
        (*count)++;
    }
    return true;
}

bool sdk_allowlist_read(sdk_allowlist *l, const char *ini_path, error_text *why)
{
    arena a = {0};
    ini file;
    size_t count = 0;
    node_id *keys = NULL;
    bool ok = ini_read_file(&a, ini_path, &file, why);
    if (ok) {
        const ini_section *section = ini_find_section(&file, "sdk_allowlist");
        keys = memory_new_array(section ? section->count : 0, sizeof *keys);
        ok = parse(&file, section, keys, &count, why);
    }
    arena_reset(&a);
    if (!ok) {
        free(keys);
        return false;
    }
    qsort(keys, count, sizeof *keys, compare_keys);
    pthread_mutex_lock(&l->lock);
    node_id *old = l->keys;
    l->keys = keys;
    l->count = count;
    pthread_mutex_unlock(&l->lock);
    free(old);
    return true;
}

size_t sdk_allowlist_count(sdk_allowlist *l)
{
    pthread_mutex_lock(&l->lock);
    size_t count = l->count;
    pthread_mutex_unlock(&l->lock);
    return count;
}

bool sdk_allowlist_allows(sdk_allowlist *l, const node_id *key)
{
    pthread_mutex_lock(&l->lock);
    bool ok = l->count == 0 || bsearch(key, l->keys, l->count, sizeof *l->keys, compare_keys) != NULL;
    pthread_mutex_unlock(&l->lock);
    return ok;
}
