#include "tool/eth_world.h"

#include "base/map.h"
#include "base/memory.h"
#include "codec/hex.h"
#include "codec/rlp.h"
#include "state/trie.h"

#include <assert.h>
#include <stdlib.h>

typedef struct {
    hash256 hash;
    bytes code;
    evm_code *analysed; /* NULL: never run yet */
} code_entry;

typedef struct {
    u256 slot, value, original;
} slot_entry;

typedef struct {
    address who;
    bool is_there, is_touched, is_killed;
    bool stays_touched; /* see eth_world_touch */
    uint64_t nonce;
    u256 balance;
    code_entry *code;
    map slots; /* slot_entry */
} account_entry;

typedef enum { CHANGE_TOUCHED, CHANGE_KILLED, CHANGE_BALANCE, CHANGE_NONCE, CHANGE_CODE, CHANGE_SLOT } change_kind;

typedef struct {
    change_kind kind;
    account_entry *account;
    slot_entry *slot;
    union {
        bool is_there;
        uint64_t nonce;
        u256 word; /* balance, value of a slot */
        code_entry *code;
    } old;
} change;

struct eth_world {
    evm_rules rules;
    arena memory;
    map accounts, codes;
    code_entry *no_code;
    change *changes;
    size_t change_count, change_capacity;
};

static code_entry *keep_code(eth_world *w, bytes code)
{
    hash256 hash = suite_hash(&crypto_standard, code);
    code_entry *entry = map_get(&w->codes, BYTES_OF_VALUE(hash));
    if (entry)
        return entry;
    entry = arena_take(&w->memory, sizeof *entry);
    *entry = (code_entry){.hash = hash, .code = arena_copy(&w->memory, code)};
    map_put(&w->codes, BYTES_OF_VALUE(entry->hash), entry);
    return entry;
}

eth_world *eth_world_new(const evm_rules *rules)
{
    eth_world *w = memory_new(sizeof *w);
    w->rules = *rules;
    w->no_code = keep_code(w, BYTES_EMPTY);
    return w;
}

void eth_world_free(eth_world *w)
{
    if (w == NULL)
        return;
    free(w->changes);
    map_entry *entry;
    for (size_t i = 0; (entry = map_next(&w->accounts, &i));)
        map_free(&((account_entry *)entry->value)->slots);
    for (size_t i = 0; (entry = map_next(&w->codes, &i));)
        evm_code_free(((code_entry *)entry->value)->analysed);
    map_free(&w->accounts);
    map_free(&w->codes);
    arena_reset(&w->memory);
    free(w);
}

/* Looking. */

static account_entry *find(const eth_world *w, const address *who)
{
    return map_get(&w->accounts, BYTES_OF_VALUE(*who));
}

static slot_entry *find_slot(const eth_world *w, const address *who, const u256 *slot)
{
    const account_entry *a = find(w, who);
    return a ? map_get(&a->slots, BYTES_OF_VALUE(*slot)) : NULL;
}

static bool is_empty(const account_entry *a)
{
    return a->nonce == 0 && u256_is_zero(a->balance) && a->code->code.size == 0;
}

static const code_entry *code_of(const eth_world *w, const address *who)
{
    const account_entry *a = find(w, who);
    return a ? a->code : w->no_code;
}

u256 eth_world_balance(const eth_world *w, const address *who)
{
    const account_entry *a = find(w, who);
    return a ? a->balance : U256_ZERO;
}

uint64_t eth_world_nonce(const eth_world *w, const address *who)
{
    const account_entry *a = find(w, who);
    return a ? a->nonce : 0;
}

bytes eth_world_code(const eth_world *w, const address *who)
{
    return code_of(w, who)->code;
}

hash256 eth_world_code_hash(const eth_world *w, const address *who)
{
    return code_of(w, who)->hash;
}

const evm_code *eth_world_analysed_code(eth_world *w, const address *who)
{
    account_entry *a = find(w, who);
    code_entry *entry = a ? a->code : w->no_code;
    if (entry->analysed == NULL)
        entry->analysed = evm_code_analyse(&w->rules, entry->code);
    return entry->analysed;
}

u256 eth_world_slot(const eth_world *w, const address *who, const u256 *slot)
{
    const slot_entry *s = find_slot(w, who, slot);
    return s ? s->value : U256_ZERO;
}

u256 eth_world_original_slot(const eth_world *w, const address *who, const u256 *slot)
{
    const slot_entry *s = find_slot(w, who, slot);
    return s ? s->original : U256_ZERO;
}

bool eth_world_has_storage(const eth_world *w, const address *who)
{
    const account_entry *a = find(w, who);
    map_entry *entry;
    for (size_t i = 0; a && (entry = map_next(&a->slots, &i));)
        if (!u256_is_zero(((const slot_entry *)entry->value)->value))
            return true;
    return false;
}

