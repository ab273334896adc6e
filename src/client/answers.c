#include "client/answers.h"

#include "client/inside.h"
#include "codec/json_read.h"

#include <stdio.h>
#include <stdlib.h>

json_t *client_answer_object(bytes text)
{
    json_t *root = NULL;
    if (json_read(text, CLIENT_JSON_VALUES_MAX, JSON_WIDE_AS_REAL, &root) != JSON_READ_OK || !json_is_object(root)) {
        json_decref(root);
        return NULL;
    }
    return root;
}

json_t *client_answer_result(bytes text, hanse_error *error)
{
    json_t *root = client_answer_object(text);
    const json_t *problem = json_object_get(root, "error");
    json_t *result = json_object_get(root, "result");
    if (json_is_object(problem)) {
        json_int_t code = json_integer_value(json_object_get(problem, "code"));
        const char *message = json_string_value(json_object_get(problem, "message"));
        int told = code < INT32_MIN || code > INT32_MAX ? 0 : (int)code;
        client_fail(error, HANSE_ERROR_RPC, told, "%d %s", told, message ? message : "(no message)");
        result = NULL;
    } else if (result == NULL) {
        client_fail(error, HANSE_ERROR_PROTOCOL, 0, "the answer is not JSON-RPC: %.*s", (int)(text.size < 200 ? text.size : 200),
                    text.size ? (const char *)text.data : "");
    }
    json_incref(result);
    json_decref(root);
    return result;
}

bool client_quantity(const json_t *value, int64_t *out)
{
    if (json_is_integer(value)) {
        *out = json_integer_value(value);
        return *out >= 0;
    }
    const char *text = json_string_value(value);
    if (text == NULL || text[0] < '0' || text[0] > '9')
        return false;
    bool is_hex = text[0] == '0' && text[1] == 'x';
    const char *digits = is_hex ? text + 2 : text;
    size_t size = strlen(digits);
    if (size == 0 || size > 19 || strspn(digits, is_hex ? "0123456789abcdefABCDEF" : "0123456789") != size)
        return false;
    unsigned long long number = strtoull(digits, NULL, is_hex ? 16 : 10); /* 19 digits of either kind: at most saturated */
    *out = (int64_t)number;
    return number <= INT64_MAX;
}

bool client_read_handshake(bytes body, int *protocol)
{
    json_t *root = client_answer_object(body);
    const json_t *value = json_object_get(root, "protocol");
    bool ok = json_is_integer(value) && json_integer_value(value) >= 1 && json_integer_value(value) <= 3;
    *protocol = ok ? (int)json_integer_value(value) : 1;
    json_decref(root);
    return ok;
}

/* "<group>,<number>" */
static bool read_text_push(bytes rest, int *group, int64_t *number)
{
    char text[48];
    if (rest.size == 0 || rest.size >= sizeof text)
        return false;
    memcpy(text, rest.data, rest.size);
    text[rest.size] = '\0';
    char *comma = strchr(text, ','), *end;
    if (comma == NULL || text[0] < '0' || text[0] > '9' || comma[1] < '0' || comma[1] > '9')
        return false;
    long id = strtol(text, &end, 10);
    if (end != comma || id < 1 || id > 32767)
        return false;
    unsigned long long value = strtoull(comma + 1, &end, 10);
    *group = (int)id;
    *number = (int64_t)value;
    return value <= INT64_MAX && *end == '\0';
}

bool client_read_block_push(bytes body, int *group, int64_t *number)
{
    bytes topic, rest;
    if (!channel_topic_body(body, &topic, &rest))
        return false;
    if (rest.size && rest.data[0] != '{')
        return read_text_push(rest, group, number);
    json_t *root = client_answer_object(rest);
    const json_t *id = json_object_get(root, "groupID");
    bool ok = json_is_integer(id) && json_integer_value(id) >= 1 && json_integer_value(id) <= 32767 &&
              client_quantity(json_object_get(root, "blockNumber"), number);
    *group = ok ? (int)json_integer_value(id) : 0;
    json_decref(root);
    return ok;
}

bool client_read_registration(bytes body, int *code)
{
    bytes topic, rest;
    json_t *root = channel_topic_body(body, &topic, &rest) ? client_answer_object(rest) : NULL;
    const json_t *value = json_object_get(root, "result");
    bool ok = json_is_integer(value) && json_integer_value(value) >= INT32_MIN && json_integer_value(value) <= INT32_MAX;
    *code = ok ? (int)json_integer_value(value) : 0;
    json_decref(root);
    return ok;
}

bool client_log_place_of(const json_t *log, client_log_place *out)
{
    return client_quantity(json_object_get(log, "blockNumber"), &out->block) &&
           client_quantity(json_object_get(log, "transactionIndex"), &out->transaction) &&
           client_quantity(json_object_get(log, "logIndex"), &out->log);
}

int client_log_place_compare(const client_log_place *a, const client_log_place *b)
{
    if (a->block != b->block)
        return a->block < b->block ? -1 : 1;
    if (a->transaction != b->transaction)
        return a->transaction < b->transaction ? -1 : 1;
    return (a->log > b->log) - (a->log < b->log);
}

bool client_read_event_push(bytes body, client_event_push *out)
{
    *out = (client_event_push){.root = client_answer_object(body)};
    const json_t *result = json_object_get(out->root, "result");
    out->id = json_string_value(json_object_get(out->root, "filterID"));
    out->logs = json_object_get(out->root, "logs");
    out->result = (int)json_integer_value(result);
    bool ok = out->id && json_is_integer(result) && (out->result == 1 || json_is_array(out->logs));
    size_t i;
    json_t *log;
    client_log_place place;
    if (ok && out->result == 1)
        out->logs = NULL;
    json_array_foreach(out->logs, i, log) ok = ok && client_log_place_of(log, &place);
    if (!ok) {
        json_decref(out->root);
        *out = (client_event_push){0};
    }
    return ok;
}

/* Absent, empty (some old nodes) or 0x and 40 digits: programs make names of files of it. */
static bool is_contract(const json_t *value)
{
    const char *text = json_string_value(value);
    return value == NULL || json_is_null(value) || (text && (text[0] == '\0' || strcmp(text, "0x") == 0)) ||
           (text && strncmp(text, "0x", 2) == 0 && strlen(text) == 42 && strspn(text + 2, "0123456789abcdefABCDEF") == 40);
}

bool client_is_receipt(const json_t *value)
{
    int64_t number;
    return is_contract(json_object_get(value, "contractAddress")) &&
           client_quantity(json_object_get(value, "status"), &number) && number <= INT32_MAX &&
           json_is_string(json_object_get(value, "transactionHash")) && json_is_string(json_object_get(value, "output"));
}
