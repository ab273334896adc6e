#include "world.h"

#include "base/memory.h"

#include <semaphore.h>
#include <unistd.h>

static world *world_of(rpc_group *held)
{
    return (world *)held;
}

/* ---- the backend's functions ---- */

static rpc_group *find_group(void *context, int32_t group_id)
{
    world *w = context;
    if (group_id != w->rules.group_id)
        return NULL;
    atomic_fetch_add(&w->groups_in_use, 1);
    return (rpc_group *)w;
}

static void release_group(void *context, rpc_group *held)
{
    assert_ptr_equal(context, held);
    atomic_fetch_sub(&world_of(held)->groups_in_use, 1);
}

static size_t list_groups(void *context, int32_t *out, size_t max)
{
    world *w = context;
    assert_true(max > 0);
    out[0] = w->rules.group_id;
    return 1;
}

static ledger *ledger_of(rpc_group *held)
{
    return world_of(held)->ledger;
}

static consensus_kind consensus_of(rpc_group *held)
{
    return world_of(held)->consensus;
}

static void admit(world *w, held_submission one)
{
    enum { NOW_MS = 1000 };
    error_text why = {""};
    pthread_mutex_lock(&w->lock);
    transaction_status status = txpool_submit(w->pool, one.tx, NOW_MS, &why);
    if (status == STATUS_OK && one.ready) {
        assert_true(w->waiting_count < WORLD_HELD_MAX);
        w->waiting[w->waiting_count++] = (held_submission){transaction_keep(one.tx), NULL, NULL, one.ready, one.ready_context};
    }
    if (status == STATUS_OK && w->seals)
        world_seal(w);
    pthread_mutex_unlock(&w->lock);
    one.answer(one.context, status, why.text);
    transaction_drop(one.tx);
}

/* Tells those whose transaction is in this block. */
static void tell_waiting(world *w, const block *b)
{
    size_t kept = 0;
    for (size_t i = 0; i < w->waiting_count; i++) {
        held_submission one = w->waiting[i];
        size_t index = 0;
        while (index < b->transaction_count && !bytes_equal(BYTES_OF_VALUE(b->transactions[index]->hash), BYTES_OF_VALUE(one.tx->hash)))
            index++;
        if (index == b->transaction_count) {
            w->waiting[kept++] = one;
            continue;
        }
        one.ready(one.ready_context, b->header.number, index);
        transaction_drop(one.tx);
    }
    w->waiting_count = kept;
    if (w->on_block)
        w->on_block(w->on_block_context, w->rules.group_id, b->header.number);
}

static const rpc_group_limits *limits_of(rpc_group *held)
{
    return &world_of(held)->limits;
}

static bool is_sdk_allowed(rpc_group *held, const node_id *key)
{
    world *w = world_of(held);
    pthread_mutex_lock(&w->lock);
    bool ok = w->allowed_count == 0;
    for (size_t i = 0; i < w->allowed_count; i++)
        ok |= node_id_equal(&w->allowed[i], key);
    pthread_mutex_unlock(&w->lock);
    return ok;
}

void world_allow(world *w, const node_id *keys, size_t count)
{
    assert_true(count <= COUNT(w->allowed));
    pthread_mutex_lock(&w->lock);
    memcpy(w->allowed, keys, count * sizeof *keys);
    w->allowed_count = count;
    pthread_mutex_unlock(&w->lock);
}

static bool submit(rpc_group *held, transaction *tx, rpc_submit_answer answer, void *answer_context, rpc_receipt_ready ready,
                   void *ready_context)
{
    world *w = world_of(held);
    held_submission one = {transaction_keep(tx), answer, answer_context, ready, ready_context};
    if (w->manner == WORLD_IS_BUSY) {
        transaction_drop(tx);
        return false;
    }
    if (w->manner == WORLD_ANSWERS_AT_ONCE) {
        admit(w, one);
        return true;
    }
    pthread_mutex_lock(&w->lock);
    assert_true(w->held_count < WORLD_HELD_MAX);
    w->held[w->held_count++] = one;
    pthread_mutex_unlock(&w->lock);
    return true;
}

