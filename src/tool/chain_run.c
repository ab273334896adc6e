#include "tool/chain_run.h"
#include "base/clock.h"
#include "base/ini.h"
#include "hanse/client.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <jansson.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { POLL_MS = 20, RPC_TIMEOUT_MS = 2000 };

static void pause_ms(unsigned ms)
{
    usleep(ms * 1000);
}

/* The process whose working directory is the node's folder and whose program is the hanse beside it. */
static pid_t find_process(const char *folder)
{
    DIR *processes = opendir("/proc");
    pid_t found = 0;
    for (struct dirent *entry; processes && !found && (entry = readdir(processes));) {
        char link[64], cwd[PATH_MAX], command[64];
        pid_t pid = (pid_t)atol(entry->d_name);
        if (pid <= 0)
            continue;
        snprintf(link, sizeof link, "/proc/%d/cwd", (int)pid);
        ssize_t size = readlink(link, cwd, sizeof cwd - 1);
        if (size <= 0)
            continue;
        cwd[size] = '\0';
        snprintf(link, sizeof link, "/proc/%d/comm", (int)pid);
        FILE *file = fopen(link, "r");
        bool is_hanse = file && fgets(command, sizeof command, file) && strcmp(command, "hanse\n") == 0;
        if (file)
            fclose(file);
        if (is_hanse && strcmp(cwd, folder) == 0)
            found = pid;
    }
    if (processes)
        closedir(processes);
    return found;
}

static unsigned port_of(const ini *file, const char *section, const char *key, unsigned otherwise)
{
    const ini_entry *entry = ini_find(file, section, key);
    return entry ? (unsigned)atoi(entry->value) : otherwise;
}

/* The node id as its file has it; empty when there is none. */
static const char *read_node_id(arena *a, const char *folder)
{
    enum { NODE_ID_DIGITS = 128 };
    bytes text;
    if (!file_read(a, arena_print(a, "%s/conf/node.nodeid", folder), 1024, &text, NULL) || text.size < NODE_ID_DIGITS)
        return "";
    return arena_copy_text(a, bytes_of(text.data, NODE_ID_DIGITS));
}

bool chain_find_nodes(arena *a, const char *chain_folder, local_node **nodes, size_t *count, error_text *why)
{
    glob_t found;
    const char *pattern = arena_print(a, "%s/*/node*/config.ini", chain_folder);
    if (glob(pattern, 0, NULL, &found) != 0)
        return error_set(why, "%s holds no node directories (%s)", chain_folder, pattern);
    *nodes = arena_take_array(a, found.gl_pathc, sizeof **nodes);
    *count = found.gl_pathc;
    bool ok = true;
    for (size_t i = 0; ok && i < found.gl_pathc; i++) {
        char absolute[PATH_MAX];
        ini file;
        ok = ini_read_file(a, found.gl_pathv[i], &file, why);
        if (!ok || realpath(found.gl_pathv[i], absolute) == NULL)
            break;
        *strrchr(absolute, '/') = '\0';
        char *folder = arena_copy_text(a, bytes_of_text(absolute));
        (*nodes)[i] = (local_node){.folder = folder,
                                   .name = strrchr(folder, '/') + 1,
                                   .p2p_port = port_of(&file, "p2p", "listen_port", 30300),
                                   .channel_port = port_of(&file, "rpc", "channel_listen_port", 20200),
                                   .rpc_port = port_of(&file, "rpc", "jsonrpc_listen_port", 8545),
                                   .ethereum_port = port_of(&file, "rpc", "ethereum_listen_port", 0),
                                   .id = read_node_id(a, folder),
                                   .pid = find_process(folder)};
    }
    globfree(&found);
    return ok;
}

