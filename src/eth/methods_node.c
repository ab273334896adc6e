/* Methods about the node and the network. */
#include "crypto/digest.h"
#include "eth/inside.h"

static void client_version(rpc_call *c)
{
    const rpc_node_info *info = c->backend->info;
    json_write_text(&c->out, arena_print(c->memory, "hanse/%.8s/%s/FISCO-BCOS-%s", info->build_commit, info->build_type,
                                         info->protocol_version));
}

static void web3_sha3(rpc_call *c)
{
    bytes data;
    if (!eth_read_bytes(c, 0, eth_param(c, 0), &data))
        return;
    hash256 hash = digest_of(DIGEST_KECCAK256, data);
    json_write_hex(&c->out, BYTES_OF_VALUE(hash));
}

static void net_version(rpc_call *c)
{
    json_write_text(&c->out,
                    arena_print(c->memory, "%llu", (unsigned long long)eth_chain_id(eth_asker_of(c)->service)));
}

static void net_listening(rpc_call *c)
{
    json_write_bool(&c->out, true);
}

/* The group's other members that this node hears of. */
static void net_peer_count(rpc_call *c)
{
    sync_status status;
    if (eth_take_group(c) == NULL)
        return;
    c->backend->sync_status(c->group, c->memory, &status);
    json_write_quantity_u64(&c->out, status.peer_count);
}

static void chain_id(rpc_call *c)
{
    json_write_quantity_u64(&c->out, eth_chain_id(eth_asker_of(c)->service));
}

static void syncing(rpc_call *c)
{
    sync_status status;
    if (eth_take_group(c) == NULL)
        return;
    c->backend->sync_status(c->group, c->memory, &status);
    if (status.known_highest <= status.number) {
        json_write_bool(&c->out, false);
        return;
    }
    json_write_begin_object(&c->out);
    json_write_key(&c->out, "currentBlock");
    json_write_quantity_u64(&c->out, (uint64_t)status.number);
    json_write_key(&c->out, "highestBlock");
    json_write_quantity_u64(&c->out, (uint64_t)status.known_highest);
    json_write_key(&c->out, "startingBlock");
    json_write_quantity_u64(&c->out, 0);
    json_write_end_object(&c->out);
}

static void no_accounts(rpc_call *c)
{
    json_write_begin_array(&c->out);
    json_write_end_array(&c->out);
}

/* Nobody pays for gas with money. */
static void no_price(rpc_call *c)
{
    json_write_quantity_u64(&c->out, 0);
}

static void write_zeros(json_writer *w, const char *key, size_t count, bool as_ratio)
{
    json_write_key(w, key);
    json_write_begin_array(w);
    for (size_t i = 0; i < count; i++) {
        if (as_ratio)
            json_write_int(w, 0);
        else
            json_write_quantity_u64(w, 0);
    }
    json_write_end_array(w);
}

static void fee_history(rpc_call *c)
{
    enum { PERCENTILES_MAX = 100 };
    ledger *l = eth_take_group(c);
    uint64_t count;
    int64_t newest;
    if (l == NULL || !eth_read_count(c, 0, eth_param(c, 0), &count))
        return;
    int64_t head = ledger_head(l).number;
    if (!eth_read_block_number(c, 1, eth_param(c, 1), head, &newest))
        return;
    const json_t *percentiles = eth_param(c, 2);
    if (newest > head) {
        eth_bad_param(c, 1, "beyond the newest block");
        return;
    }
    if (json_array_size(percentiles) > PERCENTILES_MAX) {
        eth_bad_param(c, 2, "more than %d percentiles", PERCENTILES_MAX);
        return;
    }
    count = count > ETH_FEE_HISTORY_MAX ? ETH_FEE_HISTORY_MAX : count;
    count = count > (uint64_t)newest + 1 ? (uint64_t)newest + 1 : count;
    json_writer *w = &c->out;
    json_write_begin_object(w);
    write_zeros(w, "baseFeePerGas", count ? count + 1 : 0, false);
    write_zeros(w, "gasUsedRatio", count, true);
    json_write_key(w, "oldestBlock");
    json_write_quantity_u64(w, count ? (uint64_t)newest + 1 - count : 0);
    if (json_array_size(percentiles)) {
        json_write_key(w, "reward");
        json_write_begin_array(w);
        for (uint64_t i = 0; i < count; i++) {
            json_write_begin_array(w);
            for (size_t k = 0; k < json_array_size(percentiles); k++)
                json_write_quantity_u64(w, 0);
            json_write_end_array(w);
        }
        json_write_end_array(w);
    }
    json_write_end_object(w);
}

const rpc_method eth_node_methods[] = {
    {"web3_clientVersion", NULL, client_version},
    {"web3_sha3", NULL, web3_sha3},
    {"net_version", NULL, net_version},
    {"net_listening", NULL, net_listening},
    {"net_peerCount", NULL, net_peer_count},
    {"eth_chainId", NULL, chain_id},
    {"eth_syncing", NULL, syncing},
    {"eth_accounts", NULL, no_accounts},
    {"eth_gasPrice", NULL, no_price},
    {"eth_maxPriorityFeePerGas", NULL, no_price},
    {"eth_feeHistory", NULL, fee_history},
};
const size_t eth_node_method_count = COUNT(eth_node_methods);
