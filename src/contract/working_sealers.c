/* WorkingSealerManager, 0x1011: which sealers of an rpbft chain work, chosen by a VRF. Source: spec/precompiled.md 7.12. */
#include "contract/contract.h"

#include "chain/genesis.h"
#include "codec/hex.h"
#include "crypto/vrf.h"

#include <stdlib.h>

static const bytes node_key = {(const uint8_t *)"node", 4};
static const bytes notify_key = {(const uint8_t *)"notify_rotate", 13};

typedef struct {
    node_id *ids;
    size_t count;
} id_list;

typedef struct {
    contract_call *c;
    int64_t parent_number;
    int64_t epoch_sealers;
    id_list working, waiting; /* types wSealer and sealer */
    bool was_notified;
    u256 seed;
} rotation;

/* A value of _sys_config_ as the block has it; false: none that is in force. */
static bool read_config(const rotation *r, bytes key, int64_t *value, int64_t *enable_number)
{
    contract_call *c = r->c;
    state_row *found = tx_state_find(c->state, tx_state_open(c->state, bytes_of_text(TABLE_CONFIG)), key);
    return found && number_read_int64(tx_state_field_named(c->state, found, "enable_num"), enable_number) &&
           *enable_number <= r->parent_number && number_read_int64(tx_state_field_named(c->state, found, "value"), value);
}

static id_list read_nodes(const rotation *r, const char *type)
{
    contract_call *c = r->c;
    state_rows rows = tx_state_select(c->state, tx_state_open(c->state, bytes_of_text(TABLE_CONSENSUS)), node_key, NULL);
    id_list list = {.ids = arena_take_array(c->memory, rows.count, sizeof(node_id))};
    for (size_t i = 0; i < rows.count; i++) {
        int64_t enable_number;
        if (bytes_equal_text(tx_state_field_named(c->state, rows.rows[i], "type"), type) &&
            number_read_int64(tx_state_field_named(c->state, rows.rows[i], "enable_num"), &enable_number) &&
            enable_number <= r->parent_number &&
            hex_read(tx_state_field_named(c->state, rows.rows[i], "node_id"), list.ids[list.count].b, sizeof(node_id)))
            list.count++;
    }
    return list;
}

static size_t wanted_working(const rotation *r)
{
    size_t total = r->working.count + r->waiting.count;
    return r->epoch_sealers >= 0 && (uint64_t)r->epoch_sealers < total ? (size_t)r->epoch_sealers : total;
}

typedef enum { ROTATE_NO, ROTATE_YES, ROTATE_FAILS } rotate_decision;

static rotate_decision should_rotate(rotation *r)
{
    int64_t notified = 0, enable_number, epoch_blocks;
    bool has_epoch = read_config(r, BYTES_OF_LITERAL("rpbft_epoch_sealer_num"), &r->epoch_sealers, &enable_number);
    int64_t epoch_enabled = enable_number;
    if (read_config(r, notify_key, &notified, &enable_number) && notified != 0) {
        r->was_notified = true;
        return ROTATE_YES;
    }
    if (!has_epoch)
        return ROTATE_FAILS;
    if (epoch_enabled == r->parent_number || r->working.count < wanted_working(r))
        return ROTATE_YES;
    bytes text = block_state_config(tx_state_block(r->c->state), "rpbft_epoch_block_num", &enable_number);
    if (enable_number > r->parent_number || !number_read_int64(text, &epoch_blocks) || epoch_blocks <= 0)
        return ROTATE_FAILS;
    return (r->parent_number - enable_number) % epoch_blocks == 0 ? ROTATE_YES : ROTATE_NO;
}

static void write_notify(const rotation *r, const char *value)
{
    contract_call *c = r->c;
    state_table *table = tx_state_open(c->state, bytes_of_text(TABLE_CONFIG));
    const row_field fields[] = {field_of("enable_num", contract_decimal(c, r->parent_number + 1)), field_of("key", notify_key),
                                field_of("value", bytes_of_text(value))};
    if (tx_state_find(c->state, table, notify_key))
        (void)tx_state_update(c->state, table, notify_key, fields, COUNT(fields), NULL, NULL);
    else
        (void)tx_state_insert(c->state, table, notify_key, fields, COUNT(fields), NULL);
}

static bool is_parent_hash(const rotation *r, bytes input)
{
    row_set rows;
    hash256 given, parent;
    if (bytes_start_with(input, BYTES_OF_LITERAL("0x")))
        input = bytes_from(input, 2);
    if (!hex_read(input, given.b, sizeof given.b) ||
        !block_state_committed(tx_state_block(r->c->state), TABLE_NUMBER_TO_HASH, contract_decimal(r->c, r->parent_number), &rows))
        return false;
    const bytes *value = row_find(&rows.rows[0], bytes_of_text("value"));
    return value && hex_read(*value, parent.b, sizeof parent.b) && hash256_equal(&parent, &given);
}

