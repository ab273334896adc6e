#include <assert.h>
#include <stdlib.h>

#include "consensus/pbft_state.h"
#include "base/mutant.h"

const char *prepare_row_text(prepare_row fired)
{
    static const char *const texts[PREPARE_ROWS] = {
        [PREPARE_VALID] = "valid",
        [PREPARE_FUTURE] = "height or view is ahead",
        [PREPARE_KNOWN] = "known already",
        [PREPARE_SYNCING] = "blocks are being downloaded",
        [PREPARE_PAST] = "height or view is behind",
        [PREPARE_LOCKED] = "another block of this height is prepared",
        [PREPARE_NOT_LEADER] = "not from the leader",
        [PREPARE_BAD_SIGNATURE] = "wrong signature",
        [PREPARE_NO_SUCH_SEALER] = "index is no sealer's",
        [PREPARE_DECIDED] = "the block of this height is being written",
        [PREPARE_SECOND] = "another block of this view came first",
        [PREPARE_TOO_FAR] = "height is too far ahead",
        [PREPARE_NEVER_LEADER] = "not from the leader of that view",
    };
    return texts[fired];
}

const char *block_row_text(block_row fired)
{
    static const char *const texts[BLOCK_ROWS] = {
        [BLOCK_VALID] = "valid",
        [BLOCK_EXECUTED_FORM] = "valid, with its executed header",
        [BLOCK_OTHER_HASH] = "block_hash names another block",
        [BLOCK_OTHER_NUMBER] = "the block has another number",
        [BLOCK_NOT_EMPTY] = "flagged empty, but has transactions",
    };
    return texts[fired];
}

const char *content_row_text(content_row fired)
{
    static const char *const texts[CONTENT_ROWS] = {
        [CONTENT_VALID] = "valid",
        [CONTENT_TOO_MANY] = "more transactions than tx_count_limit",
        [CONTENT_OTHER_PARENT] = "parent is not the latest block",
        [CONTENT_OTHER_SEALERS] = "sealerList is not the group's",
        [CONTENT_BAD_SEALER] = "sealer is no index of sealerList",
        [CONTENT_OTHER_ROOT] = "transactionsRoot is not that of the transactions",
        [CONTENT_OLD_TRANSACTION] = "a transaction ran already, is there twice, or has another time",
    };
    return texts[fired];
}

/* The cases of row 5: stored only if the sealer leads that height and view and signed it. */
static prepare_row judge_future(const pbft *p, const pbft_request *r)
{
    if (r->height - p->next_height > PBFT_FUTURE_HEIGHTS)
        return PREPARE_TOO_FAR;
    if (r->idx != quorum_leader(r->view, r->height, p->count))
        return PREPARE_NEVER_LEADER;
    return pbft_verify_request(p, r) ? PREPARE_FUTURE : PREPARE_BAD_SIGNATURE;
}

prepare_row pbft_judge_prepare(const pbft *p, const pbft_request *r, bool is_empty)
{
    if (r->idx >= p->count)
        return PREPARE_NO_SUCH_SEALER;
    bool has_raw = p->raw.proposal != NULL;
    if (has_raw && hash256_equal(&p->raw.request.block_hash, &r->block_hash) && p->raw.request.view >= r->view)
        return PREPARE_KNOWN;
    if (pbft_is_behind(p, r->height))
        return PREPARE_SYNCING;
    if (r->height < p->next_height || (r->height == p->next_height && r->view < p->view))
        return PREPARE_PAST;
    if (r->height == p->decided_height)
        return PREPARE_DECIDED;
    if (!IS_MUTANT(MUTANT_NO_LOCK) && !is_empty && p->committed.proposal && r->height == p->committed.request.height &&
        !hash256_equal(&r->block_hash, &p->committed.request.block_hash))
        return PREPARE_LOCKED;
    if (r->height > p->next_height || r->view > p->view)
        return judge_future(p, r);
    size_t leader;
    if (!pbft_leader(p, &leader) || r->idx != leader)
        return PREPARE_NOT_LEADER;
    bool is_second = has_raw && p->raw.request.height == r->height && p->raw.request.view == r->view;
    if (is_second && p->raw_state != RAW_REFUSED)
        return PREPARE_SECOND;
    return pbft_verify_request(p, r) ? PREPARE_VALID : PREPARE_BAD_SIGNATURE;
}

