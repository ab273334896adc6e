/* support_store.h: what the tests of the store share: directories that go away, batches in a few words. */
#ifndef HANSE_TESTS_SUPPORT_STORE_H
#define HANSE_TESTS_SUPPORT_STORE_H

#include "store/store.h"
#include "test.h"

char *directory_new(void);         /* an empty one, below $TMPDIR or /tmp */
void directory_remove(char *path); /* with everything in it; frees path */

/* A batch under construction: puts of one row or more, all in memory of its own. */
typedef struct {
    arena memory;
    store_put puts[64];
    size_t count;
} batch_builder;

/* A row "key" = key, "value" = value; ids given by the caller. */
row make_row(arena *a, uint64_t id, uint32_t num, uint8_t status, const char *key, const char *value);
void batch_row(batch_builder *b, const char *table, const char *key, uint64_t id, uint32_t num, const char *value);
void batch_rows(batch_builder *b, const char *table, const char *key, const row *rows, size_t count);
store_result batch_apply(batch_builder *b, store *s, int64_t number, error_text *why); /* forgets the puts */

row_set get_rows(store *s, store_snapshot *snapshot, const char *table, const char *key, arena *a);
/* "value" of the only row under the key as text, "" when the key is absent. In a. */
const char *get_value(store *s, store_snapshot *snapshot, const char *table, const char *key, arena *a);

/* Block n of a chain whose content is easy to check: counter = n, and the same content under key n % 7, and one key of its own. */
store_result apply_numbered(store *s, int64_t n, error_text *why);
/* Asserts that the store holds exactly the state after numbered block n (and nothing of n + 1). */
void assert_numbered(store *s, int64_t n);

#endif
