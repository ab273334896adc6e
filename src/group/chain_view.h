/* chain_view.h: what the chain says after a block, read from the ledger once and then shared: the tip, the node lists, the
   system configuration that is in force for the next block. Immutable and counted. */
#ifndef HANSE_GROUP_CHAIN_VIEW_H
#define HANSE_GROUP_CHAIN_VIEW_H

#include "base/reference.h"
#include "consensus/consensus.h"

typedef struct chain_view {
    reference_count references;
    arena memory;
    chain_state state;
} chain_view;

/* Reads the ledger's present state; NULL when the store fails. Any thread. */
chain_view *chain_view_load(ledger *l, error_text *why) MUST_USE;
chain_view *chain_view_keep(chain_view *v);
void chain_view_drop(chain_view *v); /* NULL is allowed */
/* Sealer or observer of the group? (spec/consensus.md section 9) */
bool chain_view_has_member(const chain_view *v, const node_id *node);

#endif
