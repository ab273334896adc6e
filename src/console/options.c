#include "console/options.h"
#include "console/console.h"
#include "console/toml.h"

#include <ctype.h>
#include <stdlib.h>
#include <unistd.h>

static const char default_config[] = "conf/config.toml";

const char console_usage[] =
    "usage: hanse console [GROUP] [OPTIONS]                    a prompt on a terminal; else commands from standard input\n"
    "       hanse console [GROUP] [OPTIONS] COMMAND [ARGUMENTS]   one command\n"
    "       hanse console [GROUP] [OPTIONS] -e 'COMMAND; COMMAND' [-e ...]\n\n"
    "  --node HOST:PORT  a node's SDK (channel) port; again: more nodes. Default 127.0.0.1:20200. http://HOST:PORT: its JSON-RPC\n"
    "  --sdk FOLDER      ca.crt, sdk.crt, sdk.key. Default nodes/127.0.0.1/sdk\n"
    "  --key FILE        the account that signs, .pem or .p12 (also -pem FILE, -p12 FILE, HANSE_KEY). Default: the newest one in\n"
    "                    account/ecdsa; there a new one is made when one is needed\n"
    "  --group N         default 1\n"
    "  --config FILE     the Java console's file, default conf/config.toml where there is one; options go before it\n"
    "  --contracts DIR   where sources, ABI and code files are, default contracts\n"
    "  --stop            a script ends with the first command that fails\n"
    "  -l                no line editing\n"
    "  -v, --version     the console's version\n"
    "  --markdown-help   every command, as in docs/console.md\n\n"
    "`help` in the console lists its commands, `COMMAND -h` explains one. The exit status is 0 when every command succeeded.\n";

typedef struct {
    console_options *o;
    arena *a;
    const char *config;
    bool has_nodes;
    error_text *why;
} option_reader;

static bool read_group(option_reader *r, const char *text)
{
    char *end;
    long group = strtol(text, &end, 10);
    if (!isdigit((unsigned char)text[0]) || *end || group < 1 || group > CONSOLE_GROUP_MAX)
        return error_set(r->why, "%s is no group: a number from 1 to %d", text, CONSOLE_GROUP_MAX);
    r->o->group = (int)group;
    return true;
}

static bool ends_with(const char *text, const char *end)
{
    size_t size = strlen(text), tail = strlen(end);
    return size >= tail && strcmp(text + size - tail, end) == 0;
}

static bool add_node(option_reader *r, const char *node)
{
    if (r->o->node_count == CONSOLE_NODES_MAX)
        return error_set(r->why, "more than %d nodes", CONSOLE_NODES_MAX);
    r->o->nodes[r->o->node_count++] = node;
    return true;
}

static bool add_script(option_reader *r, const char *script)
{
    if (r->o->script_count == CONSOLE_SCRIPTS_MAX)
        return error_set(r->why, "more than %d scripts", CONSOLE_SCRIPTS_MAX);
    r->o->scripts[r->o->script_count++] = script;
    return true;
}

static void set_key(option_reader *r, const char *path, bool is_p12)
{
    r->o->key = path;
    r->o->key_is_p12 = is_p12 || ends_with(path, ".p12") || ends_with(path, ".pfx");
}

/* An option with a value. *taken: it is one. */
static bool take_value_option(option_reader *r, const char *name, const char *value, bool *taken)
{
    static const char *const names[] = {"--node", "--sdk", "--key", "-pem", "-p12", "--group", "--config", "--contracts", "-e"};
    size_t i = 0;
    while (i < COUNT(names) && strcmp(names[i], name) != 0)
        i++;
    *taken = i < COUNT(names);
    if (!*taken)
        return true;
    if (value == NULL)
        return error_set(r->why, "%s needs a value", name);
    switch (i) {
    case 0: return add_node(r, value);
    case 1: r->o->certificates = value; break;
    case 2: set_key(r, value, false); break;
    case 3: set_key(r, value, false); break;
    case 4: set_key(r, value, true); break;
    case 5: return read_group(r, value);
    case 6: r->config = value; break;
    case 7: r->o->contracts = value; break;
    default: return add_script(r, value);
    }
    return true;
}

