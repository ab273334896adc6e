/* eth_sendRawTransaction takes what sendRawTransaction takes: a transaction signed in FISCO BCOS 2's form. Why one that
   is signed in Ethereum's form cannot be taken: docs/decisions. */
#include "codec/rlp.h"
#include "eth/inside.h"

/* A list of nine (EIP-155 and before), or a type's number in front (EIP-2718). FISCO BCOS 2 has lists of 10 or more
   (data-model.md 3.1). */
static bool is_of_ethereum(bytes raw)
{
    enum { TYPES_END = 0x80, LEGACY_ITEMS = 9 };
    if (raw.size && raw.data[0] < TYPES_END)
        return true;
    rlp_reader list = rlp_open_list(raw);
    return list.error == RLP_OK && rlp_count_items(&list) == LEGACY_ITEMS;
}

static void on_answer(void *context, transaction_status status, const char *reason)
{
    rpc_call *c = context;
    if (status == STATUS_OK)
        json_write_hex(&c->out, BYTES_OF_VALUE(c->sent->hash));
    else
        rpc_error(c, ETH_SERVER_ERROR, "%s", reason);
    rpc_call_resume(c);
}

static void send_raw_transaction(rpc_call *c)
{
    bytes raw;
    error_text why;
    ledger *l = eth_take_group(c);
    if (l == NULL || !eth_read_bytes(c, 0, eth_param(c, 0), &raw))
        return;
    if (is_of_ethereum(raw)) {
        rpc_error(c, ETH_SERVER_ERROR,
                  "this chain's transactions are signed in FISCO BCOS 2's form, not in Ethereum's: send them with a "
                  "FISCO BCOS SDK or `hanse tx` (docs/ethereum.md shows how a script can sign them)");
        return;
    }
    c->sent = transaction_decode(ledger_rules(l), raw, TX_CHECK_EVERYTHING, NULL, &why);
    if (c->sent == NULL) {
        rpc_error(c, ETH_SERVER_ERROR, "%s", why.text);
        return;
    }
    c->sent->from_rpc = true;
    c->waits = true;
    if (c->backend->submit(c->group, c->sent, on_answer, c, NULL, NULL))
        return; /* the call may be answered already: c is not touched any more */
    c->waits = false;
    rpc_error(c, ETH_SERVER_ERROR, "the node is busy, try again");
}

static void sends_nothing(rpc_call *c)
{
    rpc_error(c, ETH_SERVER_ERROR, "this node holds no keys: sign the transaction yourself");
}

const rpc_method eth_send_methods[] = {
    {"eth_sendRawTransaction", NULL, send_raw_transaction},
    {"eth_sendTransaction", NULL, sends_nothing},
};
const size_t eth_send_method_count = COUNT(eth_send_methods);