size_t world_answer_held(world *w)
{
    held_submission all[WORLD_HELD_MAX];
    pthread_mutex_lock(&w->lock);
    size_t count = w->held_count;
    memcpy(all, w->held, count * sizeof *all);
    w->held_count = 0;
    pthread_mutex_unlock(&w->lock);
    for (size_t i = 0; i < count; i++)
        admit(w, all[i]);
    return count;
}

static chain_view *view(rpc_group *held)
{
    error_text why = {""};
    chain_view *v = chain_view_load(world_of(held)->ledger, &why);
    if (v == NULL)
        fail_msg("%s", why.text);
    return v;
}

/* A sealer that agrees with all the others. */
static void get_consensus_status(rpc_group *held, arena *a, consensus_status *out)
{
    world *w = world_of(held);
    node_lists lists;
    ledger_tip tip = ledger_head(w->ledger);
    assert_true(ledger_node_lists(w->ledger, tip.number, a, &lists));
    *out = (consensus_status){.node_count = lists.sealer_count, .max_faulty = (lists.sealer_count - 1) / 3,
                              .consensused_number = tip.number + 1, .highest_number = tip.number, .highest_hash = tip.hash,
                              .is_sealer = true, .view = w->view, .to_view = w->view,
                              .connected_nodes = lists.sealer_count - 1, .sealers = lists.sealers,
                              .sealer_count = lists.sealer_count, .view_count = lists.sealer_count};
    out->views = arena_take_array(a, lists.sealer_count, sizeof *out->views);
    for (size_t i = 0; i < lists.sealer_count; i++) {
        out->views[i].node = lists.sealers[i];
        out->views[i].view = w->view;
        if (node_id_equal(&lists.sealers[i], &w->info.self))
            out->node_index = (uint32_t)i;
    }
}

/* Every other member is as far as this node. */
static void get_sync_status(rpc_group *held, arena *a, sync_status *out)
{
    world *w = world_of(held);
    node_lists lists;
    ledger_tip tip = ledger_head(w->ledger);
    assert_true(ledger_node_lists(w->ledger, tip.number, a, &lists));
    *out = (sync_status){.number = tip.number, .known_highest = tip.number, .latest_hash = tip.hash, .known_latest_hash = tip.hash,
                         .pool_size = txpool_size(w->pool)};
    out->peers = arena_take_array(a, lists.sealer_count, sizeof *out->peers);
    for (size_t i = 0; i < lists.sealer_count; i++)
        if (!node_id_equal(&lists.sealers[i], &w->info.self))
            out->peers[out->peer_count++] = (sync_peer_status){lists.sealers[i], tip.genesis_hash, tip.hash, tip.number};
}

static size_t pending(rpc_group *held, transaction **out, size_t max)
{
    world *w = world_of(held);
    pthread_mutex_lock(&w->lock);
    size_t count = txpool_list(w->pool, out, max);
    for (size_t i = 0; i < count; i++)
        transaction_keep(out[i]);
    pthread_mutex_unlock(&w->lock);
    return count;
}

static size_t pending_count(rpc_group *held)
{
    world *w = world_of(held);
    pthread_mutex_lock(&w->lock);
    size_t count = txpool_size(w->pool);
    pthread_mutex_unlock(&w->lock);
    return count;
}

static transaction *pending_find(rpc_group *held, const hash256 *hash)
{
    world *w = world_of(held);
    pthread_mutex_lock(&w->lock);
    transaction *found = txpool_find(w->pool, hash);
    if (found)
        transaction_keep(found);
    pthread_mutex_unlock(&w->lock);
    return found;
}

