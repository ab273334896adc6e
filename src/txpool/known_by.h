/* known_by.h: which nodes know a transaction, as bits: nodes get numbers, up to TXPOOL_KNOWN_NODES_MAX of them.
   64 nodes cost 8 bytes a transaction, more 128. Thread: one at a time. */
#ifndef HANSE_TXPOOL_KNOWN_BY_H
#define HANSE_TXPOOL_KNOWN_BY_H

#include "base/map.h"
#include "crypto/suite.h"

typedef struct {
    map by_id;
} node_numbers;

typedef struct {
    uint64_t first;  /* nodes 0 .. 63 */
    uint64_t *more;  /* the rest, when one of them is marked */
} known_by;

void node_numbers_free(node_numbers *numbers);
void known_by_add(known_by *k, node_numbers *numbers, const node_id *node); /* dropped when all numbers are taken */
bool known_by_has(const known_by *k, const node_numbers *numbers, const node_id *node);
bool known_by_is_empty(const known_by *k);
void known_by_clear(known_by *k);

#endif
