#include "tool/chain_files.h"
#include "tls/certificates.h"
#include "tool/chain_texts.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

typedef struct {
    const char *name;
    certificate_pair pair, rsa_root;
} agency_keys;

typedef struct {
    const chain_plan *plan;
    arena memory;
    error_text *why;
    void (*progress)(const char *line);
    certificate_pair chain;
    agency_keys *agencies;
    size_t agency_count;
    const char **node_ids;
    int64_t timestamp_ms;
} builder;

/* ---- files ---- */

bool file_write(const char *path, bytes text, unsigned mode, error_text *why)
{
    int file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);
    if (file < 0)
        return error_set(why, "%s: %s", path, strerror(errno));
    bool ok = true;
    while (ok && text.size) {
        ssize_t written = write(file, text.data, text.size);
        if (written < 0)
            ok = error_set(why, "%s: %s", path, strerror(errno));
        else
            text = bytes_from(text, (size_t)written);
    }
    if (close(file) != 0 && ok)
        ok = error_set(why, "%s: %s", path, strerror(errno));
    return ok;
}

static const char *in_folder(builder *b, const char *folder, const char *name)
{
    return arena_print(&b->memory, "%s/%s", folder, name);
}

static bool put(builder *b, const char *folder, const char *name, const char *text)
{
    return file_write(in_folder(b, folder, name), bytes_of_text(text), 0644, b->why);
}

static bool put_script(builder *b, const char *folder, const char *name, const char *text)
{
    return file_write(in_folder(b, folder, name), bytes_of_text(text), 0755, b->why);
}

static bool put_key(builder *b, const char *folder, const char *name, const char *key)
{
    return certificate_write_key(in_folder(b, folder, name), key, b->why);
}

/* Folder and all above it. */
static bool make_folder(builder *b, const char *path)
{
    char *part = arena_copy_text(&b->memory, bytes_of_text(path));
    for (char *at = part + 1;; at++) {
        if (*at != '/' && *at != '\0')
            continue;
        char was = *at;
        *at = '\0';
        if (mkdir(part, 0755) != 0 && errno != EEXIST)
            return error_set(b->why, "%s: %s", part, strerror(errno));
        *at = was;
        if (was == '\0')
            return true;
    }
}

/* A copy of the running program: servers get what made their configuration. */
static bool put_binary(builder *b, const char *folder)
{
    const char *path = in_folder(b, folder, "hanse");
    struct stat info;
    if (stat(path, &info) == 0)
        return true;
    int from = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
    int to = from < 0 ? -1 : open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0755);
    bool ok = from >= 0 && to >= 0 && fstat(from, &info) == 0;
    for (off_t at = 0; ok && at < info.st_size;)
        ok = sendfile(to, from, &at, (size_t)(info.st_size - at)) > 0;
    if (!ok)
        error_set(b->why, "%s: %s", path, strerror(errno));
    if (from >= 0)
        close(from);
    if (to >= 0)
        close(to);
    return ok;
}

/* ---- certificates ---- */

static agency_keys *find_agency(builder *b, const char *name)
{
    for (size_t i = 0; i < b->agency_count; i++)
        if (strcmp(b->agencies[i].name, name) == 0)
            return &b->agencies[i];
    return NULL;
}

static bool make_agency(builder *b, const char *name)
{
    if (find_agency(b, name))
        return true;
    agency_keys *agency = &b->agencies[b->agency_count];
    *agency = (agency_keys){.name = name};
    if (!certificate_make_agency(&b->memory, &b->chain, name, b->plan->days, &agency->pair, b->why))
        return false;
    const char *folder = arena_print(&b->memory, "%s/cert/%s", b->plan->output, name);
    if (!make_folder(b, folder) || !put(b, folder, "agency.crt", agency->pair.certificate) ||
        !put_key(b, folder, "agency.key", agency->pair.key) || !put(b, folder, "ca.crt", b->chain.certificate))
        return false;
    b->agency_count++;
    if (b->plan->ec_channel)
        return true;
    const char *channel = in_folder(b, folder, "channel");
    return certificate_make_rsa_root(&b->memory, name, b->plan->days, &agency->rsa_root, b->why) && make_folder(b, channel) &&
           put(b, channel, "ca.crt", agency->rsa_root.certificate) && put_key(b, channel, "ca.key", agency->rsa_root.key);
}

static bool make_authorities(builder *b)
{
    const char *folder = in_folder(b, b->plan->output, "cert");
    if (!make_folder(b, folder) || !certificate_make_chain(&b->memory, b->plan->days, &b->chain, b->why) ||
        !put(b, folder, "ca.crt", b->chain.certificate) || !put_key(b, folder, "ca.key", b->chain.key))
        return false;
    b->agencies = arena_take_array(&b->memory, b->plan->node_count, sizeof *b->agencies);
    for (size_t i = 0; i < b->plan->node_count; i++)
        if (!make_agency(b, b->plan->nodes[i].agency))
            return false;
    return true;
}

static bool make_leaf(builder *b, const agency_keys *agency, certificate_role role, const char *name, certificate_pair *out)
{
    return certificate_make_leaf(&b->memory, b->plan->two_level ? &b->chain : &agency->pair, role, name, b->plan->days, out, b->why);
}

static const char *chain_text(builder *b, const agency_keys *agency, const certificate_pair *leaf)
{
    return certificate_chain_text(&b->memory, leaf, b->plan->two_level ? NULL : &agency->pair, &b->chain);
}

