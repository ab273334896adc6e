/* liar.h: a Byzantine node: an honest machine whose words are twisted on their way out, and who speaks without being
   asked. What it signs is really signed with its key. Thread: that of its simulation. */
#ifndef HANSE_SIM_LIAR_H
#define HANSE_SIM_LIAR_H

#include "sim/sim.h"

typedef enum {
    LIE_EQUIVOCATE, /* as leader: another block to half of the others, with its own Sign and Commit on it */
    LIE_HEADER,     /* as leader: one field of the header is forged */
    LIE_STATE_ROOT, /* Sign and Commit on another result; as leader: a proposal that claims another result */
    LIE_BLOCK_HASH, /* as leader: the message names another hash than that of the block in it */
    LIE_OLD_TX,     /* as leader: transactions that are in the chain already, or twice in the block */
    LIE_BROKEN,     /* packets that end too early or have flipped bits */
    LIE_REPLAY,     /* says again what it or others said */
    LIE_FUTURE,     /* heights and views ahead */
    LIE_HUGE_VIEW,
    LIE_TAMPER,     /* says again what others said, with other heights and views under their signatures */
    LIE_VIEW_HASH,  /* view changes that name an older block */
    LIE_OUTSIDER,   /* signed by nobody's key, in the name of others */
    LIE_SILENT,     /* says nothing of its own in consensus */
    LIE_SELECTIVE,  /* speaks to some only */
    LIE_STATUS,     /* heights that are none, hashes that are none, clocks that are none */
    LIE_BLOCKS,     /* sync: blocks that are forged, cut, or not signed by enough */
    LIE_STORM,      /* view changes all the time */
    LIE_OTHER_VIEW, /* its votes on the block at hand are for a later view */
    LIE_COLLECT,    /* as leader: the block of an earlier view again, with the Signs that it got there */
    LIE_OTHER_FORM, /* as leader: a transaction with the other form of its signature (n - s) */
    LIE_WITHHOLD,   /* keeps the transactions of its proposals for itself */
    LIE_KINDS
} lie_kind;

typedef struct liar liar;

/* lies: bits, 1u << lie_kind. The node counts as faulty from now on. */
liar *liar_new(simulation *s, size_t node, unsigned lies, uint64_t seed) MUST_USE;
void liar_set(liar *l, unsigned lies); /* 0: it tells the truth */
/* Its own initiative: to be called now and then. */
void liar_act(liar *l);
void liar_free(liar *l); /* the node's words are its own again */
const char *lie_text(lie_kind kind);

#endif
