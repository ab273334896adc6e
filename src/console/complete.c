#include "console/complete.h"
#include "console/accounts.h"
#include "console/artifacts.h"
#include "console/tokens.h"

#include <dirent.h>
#include <stdlib.h>
#include <sys/stat.h>

typedef struct {
    session *s;
    const char *prefix;
    completions *out;
} collector;

static void add(collector *c, const char *text)
{
    if (strncmp(text, c->prefix, strlen(c->prefix)) == 0 && c->out->count < COMPLETIONS_MAX)
        c->out->texts[c->out->count++] = text;
}

/* ---- where candidates come from ---- */

static void add_commands(collector *c)
{
    for (size_t f = 0; f < command_family_count; f++)
        for (size_t i = 0; i < command_families[f]->count; i++)
            add(c, command_families[f]->rows[i].name);
}

static void add_list(collector *c, const char **texts, size_t count)
{
    for (size_t i = 0; i < count; i++)
        add(c, texts[i]);
}

/* Files and folders whose path begins with the prefix. */
static void add_files(collector *c)
{
    arena *a = &c->s->memory;
    const char *slash = strrchr(c->prefix, '/'), *home = getenv("HOME");
    const char *folder = slash ? arena_copy_text(a, bytes_of(c->prefix, (size_t)(slash - c->prefix + 1))) : "";
    const char *place = folder[0] ? folder : ".";
    if (home && strncmp(folder, "~/", 2) == 0)
        place = arena_print(a, "%s%s", home, folder + 1);
    DIR *d = opendir(place);
    for (struct dirent *e; d && (e = readdir(d));) {
        struct stat st;
        if (e->d_name[0] == '.')
            continue;
        bool is_folder = stat(arena_print(a, "%s/%s", place, e->d_name), &st) == 0 && S_ISDIR(st.st_mode);
        add(c, arena_print(a, "%s%s%s", folder, e->d_name, is_folder ? "/" : ""));
    }
    if (d)
        closedir(d);
}

static void add_contracts(collector *c)
{
    const char **names;
    size_t count = artifact_names(c->s, &names);
    add_list(c, names, count);
    if (strchr(c->prefix, '/'))
        add_files(c);
}

static void add_deployed(collector *c, const char *name)
{
    deployed_contract *deployed;
    size_t count = artifact_deployed(c->s, artifact_name(c->s, name), &deployed);
    for (size_t i = 0; i < count; i++)
        add(c, deployed[i].address);
    if (count)
        add(c, "latest");
}

/* words: contract [address] | name[:version] */
static void add_functions(collector *c, const char *contract, const char *address)
{
    const char *name = arena_copy_text(&c->s->memory, bytes_of(contract, strcspn(contract, ":")));
    const char *json = artifact_known_abi(c->s, name, address);
    hanse_abi *abi = json ? hanse_abi_parse(json, NULL) : NULL;
    for (size_t i = 0; abi && i < hanse_abi_count(abi); i++) {
        const hanse_abi_item *item = hanse_abi_item_at(abi, i);
        if (item->kind == HANSE_FUNCTION)
            add(c, arena_copy_text(&c->s->memory, bytes_of_text(item->name)));
    }
    hanse_abi_free(abi);
}

static void add_addresses(collector *c, const parameter *p)
{
    const char **addresses;
    bool is_contract = strncmp(p->name, "contract", 8) == 0;
    size_t count = is_contract ? artifact_addresses(c->s, &addresses) : accounts_list(c->s, &addresses);
    add_list(c, addresses, count);
}

