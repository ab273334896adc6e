/* Accounts in a Merkle-Patricia trie (MPT state): spec/execution.md section 9, spec/data-model.md 7.4.

   A transaction changes copies of accounts and single slots, journalled like its rows. Merging it is the commit that follows
   every transaction: killed and empty accounts go, slots go into the tries of storage. The trie of accounts follows when a root
   is asked for; the nodes that this makes, and new codes, wait in `fresh` until the block is written. */
#include "state/account_engine.h"
#include "state/inside.h"

#include "codec/rlp.h"

static block_trie *trie_of(tx_state *t)
{
    return &t->block->trie;
}

/* Nodes and codes. */

static void add_fresh(void *context, const hash256 *hash, bytes value)
{
    block_state *b = context;
    block_trie *bt = &b->trie;
    if (map_get(&bt->fresh, BYTES_OF_VALUE(*hash)))
        return;
    fresh_value *fresh = arena_take(&b->memory, sizeof *fresh);
    *fresh = (fresh_value){.hash = *hash, .value = arena_copy(&b->memory, value)};
    map_put(&bt->fresh, BYTES_OF_VALUE(fresh->hash), fresh);
    *bt->last_fresh = fresh;
    bt->last_fresh = &fresh->next;
    if (bt->source.cache)
        node_cache_put(bt->source.cache, hash, value);
}

static bool read_value(void *context, const hash256 *hash, arena *a, bytes *out, error_text *why)
{
    block_state *b = context;
    const fresh_value *fresh = map_get(&b->trie.fresh, BYTES_OF_VALUE(*hash));
    if (fresh == NULL)
        return trie_store_read(&b->trie.source, hash, a, out, why);
    *out = fresh->value;
    return true;
}

/* A trie that could not be read makes the whole block void. */
static void check_trie(block_state *b, const trie *t)
{
    error_text why;
    if (trie_failed(t, &why))
        block_state_fail(b, TABLE_TRIE, &why);
}

void account_trie_open(block_state *b, const hash256 *parent_root, node_cache *nodes)
{
    account_trie_close(b);
    b->trie = (block_trie){.by_address = map_init(b->hash_seed), .fresh = map_init(b->hash_seed),
                           .source = {b->store, b->snapshot, nodes}, .no_code = suite_hash(b->rules->suite, BYTES_EMPTY)};
    b->trie.last_fresh = &b->trie.first_fresh;
    trie_open(&b->trie.accounts, b->rules->suite, parent_root, read_value, b, &b->memory);
}

void account_trie_close(block_state *b)
{
    map_free(&b->trie.by_address);
    map_free(&b->trie.fresh);
}

/* The four fields of an account. */

typedef struct {
    u256 nonce, balance;
    hash256 storage_root, code_hash;
} stored_account;

static bool decode_account(bytes encoded, stored_account *out)
{
    rlp_reader fields = rlp_open_list(encoded);
    out->nonce = rlp_read_u256(&fields);
    out->balance = rlp_read_u256(&fields);
    rlp_read_fixed(&fields, out->storage_root.b, sizeof out->storage_root.b, RLP_EXACT);
    rlp_read_fixed(&fields, out->code_hash.b, sizeof out->code_hash.b, RLP_EXACT);
    return fields.error == RLP_OK && rlp_at_end(&fields);
}

static void encode_account(const stored_account *account, buffer *out)
{
    size_t list = rlp_begin_list(out);
    rlp_write_u256(out, account->nonce);
    rlp_write_u256(out, account->balance);
    rlp_write_string(out, BYTES_OF_VALUE(account->storage_root));
    rlp_write_string(out, BYTES_OF_VALUE(account->code_hash));
    rlp_end_list(out, list);
}

/* In the block. */

static void open_storage(block_state *b, block_account *account, const hash256 *root)
{
    trie_open(&account->storage, b->rules->suite, root, read_value, b, &b->memory);
}

