/* nonces.h: the nonces of recently committed blocks. Source: spec/consensus.md 2.3, spec/data-model.md section 9.
   Memory: the nonces of at most NONCES_BLOCKS blocks. Thread: one at a time. */
#ifndef HANSE_TXPOOL_NONCES_H
#define HANSE_TXPOOL_NONCES_H

#include "base/map.h"
#include "base/u256.h"

enum { NONCES_BLOCKS = 1001 }; /* [head - 1000, head] */

typedef struct {
    int64_t number;
    u256 *nonces;
    size_t count;
} nonces_of_block;

typedef struct {
    map by_nonce;            /* -> the newest block that has it */
    nonces_of_block *blocks; /* a ring: number modulo NONCES_BLOCKS */
    int64_t head;            /* -1: nothing was added */
} nonce_window;

nonce_window nonce_window_new(uint64_t seed);
void nonce_window_free(nonce_window *w);
/* number must be above every number added before. */
void nonce_window_add(nonce_window *w, int64_t number, const u256 *nonces, size_t count);
bool nonce_window_has(const nonce_window *w, const u256 *nonce);

#endif
