#include "group/job.h"
#include "base/mutant.h"
#include "base/memory.h"
#include "sync/sync.h"

#include <stdlib.h>

group_job *group_job_new(group_job_kind kind, uint64_t ticket, bool for_sync)
{
    group_job *j = memory_new(sizeof *j);
    *j = (group_job){.kind = kind, .ticket = ticket, .for_sync = for_sync};
    return j;
}

void group_job_free(group_job *j)
{
    if (j == NULL)
        return;
    for (size_t i = 0; i < j->transaction_count; i++)
        transaction_drop(j->transactions[i]);
    block_drop(j->proposal);
    block_drop(j->decoded);
    if (j->executed)
        execution_drop(j->executed);
    if (j->result)
        execution_drop(j->result);
    chain_view_drop(j->view);
    arena_reset(&j->memory);
    free(j);
}

/* What cannot be decoded or has no signer is left out: the peer is not told (spec/consensus.md 8.4).
   HARDEN of data-model.md 3.2: so is a signature that the reference takes here and refuses in a fetched block (high s, recovery
   ids 2 and 3). Who passes on the other form of a client's transaction would else take its nonce under another hash, and make
   a block that no reference node can fetch. */
static void run_verify(group_job *j, const chain_rules *rules)
{
    j->transactions = arena_take_array(&j->memory, j->raw_count, sizeof *j->transactions);
    size_t decoded = 0;
    for (size_t i = 0; i < j->raw_count; i++) {
        transaction *tx = transaction_decode(rules, j->raw[i], TX_CHECK_NOTHING, NULL, NULL);
        if (tx && rules->suite->is_well_formed(tx->signature))
            j->transactions[decoded++] = tx;
        else
            transaction_drop(tx);
    }
    transaction_recover_senders(rules, j->transactions, decoded);
    for (size_t i = 0; i < decoded; i++) {
        if (j->transactions[i]->sender_known)
            j->transactions[j->transaction_count++] = j->transactions[i];
        else
            transaction_drop(j->transactions[i]);
    }
    j->ok = true;
}

static bool has_senders(const chain_rules *rules, block *b, error_text *why)
{
    size_t known = transaction_recover_senders(rules, b->transactions, b->transaction_count);
    return known == b->transaction_count ||
           error_set(why, "%zu of %zu transactions have no sender", b->transaction_count - known, b->transaction_count);
}

static void run_decode(group_job *j, const chain_rules *rules)
{
    /* Receipts are not believed, but help the executor to find the order in which the block took effect (executor.h).
       HARDEN of data-model.md 3.2: what a quorum has decided is taken as it is. The reference asks for isValid here and not of
       a proposal, so that one transaction with a high s keeps every node that is behind from ever coming back. */
    block_decode_options form = {IS_MUTANT(MUTANT_FORM_REFUSED) ? TX_CHECK_EVERYTHING : TX_CHECK_NOTHING, true};
    j->decoded = block_decode(rules, j->raw[0], form, &j->why);
    j->ok = j->decoded && has_senders(rules, j->decoded, &j->why);
}

static void run_serve(group_job *j, ledger *l)
{
    bytes *blocks = arena_take_array(&j->memory, (size_t)j->count, sizeof *blocks);
    size_t taken = 0, size = 0;
    for (j->next = j->from; j->next < j->from + j->count; j->next++) {
        bytes encoded;
        if (!ledger_encoded_block(l, j->next, &j->memory, &encoded) || (taken && size + encoded.size > SERVE_PACKET_BYTES))
            break;
        blocks[taken++] = encoded;
        size += encoded.size;
    }
    j->ok = taken > 0;
    if (!j->ok) {
        error_set(&j->why, "block %lld is not here", (long long)j->from);
        return;
    }
    buffer packet = buffer_init(SYNC_PACKET_MAX_BYTES);
    sync_encode_blocks(blocks, taken, &packet);
    j->ok = !packet.overflowed;
    j->packet = arena_copy(&j->memory, buffer_bytes(&packet));
    buffer_free(&packet);
}

static void run_execute(group_job *j, ledger *l)
{
    ledger_tip head = ledger_head(l);
    block *proposal = j->proposal;
    if (proposal->header.number != head.number + 1 || !hash256_equal(&proposal->header.parent_hash, &head.hash)) {
        error_set(&j->why, "block %lld does not follow block %lld", (long long)proposal->header.number, (long long)head.number);
        return;
    }
    parent_block parent = {head.hash, head.number, head.state_root};
    j->ok = executor_run_block(ledger_executor(l), ledger_store(l), proposal, &parent, &j->result, &j->why) == EXECUTE_OK;
}

static void run_commit(group_job *j, ledger *l)
{
    commit_result result = ledger_commit(l, j->executed, j->signatures, j->signature_count, &j->why);
    j->store_failed = result == COMMIT_STORE_FAILED && !IS_MUTANT(MUTANT_STORE_FAILURE_IGNORED);
    if (result != COMMIT_OK)
        return;
    j->view = chain_view_load(l, &j->why);
    j->store_failed = j->view == NULL;
    j->ok = j->view != NULL;
}

void group_job_run(group_job *j, ledger *l)
{
    switch (j->kind) {
    case JOB_VERIFY:
        run_verify(j, ledger_rules(l));
        break;
    case JOB_DECODE:
        run_decode(j, ledger_rules(l));
        break;
    case JOB_SERVE:
        run_serve(j, l);
        break;
    case JOB_EXECUTE:
        run_execute(j, l);
        break;
    case JOB_PERSIST:
        j->ok = IS_MUTANT(MUTANT_PREPARED_NOT_WRITTEN) || ledger_save_prepared(l, j->raw[0], &j->why);
        j->store_failed = !j->ok;
        break;
    case JOB_COMMIT:
        run_commit(j, l);
        break;
    }
    /* A look-up that failed for the store's sake looks like an absent thing: it must not be taken for one. */
    if (ledger_failure(l, &j->why) != STORE_OK) {
        j->ok = false;
        j->store_failed = true;
    }
}
