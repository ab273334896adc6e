#include "tool/tx_session.h"
#include "base/ini.h"
#include "codec/abi.h"
#include "tool/tool.h"

#include <stdio.h>
#include <stdlib.h>

enum { REQUEST_MS = 10000 };

static bool fail(tx_session *s, const char *text)
{
    snprintf(s->error.text, sizeof s->error.text, "%s", text);
    return false;
}

bool tx_take_option(tx_session *s, int option, const char *value)
{
    uint64_t number;
    switch (option) {
    case 'r':
        s->rpc = value;
        return true;
    case 'n':
        s->node = value;
        return true;
    case 'd':
        s->sdk = value;
        return true;
    case 'a':
        s->abi_path = value;
        return true;
    case 'k':
        s->key = value;
        return true;
    case 'g':
        if (!tool_read_number(value, 1, GROUP_ID_MAX, &number))
            return false;
        s->group = (int)number;
        return true;
    case 't':
        s->to = value;
        return true;
    }
    return false;
}

static bool split_nodes(tx_session *s)
{
    const char *list = s->node ? s->node : s->rpc ? s->rpc : "127.0.0.1:8545";
    char *rest = arena_copy_text(&s->memory, bytes_of_text(list));
    for (char *part; (part = strsep(&rest, ","));) {
        if (s->node_count == TX_SESSION_NODES_MAX)
            return fail(s, "too many nodes");
        bool is_plain = strstr(part, "://") == NULL;
        s->nodes[s->node_count++] = arena_print(&s->memory, "%s%s", is_plain ? s->node ? "channel://" : "http://" : "", part);
    }
    return true;
}

bool tx_open(tx_session *s)
{
    if (!split_nodes(s))
        return false;
    hanse_client_options options = {.nodes = s->nodes,
                                    .node_count = s->node_count,
                                    .certificates = s->sdk ? s->sdk : "nodes/127.0.0.1/sdk",
                                    .group = s->group,
                                    .timeout_ms = REQUEST_MS};
    s->client = hanse_client_open(&options, &s->error);
    return s->client != NULL;
}

bool tx_read_contract(tx_session *s)
{
    bytes json;
    error_text why = {""};
    if (s->abi_path == NULL)
        return fail(s, "say which contract: --abi FILE");
    if (!file_read(&s->memory, s->abi_path, ABI_JSON_MAX_BYTES, &json, &why))
        return fail(s, why.text);
    const char *text = arena_copy_text(&s->memory, json);
    s->abi = hanse_client_is_national(s->client) ? hanse_abi_parse_national(text, &s->error) : hanse_abi_parse(text, &s->error);
    if (s->abi == NULL)
        fail(s, arena_print(&s->memory, "%s: %s", s->abi_path, s->error.text));
    return s->abi != NULL;
}

bool tx_check_target(tx_session *s)
{
    return s->to || fail(s, "say which contract: --to ADDRESS (40 hex digits)");
}

bool tx_read_key(tx_session *s)
{
    const char *path = s->key ? s->key : getenv("HANSE_KEY");
    if (path == NULL)
        return fail(s, "say who sends it: --key FILE (hanse account new makes one), or HANSE_KEY");
    s->account = hanse_account_read_pem(path, &s->error);
    return s->account != NULL;
}

void tx_close(tx_session *s)
{
    hanse_client_close(s->client);
    hanse_abi_free(s->abi);
    hanse_account_free(s->account);
    arena_reset(&s->memory);
}
