/* JSON-RPC: requests as text, answers as text (spec/interfaces.md 2). */
#include "client/inside.h"

#include "base/memory.h"
#include "client/answers.h"
#include "codec/json_write.h"

#include <stdlib.h>

char *client_json_text(const json_t *value)
{
    buffer text = buffer_init(BUFFER_NO_LIMIT);
    json_writer w = json_write_to(&text);
    bool ok = json_write_value(&w, value);
    buffer_append_byte(&text, '\0');
    if (!ok) {
        buffer_free(&text);
        return NULL;
    }
    return (char *)text.data;
}

static void write_request(buffer *out, const char *method, bytes params)
{
    json_writer w = json_write_to(out);
    json_write_begin_object(&w);
    json_write_key(&w, "id");
    json_write_int(&w, 1);
    json_write_key(&w, "jsonrpc");
    json_write_text(&w, "2.0");
    json_write_key(&w, "method");
    json_write_text(&w, method);
    json_write_key(&w, "params");
    json_write_raw(&w, params);
    json_write_end_object(&w);
}

client_request *client_rpc_request(client_core *core, hanse_client *owner, const char *method, json_t *params, client_done done,
                                   void *context)
{
    client_request *r = client_request_new(core, owner, CHANNEL_RPC, done, context);
    char *text = client_json_text(params); /* fails when they are nested too deeply: hanse_rpc refuses those, the library has none */
    json_decref(params);
    write_request(&r->body, method, bytes_of_text(text ? text : "[]"));
    free(text);
    return r;
}

json_t *client_rpc_result(const client_request *r, hanse_error *error)
{
    if (r->error.kind != HANSE_OK) {
        if (error)
            *error = r->error;
        return NULL;
    }
    return client_answer_result(buffer_bytes(&r->answer), error);
}

static json_t *wait_for(client_request *r, hanse_error *error)
{
    client_outcome outcome;
    if (!client_request_wait(r, &outcome, error))
        return NULL;
    json_t *result = client_answer_result(buffer_bytes(&outcome.answer), error);
    buffer_free(&outcome.answer);
    if (result)
        client_succeed(error);
    return result;
}

json_t *client_rpc_call(hanse_client *c, client_node *at, const char *method, json_t *params, hanse_error *error)
{
    client_request *r = client_rpc_request(c->core, c, method, params, NULL, NULL);
    r->at = at;
    return wait_for(r, error);
}

static char *call_with_text(hanse_client *c, client_node *at, const char *method, const char *params, hanse_error *error)
{
    json_error_t where;
    json_t *parsed = params ? json_loads(params, 0, &where) : json_array();
    if (method == NULL || !json_is_array(parsed)) {
        json_decref(parsed);
        client_fail(error, HANSE_ERROR_USAGE, 0, "%s: params are no JSON array: %.200s", method ? method : "(no method)", params ? params : "");
        return NULL;
    }
    char *checked = client_json_text(parsed);
    if (checked == NULL) {
        json_decref(parsed);
        client_fail(error, HANSE_ERROR_USAGE, 0, "%s: the params are nested too deeply", method);
        return NULL;
    }
    free(checked);
    json_t *result = client_rpc_call(c, at, method, parsed, error);
    char *text = result ? client_json_text(result) : NULL;
    if (result && text == NULL)
        client_fail(error, HANSE_ERROR_PROTOCOL, 0, "%s: the result is nested too deeply", method);
    json_decref(result);
    return text;
}

char *hanse_rpc(hanse_client *client, const char *method, const char *params, hanse_error *error)
{
    return call_with_text(client, NULL, method, params, error);
}

char *hanse_rpc_at(hanse_client *client, const char *node, const char *method, const char *params, hanse_error *error)
{
    client_node *n = node ? client_node_named(client->core, node) : NULL;
    if (n == NULL) {
        client_fail(error, HANSE_ERROR_USAGE, 0, "%s is none of this client's nodes", node ? node : "NULL");
        return NULL;
    }
    return call_with_text(client, n, method, params, error);
}

int64_t hanse_block_number(hanse_client *client, hanse_error *error)
{
    json_t *result = client_rpc_call(client, NULL, "getBlockNumber", json_pack("[i]", client->group), error);
    int64_t number = -1;
    if (result && !client_quantity(result, &number))
        client_fail(error, HANSE_ERROR_PROTOCOL, 0, "getBlockNumber: the result is no number");
    json_decref(result);
    return number;
}
