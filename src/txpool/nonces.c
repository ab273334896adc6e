#include "txpool/nonces.h"
#include "base/memory.h"

#include <assert.h>
#include <stdlib.h>

nonce_window nonce_window_new(uint64_t seed)
{
    return (nonce_window){
        .by_nonce = map_init(seed), .blocks = memory_new_array(NONCES_BLOCKS, sizeof(nonces_of_block)), .head = -1};
}

/* A nonce may stand in several blocks (only admission refuses it): it stays known as long as one of them is in the
 * window. */
static void forget(nonce_window *w, nonces_of_block *b)
{
    for (size_t i = 0; i < b->count; i++)
        if (map_get(&w->by_nonce, BYTES_OF_VALUE(b->nonces[i])) == b)
            map_remove(&w->by_nonce, BYTES_OF_VALUE(b->nonces[i]));
    free(b->nonces);
    *b = (nonces_of_block){0};
}

void nonce_window_free(nonce_window *w)
{
    for (size_t i = 0; i < NONCES_BLOCKS; i++)
        free(w->blocks[i].nonces);
    free(w->blocks);
    map_free(&w->by_nonce);
    *w = (nonce_window){0};
}

void nonce_window_add(nonce_window *w, int64_t number, const u256 *nonces, size_t count)
{
    assert(number >= 0 && number > w->head);
    int64_t first = number - NONCES_BLOCKS + 1, old = w->head - NONCES_BLOCKS + 1;
    if (old < 0)
        old = 0;
    for (int64_t gone = old; gone < first && gone <= w->head; gone++)
        forget(w, &w->blocks[gone % NONCES_BLOCKS]);
    w->head = number;
    nonces_of_block *b = &w->blocks[number % NONCES_BLOCKS];
    *b = (nonces_of_block){.number = number, .nonces = memory_new_array(count, sizeof *nonces), .count = count};
    for (size_t i = 0; i < count; i++) {
        b->nonces[i] = nonces[i];
        map_put(&w->by_nonce, BYTES_OF_VALUE(b->nonces[i]), b);
    }
}

bool nonce_window_has(const nonce_window *w, const u256 *nonce)
{
    return map_get(&w->by_nonce, BYTES_OF_VALUE(*nonce)) != NULL;
}
