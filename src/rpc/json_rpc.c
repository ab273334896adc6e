/* The reference's dialect of JSON-RPC 2.0 (spec/interfaces.md 2.3 to 2.5). */
#include "rpc/request.h"

static const rpc_topic topics[] = {
    {rpc_status_methods, &rpc_status_method_count}, {rpc_chain_methods, &rpc_chain_method_count},
    {rpc_send_methods, &rpc_send_method_count},     {rpc_node_methods, &rpc_node_method_count},
    {rpc_group_methods, &rpc_group_method_count},
};

static const char *refusal(const json_t *element, int code, arena *a)
{
    (void)element, (void)a;
    switch (code) {
    case RPC_PARSE_ERROR:
        return "JSON_PARSE_ERROR: The JSON-Object is not JSON-Valid";
    case RPC_INVALID_REQUEST:
        return "INVALID_JSON_REQUEST: The JSON sent is not a valid JSON-RPC Request object";
    case RPC_METHOD_NOT_FOUND:
        return "METHOD_NOT_FOUND: The method being requested is not available on this server";
    case RPC_INVALID_PARAMS:
        return "INVALID_PARAMS: Invalid method parameters (invalid name and/or type) recognised";
    default:
        return "PROCEDURE_IS_METHOD: The requested notification is declared as a method";
    }
}

static const rpc_dialect dialect = {
    .topics = topics,
    .topic_count = COUNT(topics),
    .refusal = refusal,
    .too_deep_answer = "ERROR while handleRequest:Exceeded stackLimit in readValue().", /* QUIRK of interfaces.md 2.2: no JSON */
    .refuses_notifications = true,
    .null_data_in_errors = true,
};

void json_rpc_start(const rpc_backend *backend, worker_pool *workers, bytes body, json_rpc_done done, void *context)
{
    json_rpc_start_for(NULL, backend, workers, body, done, context);
}

void json_rpc_start_for(rpc_client *client, const rpc_backend *backend, worker_pool *workers, bytes body, json_rpc_done done,
                        void *context)
{
    rpc_request_start(&dialect, NULL, client, backend, workers, body, (http_wait_notice){0}, done, context);
}

static void start_for_door(void *context, const http_asker *from, worker_pool *workers, bytes body, http_service_done done, void *done_context)
{
    rpc_request_start(&dialect, NULL, NULL, context, workers, body, from->on_wait, done, done_context); /* methods push nothing */
}

const http_service json_rpc_service = {.name = "JSON-RPC", .start = start_for_door};