bool eth_world_is_empty(const eth_world *w, const address *who)
{
    const account_entry *a = find(w, who);
    return a == NULL || is_empty(a);
}

/* Changing. */

static account_entry *take(eth_world *w, const address *who)
{
    account_entry *a = find(w, who);
    if (a)
        return a;
    a = arena_take(&w->memory, sizeof *a);
    a->who = *who;
    a->code = w->no_code;
    map_put(&w->accounts, BYTES_OF_VALUE(a->who), a);
    return a;
}

static slot_entry *take_slot(eth_world *w, account_entry *a, const u256 *slot)
{
    slot_entry *s = map_get(&a->slots, BYTES_OF_VALUE(*slot));
    if (s)
        return s;
    s = arena_take(&w->memory, sizeof *s);
    s->slot = *slot;
    map_put(&a->slots, BYTES_OF_VALUE(s->slot), s);
    return s;
}

void eth_world_put_account(eth_world *w, const address *who, uint64_t nonce, u256 balance, bytes code)
{
    account_entry *a = take(w, who);
    a->is_there = true;
    a->nonce = nonce;
    a->balance = balance;
    a->code = keep_code(w, code);
}

void eth_world_put_slot(eth_world *w, const address *who, u256 slot, u256 value)
{
    slot_entry *s = take_slot(w, take(w, who), &slot);
    s->value = s->original = value;
}

static change *note(eth_world *w, change_kind kind, account_entry *a)
{
    if (w->change_count == w->change_capacity) {
        w->change_capacity = w->change_capacity ? 2 * w->change_capacity : 16;
        w->changes = memory_resize(w->changes, w->change_capacity, sizeof *w->changes);
    }
    change *c = &w->changes[w->change_count++];
    *c = (change){.kind = kind, .account = a};
    return c;
}

static account_entry *touch(eth_world *w, const address *who)
{
    account_entry *a = take(w, who);
    if (!a->is_touched) {
        note(w, CHANGE_TOUCHED, a)->old.is_there = a->is_there;
        a->is_touched = a->is_there = true;
    }
    return a;
}

/* Block 2,675,119 of the main network: a call to address 3 ran out of gas, and the empty account was deleted all the same. */
static bool is_ripemd(const address *who)
{
    static const address ripemd = {{[19] = 3}};
    return memcmp(who, &ripemd, sizeof ripemd) == 0;
}

void eth_world_touch(eth_world *w, const address *who)
{
    account_entry *a = touch(w, who);
    if (is_ripemd(who))
        a->stays_touched = true;
}

void eth_world_set_balance(eth_world *w, const address *who, u256 balance)
{
    account_entry *a = touch(w, who);
    note(w, CHANGE_BALANCE, a)->old.word = a->balance;
    a->balance = balance;
}

void eth_world_add_balance(eth_world *w, const address *who, u256 more)
{
    if (u256_is_zero(more))
        eth_world_touch(w, who);
    else
        eth_world_set_balance(w, who, u256_add(eth_world_balance(w, who), more));
}

void eth_world_set_nonce(eth_world *w, const address *who, uint64_t nonce)
{
    account_entry *a = touch(w, who);
    note(w, CHANGE_NONCE, a)->old.nonce = a->nonce;
    a->nonce = nonce;
}

void eth_world_set_code(eth_world *w, const address *who, bytes code)
{
    account_entry *a = touch(w, who);
    note(w, CHANGE_CODE, a)->old.code = a->code;
    a->code = keep_code(w, code);
}

void eth_world_set_slot(eth_world *w, const address *who, const u256 *slot, const u256 *value)
{
    account_entry *a = touch(w, who);
    slot_entry *s = take_slot(w, a, slot);
    change *c = note(w, CHANGE_SLOT, a);
    c->slot = s;
    c->old.word = s->value;
    s->value = *value;
}

bool eth_world_kill(eth_world *w, const address *who)
{
    account_entry *a = touch(w, who);
    if (a->is_killed)
        return false;
    note(w, CHANGE_KILLED, a);
    a->is_killed = true;
    return true;
}

size_t eth_world_mark(const eth_world *w)
{
    return w->change_count;
}

static void take_back(change *c)
{
    account_entry *a = c->account;
    switch (c->kind) {
    case CHANGE_TOUCHED:
        a->is_touched = false;
        a->is_there = c->old.is_there;
        break;
    case CHANGE_KILLED:
        a->is_killed = false;
        break;
    case CHANGE_BALANCE:
        a->balance = c->old.word;
        break;
    case CHANGE_NONCE:
        a->nonce = c->old.nonce;
        break;
    case CHANGE_CODE:
        a->code = c->old.code;
        break;
    case CHANGE_SLOT:
        c->slot->value = c->old.word;
        break;
    }
}