/* The header as it was before execution: on top of the latest block. */
static block_header unexecuted(const pbft *p, const block_header *h)
{
    block_header before = *h;
    before.state_root = p->tip.state_root;
    before.receipts_root = before.db_hash = (hash256){0};
    return before;
}

block_row pbft_judge_block(const pbft *p, const pbft_request *r, const block *b, bool is_empty)
{
    static const hash256 none;
    if (is_empty && b->transaction_count > 0)
        return BLOCK_NOT_EMPTY;
    if (b->header.number < 0 || (uint64_t)b->header.number != r->height)
        return BLOCK_OTHER_NUMBER;
    if (hash256_equal(&b->hash, &r->block_hash))
        return BLOCK_VALID;
    if (r->height != p->next_height || hash256_equal(&b->header.receipts_root, &none))
        return BLOCK_OTHER_HASH;
    block_header before = unexecuted(p, &b->header);
    hash256 hash = header_hash(p->suite, &before);
    return hash256_equal(&hash, &r->block_hash) ? BLOCK_EXECUTED_FORM : BLOCK_OTHER_HASH;
}

content_row pbft_judge_content(const pbft *p, const block *b)
{
    const block_header *h = &b->header;
    if (b->transaction_count > p->tx_count_limit)
        return CONTENT_TOO_MANY;
    if (!hash256_equal(&h->parent_hash, &p->tip.hash))
        return CONTENT_OTHER_PARENT;
    if (!IS_MUTANT(MUTANT_SEALERS_NOT_CHECKED) &&
        (h->sealer_count != p->count || memcmp(h->sealers, p->sealers, p->count * sizeof *h->sealers) != 0))
        return CONTENT_OTHER_SEALERS;
    if (u256_compare(h->sealer, u256_of(p->count)) >= 0)
        return CONTENT_BAD_SEALER;
    hash256 root = block_transactions_root(p->rules, b);
    return hash256_equal(&root, &h->transactions_root) || IS_MUTANT(MUTANT_ROOT_NOT_CHECKED) ? CONTENT_VALID : CONTENT_OTHER_ROOT;
}

bool pbft_may_run(const pbft *p, const block *b)
{
    map nonces = map_init(p->config.seed);
    bool may_run = true;
    for (size_t i = 0; !IS_MUTANT(MUTANT_OLD_TRANSACTIONS) && may_run && i < b->transaction_count; i++) {
        transaction *tx = b->transactions[i];
        may_run = txpool_may_run_next(p->config.pool, tx) && map_put(&nonces, BYTES_OF_VALUE(tx->nonce), tx) == NULL;
    }
    map_free(&nonces);
    return may_run;
}

/* Decodes and checks the block of a prepare. NULL: dropped. */
static block *decode_block(pbft *p, const pbft_request *r, bytes encoded, bool is_empty)
{
    error_text why;
    block *b = block_decode(p->rules, encoded, (block_decode_options){.checks = TX_CHECK_NOTHING}, &why);
    if (b == NULL) {
        pbft_drop(p, "PrepareReq", why.text);
        return NULL;
    }
    block_row fired = pbft_judge_block(p, r, b, is_empty);
    if (fired == BLOCK_EXECUTED_FORM) {
        b->header = unexecuted(p, &b->header);
        block_seal_hash(p->rules, b);
    } else if (fired != BLOCK_VALID) {
        pbft_drop(p, "PrepareReq", block_row_text(fired));
        block_drop(b);
        return NULL;
    }
    block_set_signatures(b, NULL, 0);
    pbft_adopt_pool_transactions(p, b);
    return b;
}

