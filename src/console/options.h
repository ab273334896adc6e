/* options.h: what `hanse console` is asked to do: its command line, over conf/config.toml of the Java console where there is one, over
   what `hanse chain up` makes. */
#ifndef HANSE_CONSOLE_OPTIONS_H
#define HANSE_CONSOLE_OPTIONS_H

#include "base/arena.h"
#include "base/error_text.h"

enum { CONSOLE_NODES_MAX = 256, CONSOLE_SCRIPTS_MAX = 256, CONSOLE_GROUP_MAX = 32767 };

typedef struct {
    const char *nodes[CONSOLE_NODES_MAX];
    size_t node_count;
    const char *certificates;     /* folder */
    const char *key;              /* the account's file, or NULL */
    bool key_is_p12;
    const char *password;         /* of a p12 from the configuration, or NULL: it is asked for */
    const char *account;          /* configured address, or NULL */
    const char *account_format;   /* pem or p12: what newAccount writes when it is not said */
    const char *key_store;        /* folder with ecdsa/ */
    const char *contracts;        /* folder */
    int group;
    const char *scripts[CONSOLE_SCRIPTS_MAX]; /* -e */
    size_t script_count;
    char **command;               /* the command and its arguments, NULL: none */
    size_t command_count;
    bool no_editing, stop_at_failure, version, help, markdown;
} console_options;

/* What lives long lives in a or in argv. */
bool options_read(console_options *o, arena *a, int argc, char **argv, error_text *why) MUST_USE;

#endif
