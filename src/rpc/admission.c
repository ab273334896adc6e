/* Which requests of the channel port count against a group, and their refusals (spec/interfaces.md 2.6, network.md 12). */
#include "rpc/method.h"

#include <errno.h>
#include <stdlib.h>

static const char *const group_methods[] = {
    "getSystemConfigByKey", "getBlockNumber", "getPbftView", "getSealerList", "getEpochSealersList", "getObserverList",
    "getConsensusStatus", "getSyncStatus", "getGroupPeers", "getBlockByHash", "getBlockByNumber", "getBlockHashByNumber",
    "getBlockHeaderByNumber", "getBlockHeaderByHash", "getTransactionByHash", "getTransactionByBlockHashAndIndex",
    "getTransactionByBlockNumberAndIndex", "getTransactionReceipt", "getPendingTransactions", "getPendingTxSize", "call",
    "sendRawTransaction", "sendRawTransactionAndGetProof", "getCode", "getTotalTransactionCount", "getTransactionByHashWithProof",
    "getTransactionReceiptByHashWithProof", "startGroup", "stopGroup", "removeGroup", "recoverGroup", "queryGroupStatus",
    "getBatchReceiptsByBlockNumberAndRange", "getBatchReceiptsByBlockHashAndRange",
};

/* The group a request means; -1: none. */
static int32_t group_of(const char *method, const json_t *params)
{
    bool counts = false;
    for (size_t i = 0; i < COUNT(group_methods) && !counts; i++)
        counts = strcmp(method, group_methods[i]) == 0;
    const json_t *first = counts ? json_array_get(params, 0) : NULL;
    if (json_is_integer(first))
        return (int16_t)json_integer_value(first);
    double number = json_real_value(first); /* 0 for everything but reals; methods take 1.0 as 1 */
    if (json_is_real(first) && number >= INT32_MIN && number <= INT32_MAX)
        return (int16_t)(int32_t)number;
    const char *text = json_string_value(first);
    if (text == NULL || *text == 0)
        return -1;
    char *end;
    errno = 0;
    long value = strtol(text, &end, 10);
    return *end || errno || value < INT16_MIN || value > INT16_MAX ? -1 : (int32_t)value;
}

int rpc_admit(rpc_client *client, const json_t *element, arena *a, const char **message)
{
    const char *method = json_string_value(json_object_get(element, "method"));
    const json_t *params = json_object_get(element, "params");
    if (method == NULL || params == NULL)
        return 0;
    int32_t group_id = group_of(method, params);
    if (group_id != -1 && !client->may_use_group(client, group_id)) {
        *message = arena_print(a, "%.100s The SDK is not allowed to access this group", method);
        return RPC_SDK_NOT_ALLOWED;
    }
    bool has_permits = client->take_permits(client, group_id);
    if (has_permits || strcmp(method, "getClientVersion") == 0)
        return 0;
    *message = arena_print(a, "%.100s Over QPS limit", method);
    return RPC_OVER_QPS_LIMIT;
}