void pbft_on_prepare(pbft *p, const pbft_packet *packet, const node_id *from)
{
    pbft_request r;
    bytes encoded;
    error_text why;
    if (!pbft_prepare_decode(packet->data, &r, &encoded, &why)) {
        pbft_drop(p, "PrepareReq", why.text);
        return;
    }
    prepare_row fired = pbft_judge_prepare(p, &r, packet->is_empty);
    if (fired != PREPARE_VALID && fired != PREPARE_FUTURE) {
        pbft_drop(p, "PrepareReq", prepare_row_text(fired));
        return;
    }
    block *b = decode_block(p, &r, encoded, packet->is_empty);
    if (b == NULL)
        return;
    pbft_see_view(p, &r);
    /* The reference forwards after execution; passing it on at once saves the nodes behind us that time. */
    pbft_forward(p, packet, &r, from);
    pbft_proposal s = {.request = r, .is_empty = packet->is_empty, .proposal = b, .encoded_bytes = encoded.size};
    if (fired == PREPARE_FUTURE)
        pbft_store_future(p, &s);
    else
        pbft_accept_prepare(p, &s);
}

/* -1: a is nearer to the chain than b. */
static int compare_place(const pbft_request *a, const pbft_request *b)
{
    if (a->height != b->height)
        return a->height < b->height ? -1 : 1;
    return a->view < b->view ? -1 : a->view > b->view;
}

/* The slot for s, or NULL: nothing has to make room for it. One sealer has one slot: its nearest height, there its
 * newest view. */
static pbft_proposal *future_slot(pbft *p, const pbft_proposal *s)
{
    pbft_proposal *empty = NULL, *farthest = NULL;
    for (size_t i = 0; i < PBFT_FUTURE_PREPARES; i++) {
        pbft_proposal *f = &p->future[i];
        if (f->proposal == NULL) {
            empty = f;
        } else if (f->request.idx == s->request.idx) {
            bool is_nearer = s->request.height < f->request.height;
            bool is_newer = s->request.height == f->request.height && s->request.view > f->request.view;
            return is_nearer || is_newer ? f : NULL;
        } else if (farthest == NULL || compare_place(&f->request, &farthest->request) > 0) {
            farthest = f;
        }
    }
    if (empty)
        return empty;
    return compare_place(&s->request, &farthest->request) < 0 ? farthest : NULL;
}

void pbft_store_future(pbft *p, pbft_proposal *s)
{
    size_t bytes_held = 0;
    for (size_t i = 0; i < PBFT_FUTURE_PREPARES; i++)
        bytes_held += p->future[i].encoded_bytes;
    pbft_proposal *slot = future_slot(p, s);
    if (slot && s->encoded_bytes <= PBFT_FUTURE_BYTES_MAX - (bytes_held - slot->encoded_bytes)) {
        pbft_proposal_clear(slot);
        *slot = *s;
        *s = (pbft_proposal){0};
    } else {
        pbft_drop(p, "PrepareReq", "no room for future prepares");
        pbft_proposal_clear(s);
    }
}

void pbft_use_future(pbft *p)
{
    for (size_t i = 0; i < PBFT_FUTURE_PREPARES; i++) {
        pbft_proposal *f = &p->future[i];
        if (f->proposal == NULL || f->request.height != p->next_height || f->request.view != p->view)
            continue;
        pbft_proposal s = *f;
        *f = (pbft_proposal){0};
        prepare_row fired = pbft_judge_prepare(p, &s.request, s.is_empty);
        if (fired == PREPARE_VALID) {
            pbft_accept_prepare(p, &s);
        } else {
            pbft_drop(p, "PrepareReq", prepare_row_text(fired));
            pbft_proposal_clear(&s);
        }
    }
}