/* In the child: becomes the node. Returns only when that fails. */
static void become_node(const local_node *node)
{
    char program[PATH_MAX];
    snprintf(program, sizeof program, "%s/../hanse", node->folder);
    if (chdir(node->folder) != 0)
        return;
    int log = open("nohup.out", O_WRONLY | O_CREAT | O_APPEND, 0644), null = open("/dev/null", O_RDONLY);
    if (log < 0 || null < 0)
        return;
    dup2(null, STDIN_FILENO);
    dup2(log, STDOUT_FILENO);
    dup2(log, STDERR_FILENO);
    setsid();
    execl(program, program, "node", "-c", "config.ini", (char *)NULL);
}

bool chain_start_nodes(local_node *nodes, size_t count, error_text *why)
{
    for (size_t i = 0; i < count; i++) {
        if (nodes[i].pid)
            continue;
        pid_t child = fork();
        if (child < 0)
            return error_set(why, "%s: %s", nodes[i].folder, strerror(errno));
        if (child == 0) {
            become_node(&nodes[i]);
            _exit(127);
        }
        nodes[i].pid = child;
    }
    return true;
}

/* true: the process has ended (a child of ours is collected). */
static bool is_gone(pid_t pid)
{
    waitpid(pid, NULL, WNOHANG);
    return kill(pid, 0) != 0 && errno == ESRCH;
}

bool chain_stop_nodes(local_node *nodes, size_t count, unsigned wait_ms, error_text *why)
{
    for (size_t i = 0; i < count; i++)
        if (nodes[i].pid)
            kill(nodes[i].pid, SIGTERM);
    uint64_t until = clock_steady_ms() + wait_ms;
    for (size_t i = 0; i < count; i++) {
        while (nodes[i].pid && !is_gone(nodes[i].pid)) {
            if (clock_steady_ms() >= until)
                return error_set(why, "%s (process %d) does not end", nodes[i].folder, (int)nodes[i].pid);
            pause_ms(POLL_MS);
        }
        nodes[i].pid = 0;
    }
    return true;
}

static long long quantity(const json_t *value)
{
    const char *text = json_string_value(value);
    return text ? strtoll(text, NULL, 0) : json_integer_value(value);
}

static void copy_text(char *to, size_t size, const json_t *value)
{
    snprintf(to, size, "%s", json_string_value(value) ? json_string_value(value) : "");
}

/* The result of a method; NULL: no answer, or an error. */
static json_t *ask(hanse_client *client, const char *method, const char *params)
{
    json_error_t ignored;
    char *text = client ? hanse_rpc(client, method, params, NULL) : NULL;
    json_t *result = text ? json_loads(text, JSON_DECODE_ANY, &ignored) : NULL;
    hanse_free(text);
    return result;
}

static void look_at_block(hanse_client *client, unsigned group_id, node_look *look)
{
    char params[64];
    snprintf(params, sizeof params, "[%u,\"0x%llx\",false]", group_id, look->height);
    json_t *block = ask(client, "getBlockByNumber", params);
    copy_text(look->block_hash, sizeof look->block_hash, json_object_get(block, "hash"));
    copy_text(look->state_root, sizeof look->state_root, json_object_get(block, "stateRoot"));
    json_decref(block);
}

static hanse_client *connect_to(const local_node *node, unsigned group_id)
{
    char address[32];
    const char *nodes[] = {address};
    snprintf(address, sizeof address, "http://127.0.0.1:%u", node->rpc_port);
    return hanse_client_open(&(hanse_client_options){.nodes = nodes, .node_count = 1, .group = (int)group_id, .timeout_ms = RPC_TIMEOUT_MS}, NULL);
}

