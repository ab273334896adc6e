/* Methods that manage groups at run time (spec/interfaces.md 4.12). A node runs the groups that its configuration folder holds when
   it starts: a group is running, or it does not exist. What would change that is answered with code 0x1 and says so, after the
   checks of parameters and of the group's status that the reference makes. */
#include "codec/hex.h"
#include "rpc/method.h"

#include <stdlib.h>

static void write_code(rpc_call *c, const char *code, const char *message, const char *status)
{
    json_writer *w = &c->out;
    json_write_begin_object(w);
    json_write_key(w, "code");
    json_write_text(w, code);
    json_write_key(w, "message");
    json_write_text(w, message);
    if (status) {
        json_write_key(w, "status");
        json_write_text(w, status);
    }
    json_write_end_object(w);
}

/* Version gate, then the id's range. false: answered. */
static bool check_group_id(rpc_call *c, int32_t *id, const char *status_when_invalid)
{
    double number = json_number_value(json_array_get(c->params, 0));
    if (!version_has(c->backend->info->version, GATE_GROUP_MANAGEMENT)) {
        rpc_error(c, RPC_NOT_A_MEMBER, "method stopGroup not support this version"); /* QUIRK: for every method */
        return false;
    }
    if (!(number >= 1 && number <= 32767)) {
        write_code(c, "0x7", "GroupID should be between 1 and 32767", status_when_invalid);
        return false;
    }
    *id = (int32_t)number;
    return true;
}

static bool is_running(rpc_call *c, int32_t id)
{
    rpc_group *held = c->backend->find_group(c->backend->context, id);
    if (held)
        c->backend->release_group(c->backend->context, held);
    return held != NULL;
}

static void query_group_status(rpc_call *c)
{
    int32_t id;
    if (check_group_id(c, &id, ""))
        write_code(c, "0x0", "", is_running(c, id) ? "RUNNING" : "INEXISTENT");
}

static bool management_allowed(rpc_call *c, int32_t *id)
{
    if (c->backend->info->disable_dynamic_group)
        return rpc_error(c, RPC_DYNAMIC_GROUP_FORBIDDEN, "Dynamic group related interfaces are forbidden to access");
    return check_group_id(c, id, NULL);
}

static const char fixed_groups[] = "this node takes its groups from its configuration folder when it starts";

/* Answers with a code and a text that names the group. */
static void answer(rpc_call *c, const char *code, const char *before, int32_t id, const char *after)
{
    write_code(c, code, arena_print(c->memory, "%s %d%s", before, id, after), NULL);
}

typedef struct {
    const char *code, *before, *after;
} status_answer;

/* What the method says to a group that is not there, and to one that runs; code NULL: it would be changed. */
static void change_group(rpc_call *c, int32_t id, status_answer absent, status_answer running)
{
    status_answer said = is_running(c, id) ? running : absent;
    if (said.code)
        answer(c, said.code, said.before, id, said.after);
    else
        write_code(c, "0x1", fixed_groups, NULL);
}

static const status_answer not_found = {"0x6", "Group", " not found"}, would_change = {NULL, NULL, NULL};

/* The files are looked for before the status, so that a group without group.N.ini answers 0xc even while it runs (QUIRK of
   interfaces.md 4.12). */
static void start_group(rpc_call *c)
{
    int32_t id;
    if (!management_allowed(c, &id))
        return;
    bool looks = c->backend->group_files != NULL;
    unsigned files = looks ? c->backend->group_files(c->backend->context, id) : is_running(c, id) ? UINT32_MAX : 0;
    if (!(files & RPC_GROUP_HAS_GENESIS))
        answer(c, "0xb", "Genesis config file for group", id, " not found");
    else if (!(files & RPC_GROUP_HAS_INI))
        answer(c, "0xc", "Group config file for group", id, " not found");
    else
        change_group(c, id, would_change, (status_answer){"0x3", "Group", " is already running"});
}

static void stop_group(rpc_call *c)
{
    int32_t id;
    if (management_allowed(c, &id))
        change_group(c, id, not_found, would_change);
}

static void remove_group(rpc_call *c)
{
    int32_t id;
    if (management_allowed(c, &id))
        change_group(c, id, not_found, (status_answer){"0x3", "Group", " is running"});
}

static void recover_group(rpc_call *c)
{
    int32_t id;
    if (management_allowed(c, &id))
        change_group(c, id, not_found, (status_answer){"0xe", "Group", " has not been deleted"});
}

