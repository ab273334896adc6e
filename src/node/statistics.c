#include "node/statistics.h"
#include "codec/hex.h"

#include <stdio.h>

/* For %llu. */
#define N(value) (unsigned long long)(value)

static void write_group(logger *l, int32_t group_id, const uint64_t c[TRAFFIC_KINDS])
{
    uint64_t peers_in = c[TRAFFIC_CONSENSUS_IN] + c[TRAFFIC_SYNC_IN], peers_out = c[TRAFFIC_CONSENSUS_OUT] + c[TRAFFIC_SYNC_OUT];
    uint64_t sdk_in = c[TRAFFIC_RPC_IN] + c[TRAFFIC_REGISTER_IN] + c[TRAFFIC_UNREGISTER_IN];
    uint64_t sdk_out = c[TRAFFIC_RPC_OUT] + c[TRAFFIC_RECEIPTS_OUT] + c[TRAFFIC_EVENTS_OUT];
    log_write(l, LOG_INFO, 0,
              "P2P|,g=%d,P2P_CONSIn=%llu,P2P_SYNCIn=%llu,P2P_totalIn=%llu,P2P_CONS_Out=%llu,P2P_SYNC_Out=%llu,P2P_total_Out=%llu",
              group_id, N(c[TRAFFIC_CONSENSUS_IN]), N(c[TRAFFIC_SYNC_IN]), N(peers_in), N(c[TRAFFIC_CONSENSUS_OUT]),
              N(c[TRAFFIC_SYNC_OUT]), N(peers_out));
    log_write(l, LOG_INFO, 0, /* sic */
              "SDK|,g=%d,SDK_RPCIn=%llu,SDK_RegitsterEventIn=%llu,SDK_UnregitsterEventIn=%llu,SDK_totalIn=%llu,SDK_RPC_Out=%llu,"
              "SDK_Txs_Out=%llu,SDK_EventLog_Out=%llu,SDK_total_Out=%llu",
              group_id, N(c[TRAFFIC_RPC_IN]), N(c[TRAFFIC_REGISTER_IN]), N(c[TRAFFIC_UNREGISTER_IN]), N(sdk_in),
              N(c[TRAFFIC_RPC_OUT]), N(c[TRAFFIC_RECEIPTS_OUT]), N(c[TRAFFIC_EVENTS_OUT]), N(sdk_out));
    log_write(l, LOG_INFO, 0, "Total|,g=%d,Total_In=%llu,Total_Out=%llu", group_id, N(peers_in + sdk_in), N(peers_out + sdk_out));
}

void statistics_write_traffic(logger *l, traffic *t, const int32_t *groups, size_t count)
{
    uint64_t counted[TRAFFIC_KINDS];
    traffic_take(t, 0, counted);
    log_write(l, LOG_INFO, 0, "AMOP|,AMOPIn=%llu,AMOPOut=%llu", N(counted[TRAFFIC_AMOP_IN]), N(counted[TRAFFIC_AMOP_OUT]));
    for (size_t i = 0; i < count; i++) {
        traffic_take(t, groups[i], counted);
        write_group(l, groups[i], counted);
    }
}

void statistics_write_block(logger *l, int32_t group_id, const block *b, const node_id *self)
{
    if (b->transaction_count == 0)
        return;
    arena a = {0};
    char decimal[U256_DECIMAL_BYTES], sealer[U256_DECIMAL_BYTES];
    u256 total = u256_of(0);
    for (size_t i = 0; i < b->transaction_count && i < b->receipt_count; i++) {
        u256_to_decimal(b->receipts[i].gas_used, decimal);
        total = u256_add(total, b->receipts[i].gas_used);
        log_write(l, LOG_INFO, 0, "TxsGasUsed|,g=%d,txHash=%s,gasUsed=%s", group_id, hex_text(&a, BYTES_OF_VALUE(b->transactions[i]->hash)),
                  decimal);
    }
    u256_to_decimal(total, decimal);
    u256_to_decimal(b->header.sealer, sealer);
    log_write(l, LOG_INFO, 0, "BlockGasUsed|,g=%d,txNum=%zu,gasUsed=%s,blockNumber=%lld,sealerIdx=%s,blockHash=%s,nodeID=%s", group_id,
              b->transaction_count, decimal, (long long)b->header.number, sealer, hex_text(&a, BYTES_OF_VALUE(b->hash)),
              hex_text(&a, BYTES_OF_VALUE(*self)));
    arena_reset(&a);
}