/* What the node answers to `method`, when it is connected: texts or numbers. */
static void add_answer(collector *c, const char *method, bool with_group)
{
    hanse_client *client = console_is_connected(c->s) ? console_client(c->s) : NULL;
    char *params = with_group ? arena_print(&c->s->memory, "[%d]", c->s->group) : NULL;
    char *text = client ? hanse_rpc(client, method, params, NULL) : NULL;
    json_t *list = text ? json_loads(text, 0, NULL) : NULL;
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *item = json_array_get(list, i);
        if (json_is_string(item))
            add(c, arena_copy_text(&c->s->memory, bytes_of_text(json_string_value(item))));
        else
            add(c, arena_print(&c->s->memory, "%" JSON_INTEGER_FORMAT, json_integer_value(item)));
    }
    json_decref(list);
    hanse_free(text);
}

static void add_for_parameter(collector *c, const parameter *p, const tokens *words)
{
    switch (p->kind) {
    case PARAMETER_TEXT:
        if (strcmp(p->name, "command") == 0)
            add_commands(c);
        return;
    case PARAMETER_BOOL:
        add(c, "true");
        add(c, "false");
        return;
    case PARAMETER_FORMAT:
        add(c, "pem");
        add(c, "p12");
        return;
    case PARAMETER_CONFIG_KEY:
        for (size_t i = 0; consensus_config_key(i); i++)
            add(c, consensus_config_key(i));
        return;
    case PARAMETER_ENDPOINT:
        add_list(c, (const char **)c->s->options->nodes, c->s->options->node_count);
        return;
    case PARAMETER_CONTRACT:
    case PARAMETER_CNS_NAME:
        add_contracts(c);
        return;
    case PARAMETER_DEPLOYED:
        add_deployed(c, words->texts[1]);
        return;
    case PARAMETER_FUNCTION:
        add_functions(c, words->texts[1], strcmp(words->texts[0], "call") == 0 ? words->texts[2] : NULL);
        return;
    case PARAMETER_ADDRESS:
        add_addresses(c, p);
        return;
    case PARAMETER_ACCOUNT: {
        const char **addresses;
        size_t count = accounts_list(c->s, &addresses);
        add_list(c, addresses, count);
        add_files(c);
        return;
    }
    case PARAMETER_FILE:
        add_files(c);
        return;
    case PARAMETER_NODE_ID:
        add_answer(c, "getNodeIDList", true);
        return;
    case PARAMETER_GROUP:
        add_answer(c, "getGroupList", false);
        return;
    case PARAMETER_NUMBER:
    case PARAMETER_COUNT:
    case PARAMETER_HASH:
        return;
    }
}

/* ---- the whole ---- */

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void sort(completions *out)
{
    size_t kept = 0;
    if (out->count)
        qsort(out->texts, out->count, sizeof *out->texts, by_text);
    for (size_t i = 0; i < out->count; i++)
        if (kept == 0 || strcmp(out->texts[i], out->texts[kept - 1]) != 0)
            out->texts[kept++] = out->texts[i];
    out->count = kept;
}

static void find_common(completions *out)
{
    if (out->count == 0)
        return;
    out->common = strlen(out->texts[0]);
    for (size_t i = 1; i < out->count; i++) {
        size_t same = 0;
        while (same < out->common && out->texts[i][same] == out->texts[0][same])
            same++;
        out->common = same;
    }
}

completions complete_line(session *s, const char *line)
{
    completions out = {.start = tokens_last_start(line)};
    collector c = {.s = s, .prefix = line + out.start, .out = &out};
    tokens words = tokens_split(&s->memory, line);
    bool is_new = line[out.start] == '\0';
    size_t position = words.count - (is_new || words.count == 0 ? 0 : 1);
    out.texts = arena_take_array(&s->memory, COMPLETIONS_MAX, sizeof *out.texts);
    out.common = strlen(c.prefix);
    if (position == 0) {
        add_commands(&c);
    } else {
        const command *found = command_find(words.texts[0]);
        size_t named = 0;
        while (found && named < COMMAND_PARAMETERS_MAX && found->parameters[named].name)
            named++;
        if (named && (position <= named || found->takes_more) && !found->takes_line)
            add_for_parameter(&c, &found->parameters[position <= named ? position - 1 : named - 1], &words);
    }
    sort(&out);
    find_common(&out);
    return out;
}
