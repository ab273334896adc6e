#include "tool/chain_plan.h"
#include "base/ini.h"
#include "chain/rules.h"
#include "tool/tool.h"
#include "tool/version.h"

#include <arpa/inet.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

const char chain_create_usage[] =
    "usage: hanse chain create (-l LIST | -f FILE) [OPTIONS]\n\n"
    "  -l, --nodes LIST        ip[:count],...  e.g. 127.0.0.1:4; every node in agency `agency` and group 1\n"
    "  -f, --config FILE       one line a server: ip:count agency group,group [ports as -p]\n"
    "  -o, --output DIR        default nodes; must not exist\n"
    "  -p, --ports P,C,R[,E]   first ports of a server, default 30300,20200,8545,8645; without E no Ethereum port\n"
    "  -i, --rpc-everywhere    JSON-RPC listens on 0.0.0.0 (anyone who reaches the port can use it)\n"
    "  -v, --version VERSION   supported_version, default " HANSE_PROTOCOL_VERSION "\n"
    "  -s, --storage TYPE      rocksdb (default) or memory (nothing is kept)\n"
    "  -c, --consensus TYPE    pbft (default), rpbft or raft\n"
    "  -C, --chain-id N        default 1\n"
    "  -X, --days DAYS         validity of certificates, default 36500\n"
    "  -R, --ec-channel        SDK port with secp256k1 instead of RSA certificates\n"
    "  -N, --two-level         node certificates signed by the chain CA itself\n"
    "  -6, --ipv6              listen on ::\n"
    "  -T, --debug-log         log level debug\n"
    "  -F, --no-flush          log.flush=false\n"
    "  -S, --statistics        log.enable_statistic=true\n"
    "  -E, --free-storage      evm.enable_free_storage=true\n";

static const struct option long_options[] = {
    {"nodes", required_argument, NULL, 'l'},     {"config", required_argument, NULL, 'f'},    {"output", required_argument, NULL, 'o'},
    {"ports", required_argument, NULL, 'p'},     {"rpc-everywhere", no_argument, NULL, 'i'},  {"version", required_argument, NULL, 'v'},
    {"storage", required_argument, NULL, 's'},   {"consensus", required_argument, NULL, 'c'}, {"chain-id", required_argument, NULL, 'C'},
    {"days", required_argument, NULL, 'X'},      {"ec-channel", no_argument, NULL, 'R'},      {"two-level", no_argument, NULL, 'N'},
    {"ipv6", no_argument, NULL, '6'},            {"debug-log", no_argument, NULL, 'T'},       {"no-flush", no_argument, NULL, 'F'},
    {"statistics", no_argument, NULL, 'S'},      {"free-storage", no_argument, NULL, 'E'},    {0},
};

static bool parse_ports(const char *text, chain_ports *out, error_text *why)
{
    unsigned ports[4] = {0};
    size_t count = 0;
    bool ok = true;
    for (const char *at = text; ok && at; at = strchr(at, ',') ? strchr(at, ',') + 1 : NULL) {
        char digits[8];
        uint64_t port;
        size_t size = strcspn(at, ",");
        snprintf(digits, sizeof digits, "%.*s", (int)(size < sizeof digits ? size : sizeof digits), at);
        ok = count < COUNT(ports) && tool_read_number(digits, 1025, 65535, &port);
        if (ok)
            ports[count++] = (unsigned)port;
    }
    if (!ok || count < 3)
        return error_set(why, "start port error: %s; expected three or four ports from 1025 to 65535, e.g. 30300,20200,8545,8645", text);
    *out = (chain_ports){ports[0], ports[1], ports[2], ports[3]};
    return true;
}