void pbft_clear_raw(pbft *p)
{
    pbft_proposal_clear(&p->raw);
    p->raw_state = RAW_NONE; /* a job under way becomes stale by this */
}

void pbft_clear_prepared(pbft *p)
{
    if (p->prepared.is_set)
        execution_drop(p->prepared.result);
    memset(&p->prepared, 0, sizeof p->prepared);
}

void pbft_accept_prepare(pbft *p, pbft_proposal *s)
{
    pbft_clear_raw(p);
    pbft_clear_prepared(p);
    p->raw = *s;
    *s = (pbft_proposal){0};
    p->last_add_raw_ms = p->steady_ms;
    p->sealing_tx = p->raw.proposal->transaction_count;
    if (p->sealing_tx == 0) { /* E2b */
        p->raw_state = RAW_EMPTY;
        p->last_exec_ms = p->steady_ms;
        p->change_cycle = 0;
        pbft_change_view(p, CHANGE_BY_EMPTY_BLOCK);
        return;
    }
    content_row fired = pbft_judge_content(p, p->raw.proposal);
    if (fired == CONTENT_VALID && !pbft_may_run(p, p->raw.proposal))
        fired = CONTENT_OLD_TRANSACTION;
    if (fired != CONTENT_VALID) { /* E2c */
        p->raw_state = RAW_REFUSED;
        actions_log(p->out, LOG_WARNING, "[CONSENSUS][PBFT]Block execute failed: %s,num=%llu,idx=%u,hash=%s",
                    content_row_text(fired), (unsigned long long)p->raw.request.height, p->raw.request.idx,
                    short_hex_of(BYTES_OF_VALUE(p->raw.request.block_hash)).text);
        return;
    }
    p->raw_state = RAW_WAITING;
    pbft_note_sealing(p, (int64_t)p->raw.request.height);
    pbft_start_execution(p);
}

void pbft_start_execution(pbft *p)
{
    if (p->raw_state != RAW_WAITING || p->executing.is_active || p->committing.is_active)
        return;
    p->raw_state = RAW_EXECUTING;
    p->executing =
        (pbft_executing){.is_active = true, .ticket = ++p->last_ticket, .proposal = block_keep(p->raw.proposal)};
    consensus_action *a = actions_add(p->out, CONSENSUS_EXECUTE);
    a->execute.ticket = p->executing.ticket;
    a->execute.proposal = p->executing.proposal;
}

void pbft_on_executed(pbft *p, uint64_t ticket, execution *result)
{
    if (!p->executing.is_active || p->executing.ticket != ticket)
        return;
    bool is_current = p->raw_state == RAW_EXECUTING && p->raw.proposal == p->executing.proposal;
    p->executing.is_active = false;
    block_drop(p->executing.proposal);
    p->executing.proposal = NULL;
    if (!is_current) { /* the view changed, or the chain went on without us */
        pbft_start_execution(p);
        return;
    }
    p->last_exec_ms = p->steady_ms;
    if (result == NULL) { /* E2d */
        p->raw_state = RAW_REFUSED;
        actions_log(p->out, LOG_WARNING, "[CONSENSUS][PBFT]Block execute failed,num=%llu,idx=%u,hash=%s",
                    (unsigned long long)p->raw.request.height, p->raw.request.idx,
                    short_hex_of(BYTES_OF_VALUE(p->raw.request.block_hash)).text);
        return;
    }
    const block *done = execution_block(result);
    assert(done->header.number == p->raw.proposal->header.number);
    p->raw_state = RAW_EXECUTED; /* E2e */
    p->prepared.is_set = true;
    p->prepared.height = p->raw.request.height;
    p->prepared.view = p->raw.request.view;
    p->prepared.proposal_hash = p->raw.request.block_hash;
    p->prepared.block_hash = done->hash;
    p->prepared.result = execution_keep(result);
    pbft_purge_votes(p, &p->prepared.block_hash, p->prepared.view);
    pbft_sign(p);
}