static bool origin_works(const rotation *r)
{
    for (size_t i = 0; i < r->working.count; i++) {
        address of_node = address_of_key(r->c->rules->suite, &r->working.ids[i]);
        if (memcmp(&of_node, &r->c->origin, sizeof of_node) == 0)
            return true;
    }
    return r->working.count == 0;
}

/* The text of the first check that fails, or NULL; sets the seed. */
static const char *check_request(rotation *r)
{
    contract_call *c = r->c;
    bytes key = abi_read_bytes(&c->arguments), input = abi_read_bytes(&c->arguments), proof = abi_read_bytes(&c->arguments);
    hash256 output;
    if (!is_parent_hash(r, input))
        return "Invalid VRFInput, must be the parentHash!";
    if (!vrf_public_key_is_valid(key))
        return "Invalid VRF Public Key !";
    if (!vrf_verify(key, input, proof, &output))
        return "Verify VRF proof failed!";
    if (!origin_works(r))
        return "Permission denied, must be among the working sealer list!";
    r->seed = u256_from_be(BYTES_OF_VALUE(output));
    return NULL;
}

/* Shuffles a sorted copy and gives its first `count` nodes. */
static node_id *choose(const rotation *r, const id_list *from)
{
    contract_call *c = r->c;
    node_id *ids = arena_take_array(c->memory, from->count, sizeof *ids);
    memcpy(ids, from->ids, from->count * sizeof *ids);
    qsort(ids, from->count, sizeof *ids, node_id_compare);
    u256 x = r->seed;
    for (size_t i = from->count; i-- > 1;) {
        u256 quotient, j;
        char digits[U256_DECIMAL_BYTES];
        u256_divide(x, u256_of(i + 1), &quotient, &j);
        node_id swapped = ids[i];
        ids[i] = ids[j.limb[0]];
        ids[j.limb[0]] = swapped;
        size_t size = u256_to_decimal(j, digits);
        hash256 next = suite_hash(c->rules->suite, bytes_of(digits, size));
        x = u256_from_be(BYTES_OF_VALUE(next));
    }
    return ids;
}

static void set_type(const rotation *r, const node_id *id, const char *type)
{
    contract_call *c = r->c;
    condition same = {0};
    condition_add(&same, c->memory, CONDITION_EQ, BYTES_OF_LITERAL("node_id"), bytes_of_text(hex_text(c->memory, BYTES_OF_VALUE(*id))));
    const row_field fields[] = {field_of("enable_num", contract_decimal(c, r->parent_number + 1)), field_of("name", node_key),
                                field_of("type", bytes_of_text(type))};
    (void)tx_state_update(c->state, tx_state_open(c->state, bytes_of_text(TABLE_CONSENSUS)), node_key, fields, COUNT(fields), &same,
                          NULL);
}

static void rotate(const rotation *r)
{
    size_t working = r->working.count, waiting = r->waiting.count, total = working + waiting, wanted = wanted_working(r);
    if (total <= 1 || ((uint64_t)r->epoch_sealers == total && waiting == 0))
        return;
    size_t leaving = working > wanted ? working - wanted : 0, coming = working < wanted ? wanted - working : 0;
    if (working == wanted && waiting > 0)
        leaving = coming = 1;
    node_id *out = choose(r, &r->working), *in = choose(r, &r->waiting);
    for (size_t i = 0; i < leaving && i < working; i++)
        set_type(r, &out[i], "sealer");
    for (size_t i = 0; i < coming && i < waiting; i++)
        set_type(r, &in[i], "wSealer");
}

static contract_outcome fail(const rotation *r, const char *text)
{
    contract_call *c = r->c;
    write_notify(r, "1"); /* undone with the call, but the table stays dirty */
    /* The reference puts a dump of its exception here, with paths of its sources: that text cannot be reproduced. */
    return contract_refuse(c, "rotateWorkingSealer exceptioned, error info:%s , origin:%s", text,
                           (const char *)contract_prefixed(c, &c->origin).data);
}

static contract_outcome rotate_working_sealer(contract_call *c)
{
    rotation r = {.c = c, .parent_number = contract_next_number(c) - 1};
    r.working = read_nodes(&r, "wSealer");
    r.waiting = read_nodes(&r, "sealer");
    rotate_decision decision = should_rotate(&r);
    if (decision == ROTATE_NO)
        return CONTRACT_DONE;
    const char *refusal = decision == ROTATE_FAILS ? "std::exception" : check_request(&r);
    if (refusal)
        return fail(&r, refusal);
    if (r.was_notified)
        write_notify(&r, "0");
    rotate(&r);
    return CONTRACT_DONE;
}

static const contract_method methods[] = {
    /* sic: the selector is that of C++ type names */
    {"rotateWorkingSealer(std::string, std::string, std::string)", 0, false, rotate_working_sealer},
};

const contract contract_working_sealers = {.address = 0x1011, .name = "WorkingSealerManager", .since = VERSION_OF(2, 6, 0),
                                           .methods = methods, .method_count = COUNT(methods)};
