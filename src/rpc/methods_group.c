/* Methods that manage groups at run time (spec/interfaces.md 4.12). A node runs the groups that its configuration folder holds when
   it starts; what would change that is answered with code 0x1 and says so. */
#include "rpc/method.h"

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

static void change_group(rpc_call *c)
{
    int32_t id;
    if (management_allowed(c, &id))
        write_code(c, "0x1", "this node takes its groups from its configuration folder when it starts", NULL);
}

const rpc_method rpc_group_methods[] = {
    {"generateGroup", "io", change_group}, {"startGroup", "i", change_group},
    {"stopGroup", "i", change_group},      {"removeGroup", "i", change_group},
    {"recoverGroup", "i", change_group},   {"queryGroupStatus", "i", query_group_status},
};
const size_t rpc_group_method_count = COUNT(rpc_group_methods);