static bool take_flag(option_reader *r, const char *name)
{
    const struct {
        const char *name;
        bool *flag;
    } flags[] = {{"-l", &r->o->no_editing}, {"--stop", &r->o->stop_at_failure}, {"-v", &r->o->version}, {"--version", &r->o->version},
                 {"-h", &r->o->help}, {"--help", &r->o->help}, {"--markdown-help", &r->o->markdown}};
    for (size_t i = 0; i < COUNT(flags); i++)
        if (strcmp(flags[i].name, name) == 0)
            return *flags[i].flag = true;
    return false;
}

static bool read_command_line(option_reader *r, int argc, char **argv)
{
    bool has_group = false;
    for (int i = 1; i < argc; i++) {
        bool taken;
        if (argv[i][0] != '-') {
            if (has_group || !isdigit((unsigned char)argv[i][0])) {
                r->o->command = argv + i;
                r->o->command_count = (size_t)(argc - i);
                return true;
            }
            has_group = true;
            if (!read_group(r, argv[i]))
                return false;
            continue;
        }
        if (!take_value_option(r, argv[i], i + 1 < argc ? argv[i + 1] : NULL, &taken))
            return false;
        if (taken)
            i++;
        else if (!take_flag(r, argv[i]))
            return error_set(r->why, "unknown option %s", argv[i]);
    }
    return true;
}

/* ---- conf/config.toml ---- */

static void use_text(const toml *file, const char *section, const char *key, const char **setting)
{
    const char *text = toml_text(file, section, key);
    if (text && text[0] && *setting == NULL)
        *setting = text;
}

static bool read_config(option_reader *r)
{
    const char *path = r->config ? r->config : default_config;
    toml file;
    if (r->config == NULL && access(path, R_OK) != 0)
        return true;
    if (!toml_read(r->a, path, &file, r->why))
        return false;
    use_text(&file, "cryptoMaterial", "certPath", &r->o->certificates);
    use_text(&file, "account", "keyStoreDir", &r->o->key_store);
    use_text(&file, "account", "accountFileFormat", &r->o->account_format);
    use_text(&file, "account", "accountAddress", &r->o->account);
    use_text(&file, "account", "password", &r->o->password);
    const char *key = NULL;
    use_text(&file, "account", "accountFilePath", &key);
    if (key && r->o->key == NULL)
        set_key(r, key, r->o->account_format && strcmp(r->o->account_format, "p12") == 0);
    const toml_entry *peers = toml_find(&file, "network", "peers");
    for (size_t i = 0; peers && !r->has_nodes && i < peers->count; i++)
        if (!add_node(r, peers->values[i]))
            return false;
    return true;
}

static void use_defaults(console_options *o)
{
    if (o->node_count == 0)
        o->nodes[o->node_count++] = "127.0.0.1:20200";
    if (o->certificates == NULL)
        o->certificates = "nodes/127.0.0.1/sdk";
    if (o->key_store == NULL)
        o->key_store = "account";
    if (o->account_format == NULL)
        o->account_format = "pem";
    if (o->contracts == NULL)
        o->contracts = "contracts";
    if (o->group == 0)
        o->group = 1;
}

bool options_read(console_options *o, arena *a, int argc, char **argv, error_text *why)
{
    *o = (console_options){0};
    option_reader r = {.o = o, .a = a, .why = why};
    if (!read_command_line(&r, argc, argv))
        return false;
    const char *key = getenv("HANSE_KEY");
    if (o->key == NULL && key && key[0])
        set_key(&r, key, false);
    r.has_nodes = o->node_count > 0;
    if (!o->help && !o->version && !o->markdown && !read_config(&r))
        return false;
    use_defaults(o);
    return true;
}
