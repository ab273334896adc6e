/* Signatures of a recorded block: spec/consensus.md 5.13, and 6 for rpbft, where a signature's index counts in the list of all
   sealers and only working sealers sign. */
#include "base/memory.h"
#include "codec/hex.h"
#include "consensus/quorum.h"
#include "tool/replay_inside.h"

#include <stdlib.h>

static const node_id *find_node(const node_id *nodes, size_t count, const node_id *wanted)
{
    for (size_t i = 0; i < count; i++)
        if (node_id_equal(&nodes[i], wanted))
            return &nodes[i];
    return NULL;
}

/* Below 2.6.0 the working sealers of rpbft are no rows of the database: the header is believed. */
void replay_take_signers(replay *r, const block *b, arena *a, replay_signers *out)
{
    node_lists lists;
    int64_t number = b->header.number;
    consensus_kind kind = ledger_genesis(r->ledger)->consensus;
    *out = (replay_signers){0};
    if (kind == CONSENSUS_RAFT)
        return;
    if (!ledger_node_lists(r->ledger, number - 1, a, &lists)) {
        error_set(r->why, "block %lld: the list of sealers cannot be read", (long long)number);
        replay_break(r);
        return;
    }
    *out = (replay_signers){lists.sealers, b->header.sealers, lists.sealer_count, b->header.sealer_count};
    if (kind == CONSENSUS_RPBFT && !rules_have(ledger_rules(r->ledger), GATE_VRF_SEALERS))
        return;
    const node_id *expected = kind == CONSENSUS_RPBFT ? lists.working_sealers : lists.sealers;
    size_t count = kind == CONSENSUS_RPBFT ? lists.working_count : lists.sealer_count;
    bool differs = count != b->header.sealer_count;
    for (size_t i = 0; i < count && !differs; i++)
        differs = find_node(b->header.sealers, b->header.sealer_count, &expected[i]) == NULL;
    if (differs)
        replay_differs(r, number, NULL, arena_print(a, "%zu sealers, those of the block's header", b->header.sealer_count),
                       arena_print(a, "%zu sealers, those of the database", count), "header.sealerList");
}

static void check_signature(replay *r, const block *b, const hash256 *hash, size_t index, const replay_signers *who, bool *has_signed)
{
    const block_signature *s = &b->signatures[index];
    const char *problem = NULL;
    if (s->sealer_index >= who->indexed_count)
        problem = "an index behind the last sealer";
    else if (!find_node(who->signing, who->signing_count, &who->indexed[s->sealer_index]))
        problem = "a node that may not sign";
    else if (!ledger_rules(r->ledger)->suite->verify(&who->indexed[s->sealer_index], hash, s->signature))
        problem = "a signature that is not that sealer's";
    else
        has_signed[s->sealer_index] = true;
    if (problem) {
        arena a = {0};
        replay_differs(r, b->header.number, NULL, arena_print(&a, "a signature of sealer %llu", (unsigned long long)s->sealer_index),
                       problem, "signatureList[%zu]", index);
        arena_reset(&a);
    }
}

void replay_check_seal(replay *r, const block *b, const hash256 *hash, const replay_signers *who)
{
    if (who->signing_count == 0)
        return;
    arena a = {0};
    bool *has_signed = arena_take_array(&a, who->indexed_count, sizeof *has_signed);
    size_t distinct = 0, quorum = quorum_size(who->signing_count);
    for (size_t i = 0; i < b->signature_count && !r->is_over; i++)
        check_signature(r, b, hash, i, who, has_signed);
    for (size_t i = 0; i < who->indexed_count; i++)
        distinct += has_signed[i];
    if (!r->is_over && distinct < quorum)
        replay_differs(r, b->header.number, NULL, arena_print(&a, "signatures of %zu distinct sealers", quorum),
                       arena_print(&a, "%zu", distinct), "signatureList");
    arena_reset(&a);
}