static void load_account(block_state *b, block_account *account)
{
    static const hash256 empty;
    bytes encoded;
    stored_account stored = {.storage_root = empty};
    error_text why;
    if (trie_get(&b->trie.accounts, BYTES_OF_VALUE(account->key), &encoded) && encoded.size) {
        account->now.exists = decode_account(encoded, &stored);
        account->now.nonce = stored.nonce;
        account->now.balance = stored.balance;
        account->now.code_hash = stored.code_hash;
        if (!account->now.exists) {
            error_set(&why, "an account of the trie is damaged");
            block_state_fail(b, TABLE_TRIE, &why);
        }
    }
    check_trie(b, &b->trie.accounts);
    open_storage(b, account, &stored.storage_root);
}

static block_account *account_in_block(block_state *b, const address *who)
{
    block_account *account = map_get(&b->trie.by_address, BYTES_OF_VALUE(*who));
    if (account)
        return account;
    account = arena_take(&b->memory, sizeof *account);
    *account = (block_account){.who = *who, .key = suite_hash(b->rules->suite, BYTES_OF_VALUE(*who))};
    account->now.code_hash = b->trie.no_code;
    load_account(b, account);
    map_put(&b->trie.by_address, BYTES_OF_VALUE(account->who), account);
    return account;
}

static hash256 slot_key(const block_state *b, const trie_slot *slot)
{
    return suite_hash(b->rules->suite, BYTES_OF_VALUE(slot->key));
}

static u256 stored_slot(block_state *b, block_account *account, const trie_slot *slot)
{
    bytes encoded;
    hash256 key = slot_key(b, slot);
    if (!trie_get(&account->storage, BYTES_OF_VALUE(key), &encoded) || encoded.size == 0) {
        check_trie(b, &account->storage);
        return U256_ZERO;
    }
    rlp_reader reader = rlp_reader_of(encoded);
    u256 value = rlp_read_u256(&reader);
    error_text why;
    if (reader.error || !rlp_at_end(&reader)) {
        error_set(&why, "a slot of the trie is damaged");
        block_state_fail(b, TABLE_TRIE, &why);
    }
    return value;
}

static void store_slot(block_state *b, block_account *account, const trie_slot *slot)
{
    hash256 key = slot_key(b, slot);
    if (u256_is_zero(slot->now)) {
        trie_delete(&account->storage, BYTES_OF_VALUE(key));
    } else {
        uint8_t space[1 + 32];
        buffer value = {.data = space, .capacity = sizeof space, .max_bytes = sizeof space};
        rlp_write_u256(&value, slot->now);
        trie_put(&account->storage, BYTES_OF_VALUE(key), buffer_bytes(&value));
    }
    check_trie(b, &account->storage);
}

/* In the transaction. */

static tx_account *account_of(tx_state *t, const address *who)
{
    tx_account *account = map_get(&t->accounts, BYTES_OF_VALUE(*who));
    if (account)
        return account;
    account = arena_take(tx_state_memory(t), sizeof *account);
    *account = (tx_account){.base = account_in_block(t->block, who), .slots = map_init(t->block->hash_seed)};
    account->now = account->base->now;
    map_put(&t->accounts, BYTES_OF_VALUE(account->base->who), account);
    return account;
}

/* Before every change of account->now. */
static trie_fields *change(tx_state *t, tx_account *account)
{
    trie_fields *was = arena_take(tx_state_memory(t), sizeof *was);
    *was = account->now;
    tx_state_record(t, (undo_record){.kind = UNDO_ACCOUNT, .changed = account, .was = was});
    account->is_dirty = true;
    return &account->now;
}

static void create(tx_state *t, tx_account *account, u256 nonce)
{
    *change(t, account) = (trie_fields){.exists = true, .nonce = nonce, .code_hash = trie_of(t)->no_code};
}

static trie_slot *slot_of(tx_state *t, tx_account *account, const u256 *number)
{
    uint8_t key[32];
    u256_to_be(*number, key);
    trie_slot *slot = map_get(&account->slots, BYTES_OF_VALUE(key));
    if (slot)
        return slot;
    slot = arena_take(tx_state_memory(t), sizeof *slot);
    memcpy(slot->key, key, sizeof key);
    slot->before = slot->now = stored_slot(t->block, account->base, slot);
    map_put(&account->slots, BYTES_OF_VALUE(slot->key), slot);
    return slot;
}