static rpc_backend backend_of(world *w)
{
    return (rpc_backend){.context = w,
                         .info = &w->info,
                         .find_group = find_group,
                         .release_group = release_group,
                         .list_groups = list_groups,
                         .ledger_of = ledger_of,
                         .consensus_of = consensus_of,
                         .submit = submit,
                         .limits_of = limits_of,
                         .is_sdk_allowed = is_sdk_allowed,
                         .view = view,
                         .consensus_status = get_consensus_status,
                         .sync_status = get_sync_status,
                         .pending = pending,
                         .pending_count = pending_count,
                         .pending_find = pending_find};
}

/* ---- blocks ---- */

static block *propose(world *w, transaction *const *txs, size_t count)
{
    ledger_tip tip = ledger_head(w->ledger);
    block *b = block_new();
    node_lists lists;
    assert_true(ledger_node_lists(w->ledger, tip.number, &b->memory, &lists));
    b->header.number = tip.number + 1;
    b->header.parent_hash = tip.hash;
    b->header.timestamp_ms = tip.timestamp_ms + 1000;
    b->header.sealers = lists.sealers;
    b->header.sealer_count = lists.sealer_count;
    transaction **kept = arena_take_array(&b->memory, count, sizeof *kept);
    for (size_t i = 0; i < count; i++)
        kept[i] = transaction_keep(txs[i]);
    block_set_transactions(b, kept, count);
    b->header.transactions_root = block_transactions_root(&w->rules, b);
    block_seal_hash(&w->rules, b);
    return b;
}

/* Takes the proposal over. */
static void make_proposed(world *w, block *proposal)
{
    ledger_tip tip = ledger_head(w->ledger);
    execution *e = NULL;
    error_text why = {""};
    if (executor_run_block(ledger_executor(w->ledger), w->store, proposal, &(parent_block){tip.hash, tip.number, tip.state_root}, &e,
                           &why) != EXECUTE_OK ||
        ledger_commit(w->ledger, e, NULL, 0, &why) != COMMIT_OK)
        fail_msg("block %lld: %s", (long long)tip.number + 1, why.text);
    txpool_on_block(w->pool, execution_block(e));
    tell_waiting(w, execution_block(e));
    execution_drop(e);
    block_drop(proposal);
}

void world_make_block(world *w, transaction *const *txs, size_t count)
{
    make_proposed(w, propose(w, txs, count));
}

void world_make_block_as(world *w, const block_header *header, const hash256 *hashes, size_t count)
{
    block *b = block_new();
    b->header = header_copy(&b->memory, header);
    transaction **txs = arena_take_array(&b->memory, count, sizeof *txs);
    for (size_t i = 0, waited = 0; i < count;) {
        pthread_mutex_lock(&w->lock);
        transaction *found = txpool_find(w->pool, &hashes[i]);
        if (found)
            txs[i++] = transaction_keep(found);
        pthread_mutex_unlock(&w->lock);
        if (found == NULL && waited++ > 5000)
            fail_msg("block %lld: transaction %zu is not in the pool", (long long)header->number, i);
        if (found == NULL)
            usleep(1000);
    }
    block_set_transactions(b, txs, count);
    block_seal_hash(&w->rules, b);
    hash256 root = block_transactions_root(&w->rules, b), parent = ledger_head(w->ledger).hash;
    assert_memory_equal(&root, &b->header.transactions_root, sizeof root);
    assert_memory_equal(&parent, &b->header.parent_hash, sizeof parent);
    pthread_mutex_lock(&w->lock);
    make_proposed(w, b);
    pthread_mutex_unlock(&w->lock);
}

void world_seal(world *w)
{
    enum { BLOCK_MAX = 100 };
    transaction *txs[BLOCK_MAX];
    size_t count = txpool_pick(w->pool, BLOCK_MAX, NULL, 1000, txs);
    world_make_block(w, txs, count);
}

/* ---- opening ---- */

