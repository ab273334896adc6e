/* forge.h: messages that an honest node would not make, for liar.c and the tests: real encodings, real signatures,
   wrong content. Thread: that of the simulation. */
#ifndef HANSE_SIM_FORGE_H
#define HANSE_SIM_FORGE_H

#include "consensus/pbft_message.h"
#include "sim/sim.h"
#include "sync/packets.h"

typedef struct {
    simulation *s;
    size_t node;
    prng random;
    memo *memory;
    bool no_ttl_optimization;
} forger;

forger forger_of(simulation *s, size_t node, uint64_t seed);

void forge_sign(forger *f, pbft_request *r, const secret_key *key); /* fills both signatures */
void forge_request_packet(forger *f, pbft_kind kind, const pbft_request *r, buffer *out);
void forge_prepare_packet(forger *f, const pbft_request *r, const block *b, buffer *out);

/* The block of an own prepare in full, with the transactions of the pool where it names hashes only. NULL: not one's
   own, or not all here. */
block *forge_read_block(forger *f, const sim_message *m, const pbft_packet *packet, pbft_request *r);
/* The same of anybody's prepare. */
block *forge_read_proposal(forger *f, const sim_message *m, const pbft_packet *packet, pbft_request *r);
bool forge_result(forger *f, const block *proposal,
                  hash256 *out);                  /* the hash after execution; false: not on top of this chain */
void forge_header(forger *f, block *b);           /* one field; the hash is not set anew */
void forge_claim(forger *f, block *b);            /* a result that is none, with its hash */
bool forge_old_transactions(forger *f, block *b); /* false: the chain has none yet */
/* The first transaction gets the other signature that is good for it: another hash, the same sender. false: none was
 * found. */
bool forge_other_form(forger *f, block *b);
block *forge_new_block(forger *f, const consensus_status *c, uint64_t height);
void forge_status(forger *f, buffer *out);
bool forge_blocks(forger *f, const sync_packet *honest, buffer *out); /* false: left as it is */

#endif
