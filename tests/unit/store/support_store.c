#include "support_store.h"

#include <ftw.h>
#include <unistd.h>

char *directory_new(void)
{
    const char *base = getenv("TMPDIR");
    char *path = malloc(strlen(base ? base : "/tmp") + 32);
    sprintf(path, "%s/hanse-store-XXXXXX", base ? base : "/tmp");
    assert_non_null(mkdtemp(path));
    return path;
}

static int remove_one(const char *path, const struct stat *about, int kind, struct FTW *walk)
{
    (void)about, (void)kind, (void)walk;
    return remove(path);
}

void directory_remove(char *path)
{
    nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    free(path);
}

row make_row(arena *a, uint64_t id, uint32_t num, uint8_t status, const char *key, const char *value)
{
    row r = {.id = id, .num = num, .status = status, .field_count = 2};
    r.fields = arena_take_array(a, 2, sizeof *r.fields);
    r.fields[0] = (row_field){BYTES_OF_LITERAL("key"), bytes_of_text(arena_copy_text(a, bytes_of_text(key)))};
    r.fields[1] = (row_field){BYTES_OF_LITERAL("value"), bytes_of_text(arena_copy_text(a, bytes_of_text(value)))};
    return r;
}

void batch_rows(batch_builder *b, const char *table, const char *key, const row *rows, size_t count)
{
    assert_true(b->count < COUNT(b->puts));
    row *copy = arena_take_array(&b->memory, count, sizeof *copy);
    if (count)
        memcpy(copy, rows, count * sizeof *copy);
    b->puts[b->count++] = (store_put){
        .where = {bytes_of_text(arena_copy_text(&b->memory, bytes_of_text(table))),
                  bytes_of_text(arena_copy_text(&b->memory, bytes_of_text(key)))},
        .rows = {copy, count},
    };
}

void batch_row(batch_builder *b, const char *table, const char *key, uint64_t id, uint32_t num, const char *value)
{
    row r = make_row(&b->memory, id, num, ROW_NORMAL, key, value);
    batch_rows(b, table, key, &r, 1);
}

store_result batch_apply(batch_builder *b, store *s, int64_t number, error_text *why)
{
    store_batch batch = {.number = number, .puts = b->puts, .put_count = b->count};
    store_result result = store_apply(s, &batch, why);
    arena_reset(&b->memory);
    b->count = 0;
    return result;
}

row_set get_rows(store *s, store_snapshot *snapshot, const char *table, const char *key, arena *a)
{
    row_key where = {bytes_of_text(table), bytes_of_text(key)};
    row_set rows;
    error_text why = {""};
    store_result result = store_get_many(s, snapshot, &where, 1, a, &rows, &why);
    if (result != STORE_OK)
        fail_msg("%s: %s", store_result_text(result), why.text);
    return rows;
}

const char *get_value(store *s, store_snapshot *snapshot, const char *table, const char *key, arena *a)
{
    row_set rows = get_rows(s, snapshot, table, key, a);
    if (rows.count == 0)
        return "";
    assert_int_equal(rows.count, 1);
    const bytes *value = row_find(&rows.rows[0], BYTES_OF_LITERAL("value"));
    assert_non_null(value);
    return arena_copy_text(a, *value);
}

enum { RING = 7, FILL_BYTES = 3000 };

/* A different text for each block, long enough that a half-written batch would show. */
static const char *fill(arena *a, int64_t n)
{
    char *text = arena_take(a, FILL_BYTES + 1);
    for (int i = 0; i < FILL_BYTES; i++)
        text[i] = (char)('a' + (n * 31 + i * 7) % 26);
    return text;
}

store_result apply_numbered(store *s, int64_t n, error_text *why)
{
    batch_builder b = {0};
    char ring[16], own[32], number[32];
    snprintf(ring, sizeof ring, "ring%d", (int)(n % RING));
    snprintf(own, sizeof own, "%lld", (long long)n);
    snprintf(number, sizeof number, "%lld", (long long)n);
    batch_row(&b, "t_state", "counter", 1, (uint32_t)n, number);
    batch_row(&b, "t_ring", ring, 2 + (uint64_t)(n % RING), (uint32_t)n, fill(&b.memory, n));
    batch_row(&b, "t_log", own, 100 + (uint64_t)n, (uint32_t)n, fill(&b.memory, n));
    return batch_apply(&b, s, n, why);
}

void assert_numbered(store *s, int64_t n)
{
    arena a = {0};
    char key[32], number[32];
    assert_int_equal(store_last_applied(s), n);
    snprintf(number, sizeof number, "%lld", (long long)n);
    assert_string_equal(get_value(s, NULL, "t_state", "counter", &a), n < 0 ? "" : number);
    for (int64_t i = n < RING ? 0 : n - RING + 1; i <= n; i++) {
        snprintf(key, sizeof key, "ring%d", (int)(i % RING));
        assert_string_equal(get_value(s, NULL, "t_ring", key, &a), fill(&a, i));
    }
    for (int64_t i = n < 40 ? 0 : n - 40; i <= n + 1; i++) {
        snprintf(key, sizeof key, "%lld", (long long)i);
        assert_string_equal(get_value(s, NULL, "t_log", key, &a), i <= n ? fill(&a, i) : "");
    }
    arena_reset(&a);
}
