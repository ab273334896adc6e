/* collect.h: what a liar has collected at one height: the first block that was proposed there, and the Signs that it
   got in that view. In a later view it brings both again (LIE_COLLECT). Thread: that of the simulation. */
#ifndef HANSE_SIM_COLLECT_H
#define HANSE_SIM_COLLECT_H

#include "sim/forge.h"

enum { COLLECT_SIGNS_MAX = 16 };

typedef struct {
    uint64_t height, view;
    block *proposal; /* NULL: none */
    buffer signs[COLLECT_SIGNS_MAX];
    size_t sign_count;
} collection;

/* Looks at a packet of consensus that the liar heard, or says itself. */
void collect_see(collection *c, forger *f, const sim_message *m);
/* The block for a proposal of this height and view: the one of an earlier view, or NULL; borrowed. */
block *collect_block(const collection *c, uint64_t height, uint64_t view);
void collect_forget(collection *c);

#endif