node_look chain_look_at(const local_node *node, unsigned group_id)
{
    node_look look = {0};
    char group[16];
    snprintf(group, sizeof group, "[%u]", group_id);
    hanse_client *client = connect_to(node, group_id);
    json_t *info = ask(client, "getNodeInfo", NULL);
    const char *id = json_string_value(json_object_get(info, "NodeID"));
    look.is_other = id && *node->id && strcmp(id, node->id) != 0;
    json_decref(info);
    json_t *height = look.is_other ? NULL : ask(client, "getBlockNumber", group);
    if (height) {
        json_t *peers = ask(client, "getPeers", group), *status = ask(client, "getConsensusStatus", group);
        const json_t *first = json_array_get(status, 0);
        look.answers = true;
        look.height = quantity(height);
        look.peers = (long long)json_array_size(peers);
        look.view = quantity(json_object_get(first, "currentView"));
        look.leader_failed = json_is_true(json_object_get(first, "leaderFailed"));
        look_at_block(client, group_id, &look);
        json_decref(peers);
        json_decref(status);
        json_decref(height);
    }
    hanse_client_close(client);
    return look;
}

/* NULL: agreed; else what is missing, in a. */
static const char *what_is_missing(arena *a, const local_node *nodes, size_t count, unsigned group_id)
{
    node_look first = {0};
    for (size_t i = 0; i < count; i++) {
        if (nodes[i].pid && is_gone(nodes[i].pid))
            return arena_print(a, "%s ended: see %s/nohup.out", nodes[i].name, nodes[i].folder);
        node_look look = chain_look_at(&nodes[i], group_id);
        if (look.is_other)
            return arena_print(a, "port %u of %s is used by another node", nodes[i].rpc_port, nodes[i].name);
        if (!look.answers)
            return arena_print(a, "%s does not answer on port %u", nodes[i].name, nodes[i].rpc_port);
        if (look.peers + 1 < (long long)count)
            return arena_print(a, "%s sees %lld of %zu peers", nodes[i].name, look.peers, count - 1);
        if (look.leader_failed)
            return arena_print(a, "%s has no leader yet", nodes[i].name);
        if (i == 0)
            first = look;
        if (look.height != first.height || strcmp(look.block_hash, first.block_hash) != 0)
            return arena_print(a, "%s is at block %lld, %s at %lld", nodes[i].name, look.height, nodes[0].name, first.height);
    }
    return NULL;
}

bool chain_wait_agreed(const local_node *nodes, size_t count, unsigned group_id, unsigned wait_ms, error_text *why)
{
    uint64_t until = clock_steady_ms() + wait_ms;
    for (;;) {
        arena a = {0};
        const char *missing = what_is_missing(&a, nodes, count, group_id);
        if (missing && clock_steady_ms() >= until)
            error_set(why, "the nodes do not agree after %u s: %s", wait_ms / 1000, missing);
        bool ended = missing && strstr(missing, " ended: ");
        if (ended)
            error_set(why, "%s", missing);
        bool agreed = missing == NULL;
        arena_reset(&a);
        if (agreed)
            return true;
        if (ended || clock_steady_ms() >= until)
            return false;
        pause_ms(POLL_MS);
    }
}

void chain_print_status(const local_node *nodes, size_t count, unsigned group_id)
{
    printf("%-8s %8s %8s %6s %6s  %-18s %-18s %s\n", "node", "process", "height", "peers", "view", "block", "state root",
           "ports (P2P, SDK, RPC, Ethereum)");
    for (size_t i = 0; i < count; i++) {
        const local_node *node = &nodes[i];
        node_look look = node->pid ? chain_look_at(node, group_id) : (node_look){0};
        printf("%-8s ", node->name);
        if (node->pid == 0)
            printf("%8s %8s %6s %6s  %-18s %-18s ", "stopped", "-", "-", "-", "-", "-");
        else if (!look.answers)
            printf("%8d %8s %6s %6s  %-18s %-18s ", (int)node->pid, look.is_other ? "foreign" : "silent", "-", "-", "-", "-");
        else
            printf("%8d %8lld %6lld %6lld  %.18s %.18s ", (int)node->pid, look.height, look.peers, look.view, look.block_hash,
                   look.state_root);
        printf("%u %u %u ", node->p2p_port, node->channel_port, node->rpc_port);
        if (node->ethereum_port)
            printf("%u\n", node->ethereum_port);
        else
            printf("-\n");
    }
}
