#include "state/trie_store.h"

#include "codec/hex.h"

#define FIELD_VALUE BYTES_OF_LITERAL("value")

bool trie_store_read(const trie_store *from, const hash256 *hash, arena *a, bytes *out, error_text *why)
{
    if (from->cache && node_cache_get(from->cache, hash, a, out))
        return true;
    row_key where = {BYTES_OF_LITERAL(TABLE_TRIE), BYTES_OF_VALUE(*hash)};
    row_set rows = {0};
    store_result result = store_get_many(from->store, from->snapshot, &where, 1, a, &rows, why);
    if (result != STORE_OK) {
        error_prefix(why, "reading table " TABLE_TRIE ": %s", store_result_text(result));
        return false;
    }
    const bytes *value = rows.count == 1 ? row_find(&rows.rows[0], FIELD_VALUE) : NULL;
    if (value == NULL) {
        char digits[2 * sizeof hash->b + 1] = "";
        hex_write(BYTES_OF_VALUE(*hash), digits);
        return error_set(why, "table " TABLE_TRIE " has no row %s", digits);
    }
    *out = *value;
    if (from->cache)
        node_cache_put(from->cache, hash, *value);
    return true;
}

store_put trie_store_put(arena *a, const hash256 *hash, bytes value, int64_t block_number)
{
    row *r = arena_take(a, sizeof *r);
    row_field *field = arena_take(a, sizeof *field);
    *field = (row_field){FIELD_VALUE, value};
    *r = (row){.num = (uint32_t)block_number, .fields = field, .field_count = 1};
    return (store_put){.where = {BYTES_OF_LITERAL(TABLE_TRIE), BYTES_OF_VALUE(*hash)}, .rows = {r, 1}};
}