static int by_place(const void *a, const void *b)
{
    const store_put *x = a, *y = b;
    int order = bytes_compare(x->where.table, y->where.table);
    if (order == 0)
        order = bytes_compare(x->where.key, y->where.key);
    return order ? order : (x->rows.rows->id > y->rows.rows->id) - (x->rows.rows->id < y->rows.rows->id);
}

static int by_name(const void *a, const void *b)
{
    return bytes_compare(((const row_field *)a)->name, ((const row_field *)b)->name);
}

static uint64_t number_of(bytes text)
{
    u256 value;
    assert_true(u256_from_decimal(text, &value));
    return value.limb[0];
}

static void read_row(rlp_reader *fields, arena *a, store_put *out)
{
    out->where.table = rlp_read_string(fields);
    out->where.key = rlp_read_string(fields);
    rlp_reader columns = rlp_read_list(fields);
    row *r = arena_take(a, sizeof *r);
    r->fields = arena_take_array(a, rlp_count_items(&columns) / 2, sizeof *r->fields);
    while (!rlp_at_end(&columns)) {
        row_field field = {.name = rlp_read_string(&columns)};
        field.value = rlp_read_string(&columns);
        if (bytes_equal_text(field.name, "_id_"))
            r->id = number_of(field.value);
        else if (bytes_equal_text(field.name, "_num_"))
            r->num = (uint32_t)number_of(field.value);
        else if (bytes_equal_text(field.name, "_status_"))
            r->status = (uint8_t)number_of(field.value);
        else
            r->fields[r->field_count++] = field;
    }
    assert_int_equal(columns.error, RLP_OK);
    qsort(r->fields, r->field_count, sizeof *r->fields, by_name);
    out->rows = (row_set){r, 1};
}

/* Rows of one key become one put. */
static size_t join_rows(arena *a, store_put *puts, size_t count)
{
    size_t joined = 0;
    for (size_t from = 0, end; from < count; from = end) {
        for (end = from + 1; end < count && bytes_equal(puts[end].where.table, puts[from].where.table) &&
                             bytes_equal(puts[end].where.key, puts[from].where.key);)
            end++;
        row *rows = arena_take_array(a, end - from, sizeof *rows);
        for (size_t i = from; i < end; i++)
            rows[i - from] = puts[i].rows.rows[0];
        puts[joined++] = (store_put){puts[from].where, {rows, end - from}, NULL};
    }
    return joined;
}

static void apply(world *w, int64_t number, const store_put *puts, size_t count)
{
    error_text why = {""};
    if (store_apply(w->store, &(store_batch){number, puts, count}, &why) != STORE_OK)
        fail_msg("%s", why.text);
}

static void load_rows(world *w)
{
    arena a = {0};
    rlp_reader records = rlp_reader_of(buffer_bytes(&w->golden->unpacked));
    store_put *puts = arena_take_array(&a, rlp_count_items(&records), sizeof *puts);
    size_t count = 0;
    pack_record one;
    while (pack_next(&records, &one))
        if (pack_is(&one, "row"))
            read_row(&one.fields, &a, &puts[count++]);
    qsort(puts, count, sizeof *puts, by_place);
    count = join_rows(&a, puts, count);
    apply(w, 0, puts, count);
    for (size_t number = 1; number < w->golden->block_count; number++)
        apply(w, (int64_t)number, NULL, 0);
    arena_reset(&a);
}

static void open_chain(world *w, const genesis *g)
{
    error_text why = {""};
    bool differs;
    w->ledger = ledger_open(&w->rules, g, w->store, &differs, &why);
    if (w->ledger == NULL)
        fail_msg("%s", why.text);
    assert_false(differs);
    txpool_config config = {.rules = &w->rules, .limit = 1000, .memory_limit_bytes = 64 << 20, .expiration_ms = 600000};
    w->pool = txpool_new(&config);
    arena a = {0};
    int64_t head = ledger_head(w->ledger).number;
    for (int64_t n = head > TXPOOL_BLOCK_LIMIT_WINDOW ? head - TXPOOL_BLOCK_LIMIT_WINDOW : 1; n <= head; n++) {
        u256 *nonces;
        size_t count;
        assert_true(ledger_block_nonces(w->ledger, n, &a, &nonces, &count));
        txpool_load_block(w->pool, n, nonces, count);
        arena_reset(&a);
    }
}