void account_trie_undo(const undo_record *last)
{
    if (last->kind == UNDO_ACCOUNT)
        ((tx_account *)last->changed)->now = *(const trie_fields *)last->was;
    else
        ((trie_slot *)last->changed)->now = *(const u256 *)last->was;
}

void account_trie_forget(tx_state *t)
{
    size_t at = 0;
    for (map_entry *entry; (entry = map_next(&t->accounts, &at));)
        map_free(&((tx_account *)entry->value)->slots);
    map_free(&t->accounts);
}

/* The commit after a transaction. */

static bool is_kept(const block_state *b, const trie_fields *account)
{
    bool is_empty = u256_is_zero(account->nonce) && u256_is_zero(account->balance) &&
                    hash256_equal(&account->code_hash, &b->trie.no_code);
    return account->exists && !is_empty;
}

static void merge_account(block_state *b, tx_account *from)
{
    block_account *to = from->base;
    to->is_dirty = true;
    if (!is_kept(b, &from->now)) {
        to->now = (trie_fields){.code_hash = b->trie.no_code};
        open_storage(b, to, &(hash256){{0}});
        return;
    }
    to->now = from->now;
    if (to->now.new_code.size)
        add_fresh(b, &to->now.code_hash, to->now.new_code);
    size_t at = 0;
    for (map_entry *entry; (entry = map_next(&from->slots, &at));) {
        const trie_slot *slot = entry->value;
        if (!u256_equal(slot->now, slot->before))
            store_slot(b, to, slot);
    }
}

void account_trie_merge(block_state *b, tx_state *t)
{
    size_t at = 0;
    for (map_entry *entry; (entry = map_next(&t->accounts, &at));) {
        tx_account *account = entry->value;
        if (account->is_dirty)
            merge_account(b, account);
    }
}

static void flush_account(block_state *b, block_account *account)
{
    account->is_dirty = false;
    if (!account->now.exists) {
        trie_delete(&b->trie.accounts, BYTES_OF_VALUE(account->key));
        return;
    }
    stored_account stored = {.nonce = account->now.nonce, .balance = account->now.balance, .code_hash = account->now.code_hash,
                             .storage_root = trie_root(&account->storage, add_fresh)};
    buffer encoded = buffer_init(BUFFER_NO_LIMIT);
    encode_account(&stored, &encoded);
    trie_put(&b->trie.accounts, BYTES_OF_VALUE(account->key), buffer_bytes(&encoded));
    buffer_free(&encoded);
}

static hash256 running_root(block_state *b)
{
    size_t at = 0;
    for (map_entry *entry; (entry = map_next(&b->trie.by_address, &at));) {
        block_account *account = entry->value;
        if (account->is_dirty)
            flush_account(b, account);
    }
    check_trie(b, &b->trie.accounts);
    return trie_root(&b->trie.accounts, add_fresh);
}

static hash256 state_root_of(block_state *b, const hash256 *tables)
{
    (void)tables;
    return running_root(b);
}

/* The operations. */

static u256 nonce_of(tx_state *t, const address *a)
{
    return account_of(t, a)->now.nonce;
}

static void increment_nonce(tx_state *t, const address *a)
{
    tx_account *account = account_of(t, a);
    if (!account->now.exists) {
        create(t, account, u256_of(1));
    } else {
        trie_fields *now = change(t, account);
        now->nonce = u256_add(now->nonce, u256_of(1));
    }
}

static void set_nonce(tx_state *t, const address *a, u256 nonce)
{
    tx_account *account = account_of(t, a);
    if (account->now.exists)
        change(t, account)->nonce = nonce;
    else
        create(t, account, nonce);
}

static u256 balance_of(tx_state *t, const address *a)
{
    return account_of(t, a)->now.balance;
}

static bool subtract_balance(tx_state *t, const address *a, u256 amount)
{
    tx_account *account = account_of(t, a);
    if (u256_compare(account->now.balance, amount) < 0)
        return false;
    if (!u256_is_zero(amount)) {
        trie_fields *now = change(t, account);
        now->balance = u256_sub(now->balance, amount);
    }
    return true;
}

static hash256 code_hash_of(tx_state *t, const address *a)
{
    return account_of(t, a)->now.code_hash;
}