/* ---- generateGroup ---- */

/* A canonical decimal number that fits an int64. */
static bool is_timestamp(const char *text)
{
    u256 value;
    char again[U256_DECIMAL_BYTES];
    if (!u256_from_decimal(bytes_of_text(text), &value) || !u256_fits_u64(value) || value.limb[0] > INT64_MAX)
        return false;
    u256_to_decimal(value, again);
    return strcmp(again, text) == 0;
}

static bool is_node_id(const json_t *value)
{
    node_id id;
    return json_is_string(value) && hex_read(bytes_of(json_string_value(value), json_string_length(value)), id.b, sizeof id);
}

/* NULL, or what is wrong with parameter 1. */
static const char *bad_generate_params(rpc_call *c)
{
    const json_t *params = json_array_get(c->params, 1), *free_storage = json_object_get(params, "enable_free_storage");
    const json_t *timestamp = json_object_get(params, "timestamp"), *sealers = json_object_get(params, "sealers");
    if (!json_is_string(timestamp))
        return "invalid `timestamp` field";
    if (!is_timestamp(json_string_value(timestamp)))
        return arena_print(c->memory, "invalid timestamp: %s", json_string_value(timestamp));
    if (!json_is_array(sealers))
        return "invalid `sealers` field";
    if (json_array_size(sealers) == 0)
        return "GenerateGroup failed for empty sealer list, expect at least one sealer";
    for (size_t i = 0; i < json_array_size(sealers); i++)
        if (!is_node_id(json_array_get(sealers, i)))
            return arena_print(c->memory, "invalid sealer ID at position %zu", i + 1);
    return free_storage == NULL || json_is_boolean(free_storage) ? NULL : "invalid `enable_free_storage` field";
}

static int compare_texts(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The sealers but this node that have no session, ", " between them, in string order, each once. "": all are there. */
static const char *missing_peers(rpc_call *c)
{
    const json_t *sealers = json_object_get(json_array_get(c->params, 1), "sealers");
    size_t count = json_array_size(sealers), missing = 0;
    const char **texts = arena_take_array(c->memory, count, sizeof *texts);
    for (size_t i = 0; i < count; i++) {
        const char *text = json_string_value(json_array_get(sealers, i));
        node_id id;
        bool ok = hex_read(bytes_of_text(text), id.b, sizeof id) &&
                  (node_id_equal(&id, &c->backend->info->self) || (c->backend->net && net_is_connected(c->backend->net, &id)));
        if (!ok)
            texts[missing++] = text;
    }
    qsort(texts, missing, sizeof *texts, compare_texts);
    buffer all = buffer_init(BUFFER_NO_LIMIT);
    for (size_t i = 0; i < missing; i++)
        if (i == 0 || strcmp(texts[i - 1], texts[i]) != 0)
            buffer_print(&all, "%s%s", all.size ? ", " : "", texts[i]);
    const char *joined = arena_copy_text(c->memory, buffer_bytes(&all));
    buffer_free(&all);
    return joined;
}

static void generate_group(rpc_call *c)
{
    int32_t id;
    if (!management_allowed(c, &id))
        return;
    const char *bad = bad_generate_params(c), *missing = bad ? "" : missing_peers(c);
    unsigned files = bad || c->backend->group_files == NULL ? 0 : c->backend->group_files(c->backend->context, id);
    if (bad)
        write_code(c, "0x7", bad, NULL);
    else if (*missing)
        write_code(c, "0x8", arena_print(c->memory, "Peer(s) not connected: %s", missing), NULL);
    else if (is_running(c, id))
        answer(c, "0x2", "Group", id, " already exists");
    else if (files & RPC_GROUP_HAS_GENESIS)
        answer(c, "0x9", "Genesis config file for group", id, " already exists");
    else if (files & RPC_GROUP_HAS_INI)
        answer(c, "0xa", "Group config file for group", id, " already exists");
    else
        write_code(c, "0x1", fixed_groups, NULL);
}

const rpc_method rpc_group_methods[] = {
    {"generateGroup", "io", generate_group}, {"startGroup", "i", start_group},
    {"stopGroup", "i", stop_group},          {"removeGroup", "i", remove_group},
    {"recoverGroup", "i", recover_group},    {"queryGroupStatus", "i", query_group_status},
};
const size_t rpc_group_method_count = COUNT(rpc_group_methods);
