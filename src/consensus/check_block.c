/* check_block.c: may a block that a peer sent be believed? Source: spec/consensus.md 5.13. */
#include <stdlib.h>

#include "base/memory.h"
#include "base/mutant.h"
#include "consensus/pbft_state.h"

/* One wrong signature refuses the block; q distinct sealers are wanted (HARDEN: the reference counts entries). */
static bool check_signatures(const pbft *p, const block *b, error_text *why)
{
    bool *has_signed = memory_new_array(p->count, sizeof *has_signed);
    size_t distinct = 0;
    bool is_good = b->signature_count <= BLOCK_SIGNATURES_MAX || error_set(why, "%zu signatures", b->signature_count);
    for (size_t i = 0; is_good && i < b->signature_count; i++) {
        const block_signature *s = &b->signatures[i];
        if (s->sealer_index >= p->count) {
            is_good = error_set(why, "signature %zu: index %llu of %zu sealers", i, (unsigned long long)s->sealer_index,
                                p->count);
        } else if (!p->suite->verify(&p->sealers[s->sealer_index], &b->hash, s->signature)) {
            is_good =
                error_set(why, "signature %zu is not that of sealer %llu", i, (unsigned long long)s->sealer_index);
        } else if (!has_signed[s->sealer_index] || IS_MUTANT(MUTANT_SIGNERS_COUNTED_TWICE)) {
            has_signed[s->sealer_index] = true;
            distinct++;
        }
    }
    free(has_signed);
    if (is_good && distinct < p->quorum)
        is_good = error_set(why, "signed by %zu distinct sealers, %zu are needed", distinct, p->quorum);
    return is_good;
}

bool pbft_check_block(const pbft *p, const block *b, error_text *why)
{
    if (!p->is_started || p->count == 0)
        return error_set(why, "the group has no sealers yet");
    if (b->header.number != p->tip.number + 1)
        return error_set(why, "block %lld does not follow block %lld", (long long)b->header.number,
                         (long long)p->tip.number);
    content_row fired = pbft_judge_content(p, b);
    if (fired != CONTENT_VALID)
        return error_set(why, "block %lld: %s", (long long)b->header.number, content_row_text(fired));
    return check_signatures(p, b, why);
}
