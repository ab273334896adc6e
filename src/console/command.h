/* command.h: the commands are data: what each is called, what it takes, who runs it. Completion, `help`, `COMMAND -h`, the checks of
   arguments and the list in docs/console.md are made from these rows. One file for each family of commands. */
#ifndef HANSE_CONSOLE_COMMAND_H
#define HANSE_CONSOLE_COMMAND_H

#include "console/session.h"

enum { COMMAND_PARAMETERS_MAX = 5, COMMAND_UNLIMITED = 1 << 20 };

/* What a parameter is: how it is checked before the command runs, and what completion offers. */
typedef enum {
    PARAMETER_TEXT,
    PARAMETER_NUMBER,    /* 0...2147483647; passed on without leading zeros */
    PARAMETER_COUNT,     /* the same, or -1: all */
    PARAMETER_HASH,      /* 0x and 64 digits */
    PARAMETER_ADDRESS,   /* 0x and at most 40 digits; passed on with 40 */
    PARAMETER_BOOL,      /* true or false */
    PARAMETER_GROUP,     /* 1...32767 */
    PARAMETER_NODE_ID,
    PARAMETER_ENDPOINT,  /* host:port of a node this console is connected to */
    PARAMETER_CONTRACT,  /* a name in contracts/, or a path */
    PARAMETER_DEPLOYED,  /* an address, or "latest" */
    PARAMETER_CNS_NAME,  /* name or name:version */
    PARAMETER_FUNCTION,  /* of the contract before it */
    PARAMETER_CONFIG_KEY,
    PARAMETER_ACCOUNT,   /* an address or file in the key store, or a path */
    PARAMETER_FORMAT,    /* pem or p12 */
    PARAMETER_FILE
} parameter_kind;

typedef struct {
    parameter_kind kind;
    const char *name, *about;
    bool is_optional;
} parameter;

typedef struct command {
    const char *name;
    const char *aliases[8];
    const char *help;        /* one line */
    parameter parameters[COMMAND_PARAMETERS_MAX];
    bool takes_more;         /* any number of parameters like the last one */
    bool takes_line;         /* SQL: the whole line is its one argument */
    const char *since;       /* the supported_version it needs, NULL: any */
    /* argv[0..argc) are the arguments, checked and brought into form; the arrays live in s->memory. */
    bool (*run)(session *s, const struct command *c, int argc, char **argv);
    const void *data;        /* of run */
} command;

typedef struct {
    const char *title, *title_zh;
    const command *rows;
    size_t count;
} command_family;

extern const command_family *const command_families[];
extern const size_t command_family_count;

const command *command_find(const char *name); /* by name or alias; NULL: none */
size_t command_min(const command *c);
size_t command_max(const command *c);          /* COMMAND_UNLIMITED: no end */
/* The known names that are nearest to a wrong one, at most max. */
size_t command_suggest(const char *wrong, const char **out, size_t max);

/* Runs one line, or words that are cut already. Says what is wrong. false: it failed. */
bool command_run_line(session *s, const char *line);
bool command_run_words(session *s, int argc, char **argv);

void help_list(session *s);
void help_command(session *s, const command *c);
void help_usage_text(const command *c, buffer *out); /* "getBlockByHash blockHash [boolean]" */

/* The families, in the order of the documentation. */
extern const command_family family_general, family_blocks, family_transactions, family_nodes, family_consensus, family_groups,
    family_contracts, family_cns, family_accounts, family_tables, family_permissions, family_life_cycle, family_governance, family_gas;

#define FAMILY(english, chinese, list) {.title = (english), .title_zh = (chinese), .rows = (list), .count = COUNT(list)}

#endif
