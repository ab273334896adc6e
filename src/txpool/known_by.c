#include "txpool/known_by.h"
#include "base/memory.h"
#include "txpool/txpool.h"

#include <stdlib.h>

enum { WORD_BITS = 64, MORE_WORDS = TXPOOL_KNOWN_NODES_MAX / WORD_BITS - 1 };

typedef struct {
    node_id id;
    size_t number;
} numbered_node;

void node_numbers_free(node_numbers *numbers)
{
    size_t position = 0;
    for (map_entry *entry; (entry = map_next(&numbers->by_id, &position));)
        free(entry->value);
    map_free(&numbers->by_id);
    *numbers = (node_numbers){0};
}

void known_by_add(known_by *k, node_numbers *numbers, const node_id *node)
{
    numbered_node *found = map_get(&numbers->by_id, BYTES_OF_VALUE(*node));
    if (found == NULL) {
        if (numbers->by_id.count >= TXPOOL_KNOWN_NODES_MAX)
            return;
        found = memory_new(sizeof *found);
        *found = (numbered_node){*node, numbers->by_id.count};
        map_put(&numbers->by_id, BYTES_OF_VALUE(found->id), found);
    }
    uint64_t bit = (uint64_t)1 << found->number % WORD_BITS;
    if (found->number < WORD_BITS) {
        k->first |= bit;
        return;
    }
    if (k->more == NULL)
        k->more = memory_new_array(MORE_WORDS, sizeof *k->more);
    k->more[found->number / WORD_BITS - 1] |= bit;
}

bool known_by_has(const known_by *k, const node_numbers *numbers, const node_id *node)
{
    const numbered_node *found = map_get(&numbers->by_id, BYTES_OF_VALUE(*node));
    if (found == NULL)
        return false;
    uint64_t word = found->number < WORD_BITS ? k->first : k->more ? k->more[found->number / WORD_BITS - 1] : 0;
    return word >> found->number % WORD_BITS & 1;
}

bool known_by_is_empty(const known_by *k)
{
    return k->first == 0 && k->more == NULL;
}

void known_by_clear(known_by *k)
{
    free(k->more);
    *k = (known_by){0};
}
