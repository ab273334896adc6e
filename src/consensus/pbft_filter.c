#include "consensus/pbft_filter.h"

#include <assert.h>
#include <stdlib.h>

#include "base/memory.h"

enum { WORDS = (HEADER_SEALERS_MAX + 63) / 64 };

typedef struct {
    uint8_t key[2 * SIGNATURE_MAX_BYTES];
    size_t key_bytes;
    uint64_t nodes[WORDS]; /* bit set of indexes that have the message */
} filter_entry;

struct pbft_filter {
    struct {
        map by_key;
        filter_entry *ring[PBFT_FILTER_MESSAGES]; /* in order of arrival; allocated when first used */
        size_t next;
    } kinds[PBFT_KINDS];
};

pbft_filter *pbft_filter_new(uint64_t seed)
{
    pbft_filter *f = memory_new(sizeof *f);
    for (size_t k = 0; k < PBFT_KINDS; k++)
        f->kinds[k].by_key = map_init(seed);
    return f;
}

void pbft_filter_clear(pbft_filter *f)
{
    for (size_t k = 0; k < PBFT_KINDS; k++) {
        map_clear(&f->kinds[k].by_key);
        for (size_t i = 0; i < PBFT_FILTER_MESSAGES; i++) {
            free(f->kinds[k].ring[i]);
            f->kinds[k].ring[i] = NULL;
        }
        f->kinds[k].next = 0;
    }
}

void pbft_filter_free(pbft_filter *f)
{
    if (f == NULL)
        return;
    pbft_filter_clear(f);
    for (size_t k = 0; k < PBFT_KINDS; k++)
        map_free(&f->kinds[k].by_key);
    free(f);
}

static bytes key_of(const pbft_request *m, uint8_t *space)
{
    memcpy(space, m->sig.b, m->sig.size);
    memcpy(space + m->sig.size, m->sig2.b, m->sig2.size);
    return bytes_of(space, (size_t)m->sig.size + m->sig2.size);
}

bool pbft_filter_has(const pbft_filter *f, pbft_kind kind, const pbft_request *message, size_t idx)
{
    assert(idx < HEADER_SEALERS_MAX);
    uint8_t space[2 * SIGNATURE_MAX_BYTES];
    const filter_entry *e = map_get(&f->kinds[kind].by_key, key_of(message, space));
    return e && e->nodes[idx / 64] >> idx % 64 & 1;
}

void pbft_filter_mark(pbft_filter *f, pbft_kind kind, const pbft_request *message, size_t idx)
{
    assert(idx < HEADER_SEALERS_MAX);
    uint8_t space[2 * SIGNATURE_MAX_BYTES];
    bytes key = key_of(message, space);
    filter_entry *e = map_get(&f->kinds[kind].by_key, key);
    if (e == NULL) {
        filter_entry **slot = &f->kinds[kind].ring[f->kinds[kind].next];
        f->kinds[kind].next = (f->kinds[kind].next + 1) % PBFT_FILTER_MESSAGES;
        if (*slot)
            map_remove(&f->kinds[kind].by_key, bytes_of((*slot)->key, (*slot)->key_bytes));
        else
            *slot = memory_new(sizeof **slot);
        e = *slot;
        *e = (filter_entry){.key_bytes = key.size};
        memcpy(e->key, key.data, key.size);
        map_put(&f->kinds[kind].by_key, bytes_of(e->key, e->key_bytes), e);
    }
    e->nodes[idx / 64] |= (uint64_t)1 << idx % 64;
}