static bool put_rsa_set(builder *b, const agency_keys *agency, const char *folder, const char *stem)
{
    certificate_pair leaf;
    return certificate_make_rsa_leaf(&b->memory, &agency->rsa_root, b->plan->days, &leaf, b->why) && make_folder(b, folder) &&
           put(b, folder, "ca.crt", agency->rsa_root.certificate) &&
           put(b, folder, arena_print(&b->memory, "%s.crt", stem), leaf.certificate) &&
           put_key(b, folder, arena_print(&b->memory, "%s.key", stem), leaf.key);
}

/* The SDK's own certificates, one set for each server. */
static bool make_sdk(builder *b, const planned_node *first_on_server)
{
    const char *folder = arena_print(&b->memory, "%s/%s/sdk", b->plan->output, first_on_server->ip);
    const agency_keys *agency = find_agency(b, first_on_server->agency);
    if (!b->plan->ec_channel)
        return put_rsa_set(b, agency, folder, "sdk");
    certificate_pair leaf;
    return make_leaf(b, agency, CERTIFICATE_SDK, "sdk", &leaf) && make_folder(b, folder) &&
           put(b, folder, "ca.crt", b->chain.certificate) && put(b, folder, "sdk.crt", chain_text(b, agency, &leaf)) &&
           put_key(b, folder, "sdk.key", leaf.key) &&
           put(b, folder, "sdk.publickey", arena_print(&b->memory, "%s\n", leaf.id_text));
}

/* ---- nodes ---- */

static const char *node_folder(builder *b, const planned_node *node)
{
    return arena_print(&b->memory, "%s/%s/node%zu", b->plan->output, node->ip, node->index_on_ip);
}

static bool make_node(builder *b, size_t index)
{
    const planned_node *node = &b->plan->nodes[index];
    const agency_keys *agency = find_agency(b, node->agency);
    const char *folder = node_folder(b, node), *conf = in_folder(b, folder, "conf");
    certificate_pair leaf;
    if (b->progress)
        b->progress(arena_print(&b->memory, "node%zu of %s, agency %s, ports %u %u %u", node->index_on_ip, node->ip, node->agency,
                                node->ports.p2p, node->ports.channel, node->ports.rpc));
    if (!make_folder(b, conf) ||
        !make_leaf(b, agency, CERTIFICATE_NODE, arena_print(&b->memory, "node%zu", node->index_on_ip), &leaf))
        return false;
    b->node_ids[index] = leaf.id_text;
    return put(b, conf, "ca.crt", b->chain.certificate) && put(b, conf, "node.crt", chain_text(b, agency, &leaf)) &&
           put_key(b, conf, "node.key", leaf.key) && put(b, conf, "node.nodeid", arena_print(&b->memory, "%s\n", leaf.id_text)) &&
           (b->plan->ec_channel || put_rsa_set(b, agency, in_folder(b, conf, "channel_cert"), "node")) &&
           put(b, folder, "config.ini", text_config_ini(&b->memory, b->plan, node)) &&
           put_script(b, folder, "start.sh", text_start_sh) && put_script(b, folder, "stop.sh", text_stop_sh);
}

static bool put_groups(builder *b, const planned_node *node)
{
    const char *conf = in_folder(b, node_folder(b, node), "conf");
    for (size_t i = 0; i < node->group_count; i++) {
        unsigned id = node->groups[i];
        if (!put(b, conf, arena_print(&b->memory, "group.%u.genesis", id),
                 text_group_genesis(&b->memory, b->plan, id, b->node_ids, b->timestamp_ms)) ||
            !put(b, conf, arena_print(&b->memory, "group.%u.ini", id), text_group_ini(&b->memory, b->plan)))
            return false;
    }
    return true;
}

static bool make_server(builder *b, const planned_node *first)
{
    const char *folder = in_folder(b, b->plan->output, first->ip);
    return put_binary(b, folder) && make_sdk(b, first) && put_script(b, folder, "start_all.sh", text_start_all_sh) &&
           put_script(b, folder, "stop_all.sh", text_stop_all_sh);
}

static bool build(builder *b)
{
    const chain_plan *plan = b->plan;
    b->node_ids = arena_take_array(&b->memory, plan->node_count, sizeof *b->node_ids);
    b->timestamp_ms = (int64_t)time(NULL) * 1000;
    if (!make_authorities(b))
        return false;
    for (size_t i = 0; i < plan->node_count; i++)
        if (!make_node(b, i) || (plan->nodes[i].index_on_ip == 0 && !make_server(b, &plan->nodes[i])))
            return false;
    for (size_t i = 0; i < plan->node_count; i++)
        if (!put_groups(b, &plan->nodes[i]))
            return false;
    return true;
}

static int remove_entry(const char *path, const struct stat *info, int kind, struct FTW *place)
{
    (void)info, (void)kind, (void)place;
    return remove(path);
}

bool chain_write(const chain_plan *plan, void (*progress)(const char *line), error_text *why)
{
    struct stat info;
    if (lstat(plan->output, &info) == 0)
        return error_set(why, "%s already exists", plan->output);
    builder b = {.plan = plan, .why = why, .progress = progress};
    bool ok = build(&b);
    if (!ok) {
        enum { OPEN_FOLDERS = 16 };
        nftw(plan->output, remove_entry, OPEN_FOLDERS, FTW_DEPTH | FTW_PHYS);
    }
    arena_reset(&b.memory);
    return ok;
}
