#include "node/settings.h"
#include "codec/hex.h"
#include "base/setting_rows.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#define NODE(member) offsetof(node_settings, member)
#define TEXT(section, legacy, key, member, otherwise) {section, legacy, key, SETTING_TEXT, NODE(member), otherwise, 0, 0, 0, NULL}
#define INTEGER(section, key, member, otherwise, min, max, refusal) \
    {section, NULL, key, SETTING_INTEGER, NODE(member), NULL, otherwise, min, max, refusal}
#define BOOLEAN(section, legacy, key, member, otherwise) \
    {section, legacy, key, SETTING_BOOLEAN, NODE(member), NULL, otherwise, 0, 1, NULL}

static const setting_row node_rows[] = {
    TEXT("rpc", NULL, "listen_ip", rpc_ip, NULL),
    TEXT("rpc", NULL, "jsonrpc_listen_ip", jsonrpc_ip, NULL),
    TEXT("rpc", NULL, "channel_listen_ip", channel_ip, NULL),
    INTEGER("rpc", "jsonrpc_listen_port", jsonrpc_port, 8545, PORT_MIN, PORT_MAX, "Invalid ListenPort for RPC!"),
    INTEGER("rpc", "channel_listen_port", channel_port, 20200, PORT_MIN, PORT_MAX, "Invalid ListenPort for RPC!"),
    TEXT("rpc", NULL, "ethereum_listen_ip", ethereum_ip, NULL),
    INTEGER("rpc", "ethereum_listen_port", ethereum_port, 0, PORT_MIN, PORT_MAX, NULL),
    INTEGER("rpc", "ethereum_chain_id", ethereum_chain_id, -1, 0, INT64_MAX, NULL),
    TEXT("rpc", NULL, "jsonrpc_allowed_origins", jsonrpc_origins_text, NULL),
    TEXT("rpc", NULL, "ethereum_allowed_origins", ethereum_origins_text, NULL),
    BOOLEAN("rpc", NULL, "act_as_group_member", act_as_group_member, false),
    BOOLEAN("rpc", NULL, "disable_dynamic_group", disable_dynamic_group, false),
    TEXT("p2p", NULL, "listen_ip", p2p_ip, "0.0.0.0"),
    INTEGER("p2p", "listen_port", p2p_port, 30300, PORT_MIN, PORT_MAX, "Invalid ListenPort!"),
    BOOLEAN("p2p", NULL, "enable_compress", enable_compress, true),
    BOOLEAN("p2p", NULL, "connection_warning", connection_warning, true),
    INTEGER("p2p", "peers_param_limit", peers_param_limit, 10, 1, INT_MAX, "Invalid peersParamLimit"),
    INTEGER("p2p", "max_nodes_limit", max_nodes_limit, 100, 1, INT_MAX, "Invalid maxNodesLimit"),
    TEXT("group", NULL, "group_config_path", group_config_path, "conf/"),
    TEXT("hanse", NULL, "data_path", hanse_data_path, "hanse-data/"),
    INTEGER("hanse", "worker_threads", worker_threads, 0, 0, 256, NULL),
    TEXT("network_security", "secure", "data_path", security_path, "./conf/"),
    TEXT("network_security", "secure", "key", key_path, "node.key"),
    TEXT("network_security", "secure", "cert", certificate_path, "node.crt"),
    TEXT("network_security", "secure", "ca_cert", ca_path, "ca.crt"),
    TEXT("network_security", "secure", "ca_path", ca_folder, NULL),
    BOOLEAN("network_security", "secure", "check_cert_issuer", check_cert_issuer, true),
    BOOLEAN("storage_security", "data_secure", "enable", storage_security, false),
    INTEGER("chain", "id", chain_id, 1, 0, INT64_MAX, "Please set chain.id to positive!"),
    BOOLEAN("chain", NULL, "sm_crypto", sm_crypto, false),
    BOOLEAN("chain", NULL, "rsa_crypto_channel", rsa_channel, false),
    INTEGER("flow_control", "limit_req", requests_per_second, 0, 1, INT64_MAX, "flow_control.limit_req must be positive!"),
    {"flow_control", NULL, "outgoing_bandwidth_limit", SETTING_REAL, NODE(amop_bytes_per_second), NULL, 0, 0, 70368744177663, NULL},
    TEXT("compatibility", NULL, "supported_version", version_text, "2.0.0-rc1"),
    BOOLEAN("log", NULL, "enable", log_enabled, true),
    TEXT("log", NULL, "log_path", log_path, "log"),
    BOOLEAN("log", NULL, "enable_console_output", log_to_console, false),
    BOOLEAN("log", NULL, "enable_statistic", enable_statistic, false),
    INTEGER("log", "stat_flush_interval", stat_flush_s, 60, 1, INT_MAX,
            "init network-stat-handler failed, log.stat_flush_interval must be positive!"),
    INTEGER("log", "max_log_file_size", log_file_mb, 1024, 100, INT_MAX, "log.max_log_file_size must be greater than 100M"),
};