static bool is_name(const char *text)
{
    for (const char *c = text; *c; c++)
        if (!(*c == '.' || *c == '_' || *c == '-' || (*c >= '0' && *c <= '9') || (*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z')))
            return false;
    return *text != '\0';
}

static bool is_ip(const char *text)
{
    uint8_t ignored[16];
    return inet_pton(AF_INET, text, ignored) == 1 || inet_pton(AF_INET6, text, ignored) == 1;
}

/* Adds `count` nodes on ip; the i-th node of an ip has the first ports plus i. */
static bool add_server(chain_plan *plan, arena *a, const char *ip, uint64_t count, const char *agency, const unsigned *groups,
                       size_t group_count, chain_ports first, error_text *why)
{
    if (!is_ip(ip))
        return error_set(why, "%s is not an IP address", ip);
    if (!is_name(agency))
        return error_set(why, "agency %s: only letters, digits and . _ - are allowed", agency);
    size_t on_ip = 0;
    for (size_t i = 0; i < plan->node_count; i++)
        on_ip += strcmp(plan->nodes[i].ip, ip) == 0;
    for (uint64_t i = 0; i < count; i++, on_ip++) {
        if (plan->node_count == CHAIN_NODES_MAX)
            return error_set(why, "more than %d nodes", CHAIN_NODES_MAX);
        planned_node *node = &plan->nodes[plan->node_count++];
        *node = (planned_node){.ip = arena_copy_text(a, bytes_of_text(ip)),
                               .agency = arena_copy_text(a, bytes_of_text(agency)),
                               .index_on_ip = on_ip,
                               .group_count = group_count};
        memcpy(node->groups, groups, group_count * sizeof *groups);
        unsigned step = (unsigned)on_ip;
        node->ports = (chain_ports){first.p2p + step, first.channel + step, first.rpc + step, first.ethereum ? first.ethereum + step : 0};
        if (node->ports.p2p > 65535 || node->ports.channel > 65535 || node->ports.rpc > 65535 || node->ports.ethereum > 65535)
            return error_set(why, "node %zu of %s would need a port above 65535", on_ip, ip);
    }
    return true;
}

/* "ip:count" or "ip"; splits in place. */
static bool split_server(char *text, char **ip, uint64_t *count)
{
    *ip = text;
    *count = 1;
    char *colon = strrchr(text, ':');
    if (colon == NULL || (strchr(text, ':') != colon && text[0] != '['))
        return true;
    *colon = '\0';
    size_t size = strlen(text);
    if (text[0] == '[' && size > 2 && text[size - 1] == ']') {
        text[size - 1] = '\0';
        *ip = text + 1;
    }
    return tool_read_number(colon + 1, 1, CHAIN_NODES_MAX, count);
}

static bool read_list(chain_plan *plan, arena *a, const char *list, error_text *why)
{
    char *copy = arena_copy_text(a, bytes_of_text(list)), *rest = copy;
    const unsigned group = 1;
    for (char *part; (part = strsep(&rest, ","));) {
        char *ip;
        uint64_t count;
        if (!split_server(part, &ip, &count))
            return error_set(why, "%s: expected ip:count,... with 1 to %d nodes", list, CHAIN_NODES_MAX);
        if (!add_server(plan, a, ip, count, "agency", &group, 1, plan->first_ports, why))
            return false;
    }
    return true;
}

static bool read_groups(char *text, unsigned *groups, size_t *count)
{
    *count = 0;
    for (char *part; (part = strsep(&text, ","));) {
        uint64_t id;
        if (*count == CHAIN_GROUPS_MAX || !tool_read_number(part, 1, GROUP_ID_MAX, &id))
            return false;
        groups[(*count)++] = (unsigned)id;
    }
    return *count > 0;
}

static bool read_line(chain_plan *plan, arena *a, const char *path, unsigned number, char *line, error_text *why)
{
    char *server = strsep(&line, " \t"), *agency = strsep(&line, " \t"), *groups_text = strsep(&line, " \t"), *ports = line, *ip;
    uint64_t count;
    unsigned groups[CHAIN_GROUPS_MAX];
    size_t group_count;
    chain_ports first = plan->first_ports;
    if (*server == '\0')
        return error_set(why, "%s:%u: Please check %s, make sure there is no empty line!", path, number, path);
    if (agency == NULL || groups_text == NULL || !split_server(server, &ip, &count) || !read_groups(groups_text, groups, &group_count))
        return error_set(why, "%s:%u: expected ip:count agency group,group [p2p,channel,rpc[,ethereum]]", path, number);
    if (ports && *ports && !parse_ports(ports, &first, why)) {
        error_prefix(why, "%s:%u", path, number);
        return false;
    }
    if (add_server(plan, a, ip, count, agency, groups, group_count, first, why))
        return true;
    error_prefix(why, "%s:%u", path, number);
    return false;
}

static bool read_file(chain_plan *plan, arena *a, const char *path, error_text *why)
{
    bytes text;
    if (!file_read(a, path, INI_FILE_MAX_BYTES, &text, why))
        return false;
    char *rest = arena_copy_text(a, text);
    size_t size = strlen(rest);
    while (size && (rest[size - 1] == '\n' || rest[size - 1] == '\r'))
        rest[--size] = '\0';
    unsigned number = 1;
    for (char *line; (line = strsep(&rest, "\n")); number++)
        if (!read_line(plan, a, path, number, line, why))
            return false;
    return true;
}

static bool is_one_of(const char *text, const char *const *allowed)
{
    while (*allowed && strcmp(text, *allowed) != 0)
        allowed++;
    return *allowed != NULL;
}

/* The Ethereum ports of an address begin just behind those of JSON-RPC: a hundred nodes there, and they meet. */
static bool check_ports(const chain_plan *plan, error_text *why)
{
    for (size_t i = 0; i < plan->node_count; i++)
        for (size_t k = 0; plan->nodes[i].ports.ethereum && k < plan->node_count; k++) {
            const planned_node *one = &plan->nodes[i], *other = &plan->nodes[k];
            unsigned port = one->ports.ethereum;
            if (strcmp(one->ip, other->ip) == 0 &&
                (port == other->ports.p2p || port == other->ports.channel || port == other->ports.rpc || (i != k && port == other->ports.ethereum)))
                return error_set(why, "port %u of %s is asked for twice; give other first ports with -p, or three: then there is no Ethereum port",
                                 port, one->ip);
        }
    return true;
}

static bool check_plan(chain_plan *plan, error_text *why)
{
    uint32_t version;
    if (!version_parse(bytes_of_text(plan->version), &version, why)) {
        error_prefix(why, "--version %s", plan->version);
        return false;
    }
    plan->ec_channel |= !version_has(version, GATE_RSA_CHANNEL); /* older chains know no other SDK port */
    if (!is_one_of(plan->storage, (const char *const[]){"rocksdb", "memory", NULL}))
        return error_set(why, "--storage %s: expected rocksdb or memory", plan->storage);
    if (!is_one_of(plan->consensus, (const char *const[]){"pbft", "rpbft", "raft", NULL}))
        return error_set(why, "--consensus %s: expected pbft, rpbft or raft", plan->consensus);
    if (plan->node_count == 0)
        return error_set(why, "say which nodes to make: -l 127.0.0.1:4, or -f FILE");
    return true;
}

static bool apply_flag(chain_plan *plan, int option)
{
    static const struct {
        int option;
        size_t offset;
    } flags[] = {
        {'i', offsetof(chain_plan, rpc_on_all_addresses)}, {'R', offsetof(chain_plan, ec_channel)}, {'N', offsetof(chain_plan, two_level)},
        {'6', offsetof(chain_plan, ipv6)},                 {'T', offsetof(chain_plan, debug_log)},  {'F', offsetof(chain_plan, no_flush)},
        {'S', offsetof(chain_plan, statistics)},           {'E', offsetof(chain_plan, free_storage)},
    };
    for (size_t i = 0; i < COUNT(flags); i++)
        if (flags[i].option == option) {
            *(bool *)((uint8_t *)plan + flags[i].offset) = true;
            return true;
        }
    return false;
}

static bool apply_value(chain_plan *plan, int option, const char *value, error_text *why)
{
    uint64_t number;
    switch (option) {
    case 'o':
        plan->output = value;
        return true;
    case 'p':
        return parse_ports(value, &plan->first_ports, why);
    case 'v':
        plan->version = *value == 'v' ? value + 1 : value;
        return true;
    case 's':
        plan->storage = value;
        return true;
    case 'c':
        plan->consensus = value;
        return true;
    case 'C':
        return tool_read_number(value, 0, INT64_MAX, &plan->chain_id) || error_set(why, "%s is not a positive integer.", value);
    case 'X':
        if (!tool_read_number(value, 1, 1000000, &number))
            return error_set(why, "--days %s: expected 1 to 1000000", value);
        plan->days = (unsigned)number;
        return true;
    }
    return error_set(why, "unknown option");
}

bool chain_plan_read(chain_plan *plan, arena *a, int argc, char **argv, error_text *why)
{
    *plan = (chain_plan){.output = "nodes",
                         .version = HANSE_PROTOCOL_VERSION,
                         .storage = "rocksdb",
                         .consensus = "pbft",
                         .chain_id = 1,
                         .days = 36500,
                         .first_ports = {30300, 20200, 8545, 8645}};
    plan->nodes = arena_take_array(a, CHAIN_NODES_MAX, sizeof *plan->nodes);
    const char *list = NULL, *file = NULL;
    optind = 1;
    for (int option; (option = getopt_long(argc, argv, "l:f:o:p:iv:s:c:C:X:RN6TFSE", long_options, NULL)) != -1;) {
        if (option == 'l')
            list = optarg;
        else if (option == 'f')
            file = optarg;
        else if (!apply_flag(plan, option) && !apply_value(plan, option, optarg, why))
            return false;
    }
    if (optind < argc)
        return error_set(why, "unexpected argument %s", argv[optind]);
    if (list && !read_list(plan, a, list, why))
        return false;
    if (file && !read_file(plan, a, file, why))
        return false;
    return check_plan(plan, why) && check_ports(plan, why);
}

bool chain_node_has_group(const planned_node *node, unsigned id)
{
    for (size_t i = 0; i < node->group_count; i++)
        if (node->groups[i] == id)
            return true;
    return false;
}