void eth_world_undo(eth_world *w, size_t mark)
{
    assert(mark <= w->change_count);
    while (w->change_count > mark)
        take_back(&w->changes[--w->change_count]);
}

/* The end. */

static bool is_left(const account_entry *a)
{
    return a->is_there && !a->is_killed && !((a->is_touched || a->stays_touched) && is_empty(a));
}

static void keep_no_nodes(void *context, const hash256 *hash, bytes node)
{
    (void)context, (void)hash, (void)node;
}

static trie open_trie(arena *memory)
{
    trie t;
    hash256 empty = trie_empty_root(&crypto_standard);
    trie_open(&t, &crypto_standard, &empty, NULL, NULL, memory);
    return t;
}

/* Keys are hashed: the trie is Ethereum's "secure" one. */
static void put_hashed(trie *t, bytes key, bytes value)
{
    hash256 hash = suite_hash(&crypto_standard, key);
    bool ok = trie_put(t, BYTES_OF_VALUE(hash), value);
    assert(ok); /* nothing is read */
}

static hash256 storage_root(const account_entry *a)
{
    arena memory = {0};
    buffer value = buffer_init(BUFFER_NO_LIMIT);
    trie t = open_trie(&memory);
    map_entry *entry;
    for (size_t i = 0; (entry = map_next(&a->slots, &i));) {
        const slot_entry *s = entry->value;
        if (u256_is_zero(s->value))
            continue;
        uint8_t key[32];
        u256_to_be(s->slot, key);
        buffer_clear(&value);
        rlp_write_u256(&value, s->value);
        put_hashed(&t, BYTES_OF_VALUE(key), buffer_bytes(&value));
    }
    hash256 root = trie_root(&t, keep_no_nodes);
    buffer_free(&value);
    arena_reset(&memory);
    return root;
}

hash256 eth_world_root(const eth_world *w)
{
    arena memory = {0};
    buffer value = buffer_init(BUFFER_NO_LIMIT);
    trie t = open_trie(&memory);
    map_entry *entry;
    for (size_t i = 0; (entry = map_next(&w->accounts, &i));) {
        const account_entry *a = entry->value;
        if (!is_left(a))
            continue;
        hash256 slots = storage_root(a);
        buffer_clear(&value);
        size_t list = rlp_begin_list(&value);
        rlp_write_uint(&value, a->nonce);
        rlp_write_u256(&value, a->balance);
        rlp_write_string(&value, BYTES_OF_VALUE(slots));
        rlp_write_string(&value, BYTES_OF_VALUE(a->code->hash));
        rlp_end_list(&value, list);
        put_hashed(&t, BYTES_OF_VALUE(a->who), buffer_bytes(&value));
    }
    hash256 root = trie_root(&t, keep_no_nodes);
    buffer_free(&value);
    arena_reset(&memory);
    return root;
}

static int by_who(const void *x, const void *y)
{
    return memcmp(&(*(account_entry *const *)x)->who, &(*(account_entry *const *)y)->who, sizeof(address));
}

static int by_slot(const void *x, const void *y)
{
    return u256_compare((*(slot_entry *const *)x)->slot, (*(slot_entry *const *)y)->slot);
}

static void print_word(buffer *out, u256 word)
{
    uint8_t be[32];
    u256_to_be(word, be);
    hex_append(out, BYTES_OF_VALUE(be));
}

/* The map's values in order. */
static void **sorted(const map *m, int (*order)(const void *, const void *))
{
    void **all = memory_new_array(m->count, sizeof *all);
    size_t count = 0;
    map_entry *entry;
    for (size_t i = 0; (entry = map_next(m, &i));)
        all[count++] = entry->value;
    qsort(all, count, sizeof *all, order);
    return all;
}

void eth_world_print(const eth_world *w, buffer *out)
{
    account_entry **accounts = (account_entry **)sorted(&w->accounts, by_who);
    for (size_t i = 0; i < w->accounts.count; i++) {
        const account_entry *a = accounts[i];
        if (!is_left(a))
            continue;
        char balance[U256_DECIMAL_BYTES];
        u256_to_decimal(a->balance, balance);
        buffer_append_text(out, "account 0x");
        hex_append(out, BYTES_OF_VALUE(a->who));
        buffer_print(out, " nonce %llu balance %s code %zu bytes\n", (unsigned long long)a->nonce, balance, a->code->code.size);
        slot_entry **slots = (slot_entry **)sorted(&a->slots, by_slot);
        for (size_t k = 0; k < a->slots.count; k++) {
            if (u256_is_zero(slots[k]->value))
                continue;
            buffer_append_text(out, "  slot 0x");
            print_word(out, slots[k]->slot);
            buffer_append_text(out, " 0x");
            print_word(out, slots[k]->value);
            buffer_append_byte(out, '\n');
        }
        free(slots);
    }
    free(accounts);
}