/* "conf" + "node.key" -> "conf/node.key" */
static const char *join(arena *a, const char *folder, const char *name)
{
    size_t size = strlen(folder);
    return arena_print(a, "%s%s%s", folder, size && folder[size - 1] != '/' ? "/" : "", name);
}

static bool starts_with(const char *text, const char *prefix)
{
    return strncmp(text, prefix, strlen(prefix)) == 0;
}

static void read_endpoints(node_settings *s, const ini *file)
{
    const ini_section *p2p = ini_find_section(file, "p2p");
    s->endpoints = arena_take_array(&s->memory, p2p ? p2p->count : 0, sizeof *s->endpoints);
    for (size_t i = 0; p2p && i < p2p->count; i++)
        if (starts_with(p2p->entries[i].key, "node."))
            s->endpoints[s->endpoint_count++] = arena_copy_text(&s->memory, bytes_of_text(p2p->entries[i].value));
}

/* Entries crl.N or cal.N; invalid node ids are skipped as the reference does (spec/network.md 1.7). */
static const node_id *read_node_ids(arena *a, const ini_section *section, const char *prefix, size_t *count)
{
    node_id *ids = arena_take_array(a, section ? section->count : 0, sizeof *ids);
    *count = 0;
    for (size_t i = 0; section && i < section->count; i++)
        if (starts_with(section->entries[i].key, prefix) &&
            hex_read(bytes_of_text(section->entries[i].value), ids[*count].b, sizeof ids->b))
            (*count)++;
    return ids;
}

static const node_id *read_whitelist(arena *a, const ini *file, size_t *count)
{
    return read_node_ids(a, setting_section(file, "certificate_whitelist", "cal"), "cal.", count);
}

bool node_settings_read_whitelist(const char *path, arena *a, const node_id **ids, size_t *count, error_text *why)
{
    ini file;
    if (!ini_read_file(a, path, &file, why))
        return false;
    *ids = read_whitelist(a, &file, count);
    return true;
}

static bool read_origins(node_settings *s, const char *key, const char *text, http_origins *out, error_text *why)
{
    if (http_origins_read(&s->memory, text, out, why))
        return true;
    error_prefix(why, "%s: [rpc] %s", s->path, key);
    return false;
}

static log_level parse_log_level(const ini *file)
{
    const ini_entry *entry = ini_find(file, "log", "level");
    for (log_level level = LOG_TRACE; entry && level <= LOG_FATAL; level++)
        if (strcasecmp(entry->value, log_level_text(level)) == 0)
            return level;
    return LOG_INFO;
}

/* The RSA set of the channel port has fixed names (spec/network.md 1.1); without it SDKs meet the node's own certificate. */
static void choose_channel_files(node_settings *s)
{
    arena *a = &s->memory;
    const char *folder = join(a, s->security_path, "channel_cert/");
    s->channel_key_path = s->rsa_channel ? join(a, folder, "node.key") : s->key_path;
    s->channel_certificate_path = s->rsa_channel ? join(a, folder, "node.crt") : s->certificate_path;
    s->channel_ca_path = s->rsa_channel ? join(a, folder, "ca.crt") : s->ca_path;
}

