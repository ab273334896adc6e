/* blooms.h: remembered blooms of blocks: which logs a block may hold (the header's own bloom is always zero,
   spec/data-model.md section 5). In pages of ETH_BLOOM_PAGE_BLOCKS blocks; the page that was not used for longest goes
   first. Any thread. */
#ifndef HANSE_ETH_BLOOMS_H
#define HANSE_ETH_BLOOMS_H

#include "chain/receipt.h"

enum { ETH_BLOOM_PAGE_BLOCKS = 1024 };

typedef struct eth_blooms eth_blooms;

eth_blooms *eth_blooms_new(size_t pages_max) MUST_USE; /* at least 1 */
void eth_blooms_free(eth_blooms *c);                   /* NULL is allowed */
/* chain: the hash of its genesis block. */
bool eth_blooms_get(eth_blooms *c, const hash256 *chain, int64_t number, bloom *out) MUST_USE;
void eth_blooms_put(eth_blooms *c, const hash256 *chain, int64_t number, const bloom *b);

#endif