static bytes code_of(tx_state *t, const address *a)
{
    tx_account *account = account_of(t, a);
    block_account *base = account->base;
    error_text why;
    if (account->now.new_code.size || hash256_equal(&account->now.code_hash, &trie_of(t)->no_code))
        return account->now.new_code;
    if (base->stored_code.size == 0 &&
        !read_value(t->block, &account->now.code_hash, tx_state_memory(t), &base->stored_code, &why))
        block_state_fail(t->block, TABLE_TRIE, &why);
    return base->stored_code;
}

static void set_code(tx_state *t, const address *a, bytes code)
{
    tx_account *account = account_of(t, a);
    if (!account->now.exists)
        return; /* a creation that was undone */
    trie_fields *now = change(t, account);
    now->code_hash = suite_hash(t->block->rules->suite, code);
    now->new_code = arena_copy(tx_state_memory(t), code);
}

static u256 storage_of(tx_state *t, const address *a, const u256 *slot)
{
    return slot_of(t, account_of(t, a), slot)->now;
}

static void set_storage(tx_state *t, const address *a, const u256 *number, const u256 *value)
{
    tx_account *account = account_of(t, a);
    if (!account->now.exists)
        return;
    trie_slot *slot = slot_of(t, account, number);
    u256 *was = arena_take(tx_state_memory(t), sizeof *was);
    *was = slot->now;
    tx_state_record(t, (undo_record){.kind = UNDO_SLOT, .changed = slot, .was = was});
    slot->now = *value;
    account->is_dirty = true;
}

static void kill_account(tx_state *t, const address *a)
{
    change(t, account_of(t, a))->exists = false;
}

/* What only account tables have. */

static bool may_write(tx_state *t, const address *a, const address *origin)
{
    (void)t, (void)a, (void)origin;
    return true;
}

static bool is_frozen(tx_state *t, const address *a)
{
    (void)t, (void)a;
    return false;
}

static void add_manager(tx_state *t, const address *a, bytes manager_hex)
{
    (void)t, (void)a, (void)manager_hex;
}

static state_rows managers(tx_state *t, const address *a)
{
    (void)t, (void)a;
    return (state_rows){0};
}

static bool remaining_gas(tx_state *t, const address *a, u256 *out)
{
    (void)t, (void)a;
    *out = U256_ZERO;
    return false;
}

static void set_remaining_gas(tx_state *t, const address *a, u256 gas)
{
    (void)t, (void)a, (void)gas;
}

/* Outside a block. */

static bool read_stored(void *context, const hash256 *hash, arena *a, bytes *out, error_text *why)
{
    return trie_store_read(context, hash, a, out, why);
}

static bool committed_code(const chain_rules *rules, store *s, const hash256 *state_root, const address *account, arena *a,
                           bytes *code, error_text *why)
{
    trie accounts;
    trie_store source = {.store = s};
    stored_account stored;
    bytes encoded;
    hash256 key = suite_hash(rules->suite, BYTES_OF_VALUE(*account)), no_code = suite_hash(rules->suite, BYTES_EMPTY);
    trie_open(&accounts, rules->suite, state_root, read_stored, &source, a);
    if (!trie_get(&accounts, BYTES_OF_VALUE(key), &encoded))
        return !trie_failed(&accounts, why);
    if (encoded.size == 0)
        return true;
    if (!decode_account(encoded, &stored))
        return error_set(why, "an account of the trie is damaged");
    return hash256_equal(&stored.code_hash, &no_code) || trie_store_read(&source, &stored.code_hash, a, code, why);
}

const account_engine account_trie = {
    .nonce = nonce_of,
    .increment_nonce = increment_nonce,
    .set_nonce = set_nonce,
    .balance = balance_of,
    .subtract_balance = subtract_balance,
    .code = code_of,
    .code_hash = code_hash_of,
    .visible_code_hash = code_hash_of,
    .set_code = set_code,
    .storage = storage_of,
    .set_storage = set_storage,
    .kill = kill_account,
    .may_write = may_write,
    .is_frozen = is_frozen,
    .add_manager = add_manager,
    .managers = managers,
    .remaining_gas = remaining_gas,
    .set_remaining_gas = set_remaining_gas,
    .state_root = state_root_of,
    .running_root = running_root,
    .committed_code = committed_code,
};