static world *new_world(void)
{
    world *w = memory_new(sizeof *w);
    error_text why = {""};
    assert_int_equal(store_memory.open(&w->store, &(store_config){0}, &why), STORE_OK);
    pthread_mutex_init(&w->lock, NULL);
    w->workers = worker_pool_new("worker", 2, 1000);
    w->info = (rpc_node_info){.supported_version = "2.11.1", .version = VERSION_NEWEST, .chain_id = 1, .peers_param_limit = 10,
                              .max_nodes_limit = 100, .p2p_ip = "0.0.0.0", .p2p_port = 30300, .protocol_version = "2.11.1",
                              .build_time = "20261122 11:25:22", .build_type = "Linux/g++/Release", .build_branch = "master",
                              .build_commit = "3c5547aa191b45447491f4b7af4c856510351795", .agency = "agency",
                              .node_name = "node0"};
    w->backend = backend_of(w);
    return w;
}

world *world_found_as(const chain_rules *rules, const genesis *g, const node_id *self)
{
    world *w = new_world();
    w->info.self = *self;
    w->rules = *rules;
    w->consensus = g->consensus;
    open_chain(w, g);
    return w;
}

world *world_found(void)
{
    node_id self;
    memset(self.b, 0x11, sizeof self.b);
    chain_rules rules = (chain_rules){.suite = &crypto_standard, .version = VERSION_NEWEST, .enable_parallel = true, .chain_id = 1,
                             .group_id = 1};
    genesis g = {.group_id = 1, .timestamp_ms = 1600000000000, .consensus = CONSENSUS_PBFT, .consensus_text = "pbft",
                 .state_text = "storage", .storage_text = "RocksDB", .max_trans_num = 1000, .gas_limit = 300000000,
                 .consensus_timeout_s = 3, .epoch_sealer_num = 1, .epoch_block_num = 1000, .sealers = &self,
                 .sealer_count = 1};
    return world_found_as(&rules, &g, &self);
}

world *world_recorded(const char *name, const node_id *self)
{
    world *w = new_world();
    w->golden = golden_open(name);
    w->rules = w->golden->rules;
    w->info.self = *self;
    w->info.is_national = w->rules.suite->is_national;
    w->seals = true;
    w->consensus = w->golden->genesis.consensus;
    load_rows(w);
    open_chain(w, &w->golden->genesis);
    return w;
}

void world_close(world *w)
{
    worker_pool_free(w->workers);
    assert_int_equal(w->held_count, 0);
    for (size_t i = 0; i < w->waiting_count; i++) {
        w->waiting[i].ready(w->waiting[i].ready_context, -1, 0);
        transaction_drop(w->waiting[i].tx);
    }
    assert_int_equal(atomic_load(&w->groups_in_use), 0);
    txpool_free(w->pool);
    ledger_close(w->ledger);
    store_close(w->store);
    if (w->golden)
        golden_close(w->golden);
    pthread_mutex_destroy(&w->lock);
    free(w);
}

/* ---- asking ---- */

typedef struct {
    char *text;
    sem_t done;
} asked;

static void take_answer(void *context, bytes response)
{
    asked *a = context;
    a->text = memory_new(response.size + 1);
    memcpy(a->text, response.data, response.size);
    sem_post(&a->done);
}

char *world_ask(world *w, bytes body)
{
    asked a = {0};
    sem_init(&a.done, 0, 0);
    json_rpc_start(&w->backend, w->workers, body, take_answer, &a);
    while (sem_wait(&a.done) != 0)
        ;
    sem_destroy(&a.done);
    return a.text;
}

char *world_ask_text(world *w, const char *body)
{
    return world_ask(w, bytes_of_text(body));
}