/* What this build does not do is refused here, not ignored. */
static bool check_supported(const node_settings *s, error_text *why)
{
    if (s->sm_crypto)
        return error_set(why, "%s: [chain] sm_crypto=true: chains with national algorithms are not supported yet", s->path);
    if (s->storage_security)
        return error_set(why, "%s: [storage_security] enable=true: disk encryption is not supported yet", s->path);
    return true;
}

bool node_settings_read(node_settings *s, const char *path, error_text *why)
{
    *s = (node_settings){0};
    arena *a = &s->memory;
    ini file;
    if (!ini_read_file(a, path, &file, why))
        return false;
    s->path = arena_copy_text(a, bytes_of_text(path));
    if (!settings_read_rows(&file, node_rows, COUNT(node_rows), s, a, why))
        return false;
    if (!version_parse(bytes_of_text(s->version_text), &s->version, why)) {
        error_prefix(why, "%s: [compatibility] supported_version=%s", path, s->version_text);
        return false;
    }
    if (!read_origins(s, "jsonrpc_allowed_origins", s->jsonrpc_origins_text, &s->jsonrpc_origins, why) ||
        !read_origins(s, "ethereum_allowed_origins", s->ethereum_origins_text, &s->ethereum_origins, why))
        return false;
    s->jsonrpc_ip = s->jsonrpc_ip ? s->jsonrpc_ip : s->rpc_ip ? s->rpc_ip : "127.0.0.1";
    s->channel_ip = s->channel_ip ? s->channel_ip : s->rpc_ip ? s->rpc_ip : "0.0.0.0";
    s->ethereum_ip = s->ethereum_ip ? s->ethereum_ip : s->jsonrpc_ip;
    s->ethereum_chain_id = s->ethereum_chain_id < 0 ? s->chain_id : s->ethereum_chain_id;
    s->key_path = join(a, s->security_path, s->key_path);
    s->certificate_path = join(a, s->security_path, s->certificate_path);
    s->ca_path = join(a, s->security_path, s->ca_path);
    s->group_config_path = join(a, s->group_config_path, "");
    s->amop_bytes_per_second *= 131072; /* Mbit/s */
    s->rsa_channel = s->rsa_channel && version_has(s->version, GATE_RSA_CHANNEL);
    s->sm_crypto = s->sm_crypto && version_has(s->version, GATE_CHAIN_SM_CRYPTO);
    choose_channel_files(s);
    s->log_threshold = parse_log_level(&file);
    read_endpoints(s, &file);
    s->blacklist = read_node_ids(a, setting_section(&file, "certificate_blacklist", "crl"), "crl.", &s->blacklist_count);
    s->whitelist = read_whitelist(a, &file, &s->whitelist_count);
    return check_supported(s, why);
}

void node_settings_free(node_settings *s)
{
    arena_reset(&s->memory);
    *s = (node_settings){0};
}

static int compare_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

bool node_settings_list_groups(const node_settings *s, arena *a, const char ***paths, size_t *count, error_text *why)
{
    static const char suffix[] = ".genesis";
    DIR *folder = opendir(s->group_config_path);
    if (folder == NULL)
        return error_set(why, "%s: [group] group_config_path=%s: %s", s->path, s->group_config_path, strerror(errno));
    const char **found = arena_take_array(a, NODE_GROUPS_MAX, sizeof *found);
    *count = 0;
    bool ok = true;
    for (struct dirent *entry; ok && (entry = readdir(folder));) {
        size_t size = strlen(entry->d_name);
        if (size <= sizeof suffix - 1 || strcmp(entry->d_name + size - (sizeof suffix - 1), suffix) != 0)
            continue;
        if (*count == NODE_GROUPS_MAX)
            ok = error_set(why, "%s: more than %d groups", s->group_config_path, NODE_GROUPS_MAX);
        else
            found[(*count)++] = join(a, s->group_config_path, entry->d_name);
    }
    closedir(folder);
    qsort(found, *count, sizeof *found, compare_text);
    *paths = found;
    return ok;
}
