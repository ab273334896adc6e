/* session.h: what the commands share: the connection, the group, the account, where output goes. A command prints
   what it found, or why it failed, and returns whether it succeeded. Thread: the console's one; the connection is
   opened beside it. */
#ifndef HANSE_CONSOLE_SESSION_H
#define HANSE_CONSOLE_SESSION_H

#include "base/buffer.h"
#include "console/options.h"
#include "hanse/client.h"

#include <jansson.h>
#include <stdio.h>

enum { SESSION_GROUPS_MAX = 64, SESSION_CONNECT_MS = 10000, SESSION_NODE_WAIT_MS = 3000, SESSION_SETTLE_MS = 300, DASH_LINE_LENGTH = 93 };

typedef struct console_connection console_connection;

typedef struct session {
    const console_options *options;
    arena memory;                  /* of the command under way: it is emptied after each */
    FILE *out;
    bool has_colours, is_interactive, wants_to_quit;
    bool ends_blank;               /* what was printed last ends with an empty line, or nothing was */
    int group;
    console_connection *connection;
    hanse_account *account;        /* NULL: none is loaded yet */
    char *account_path;            /* where it was read from */
} session;

/* Begins to connect. Nothing is printed, nothing fails here. */
void console_open(session *s, const console_options *options, FILE *out);
/* Waits at most wait_ms. false: no node answers, *error says why; true: connected, or not known yet. */
bool console_is_reachable(session *s, unsigned wait_ms, hanse_error *error);
/* Connected already? For what must not wait (completion). */
bool console_is_connected(session *s);
bool console_is_settled(session *s); /* connecting has ended, either way */
void console_close(session *s);

/* Waits for the connection; of the current group. NULL: it is said why. */
hanse_client *console_client(session *s);
bool console_switch(session *s, int group); /* false: no node that answers has the group; it is said */
/* The node's supported_version as text; NULL: it is said why. Lives as long as the session. */
const char *console_version(session *s);
/* false and said: this chain's supported_version is lower than `since`. */
bool console_has_version(session *s, const char *command, const char *since);

/* ---- asking ---- */

/* The method's result. params: a JSON array, taken over. node NULL: any. NULL: it is said why. */
json_t *console_ask(session *s, const char *node, const char *method, json_t *params) MUST_USE;
/* [group] and then the given; for console_ask. */
json_t *console_params(const session *s) MUST_USE;
/* "host:port" lines of the connected nodes, after a moment in which the others may follow the first. Command memory. */
char *console_connections(session *s, hanse_client *client);
/* A text of the client library as one of the command's memory. */
char *console_keep(session *s, char *text);

/* ---- printing ---- */

void say(session *s, const char *format, ...) PRINTF_LIKE(2, 3);
void say_blank(session *s);
void say_dashes(session *s);
void say_pretty(session *s, bytes text); /* pretty.h, and a line end */
void say_code(session *s, long code, const char *message); /* {"code":N, "msg":"M"}, pretty */
/* These return false: `return console_fail(...)`. */
bool console_fail(session *s, const char *format, ...) PRINTF_LIKE(2, 3);
bool console_fail_with(session *s, const hanse_error *error);
bool console_fail_to_start(session *s, const hanse_error *error); /* nobody answered */

#endif
