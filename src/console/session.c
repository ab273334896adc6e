#include "console/session.h"
#include "base/memory.h"
#include "codec/json_read.h"

#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

enum { ANSWER_VALUES_MAX = 16 * 1024 * 1024, NODE_POLL_MS = 10 };

struct console_connection {
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool is_over;                  /* opening it ended, either way */
    bool is_joined;
    hanse_client_options options;
    hanse_client *client;          /* NULL: see error */
    hanse_error error;
    hanse_client *groups[SESSION_GROUPS_MAX]; /* of other groups */
    size_t group_count;
    char *version;
};

/* ---- the connection ---- */

static void *connect_thread(void *context)
{
    console_connection *c = context;
    hanse_error error = {0};
    hanse_client *client = hanse_client_open(&c->options, &error);
    pthread_mutex_lock(&c->lock);
    c->client = client;
    c->error = error;
    c->is_over = true;
    pthread_cond_broadcast(&c->changed);
    pthread_mutex_unlock(&c->lock);
    return NULL;
}

void console_open(session *s, const console_options *options, FILE *out)
{
    bool is_terminal = isatty(fileno(out));
    const char *no_color = getenv("NO_COLOR"), *term = getenv("TERM");
    *s = (session){.options = options, .out = out, .group = options->group};
    s->has_colours = is_terminal && (no_color == NULL || no_color[0] == '\0') && term && strcmp(term, "dumb") != 0;
    console_connection *c = memory_new(sizeof *c);
    s->connection = c;
    pthread_mutex_init(&c->lock, NULL);
    pthread_cond_init(&c->changed, NULL);
    c->options = (hanse_client_options){.nodes = options->nodes, .node_count = options->node_count, .certificates = options->certificates,
                                        .group = options->group, .timeout_ms = SESSION_CONNECT_MS};
    if (pthread_create(&c->thread, NULL, connect_thread, c) != 0) {
        c->is_joined = true;
        connect_thread(c);
    }
}

/* Waits until opening is over, at most wait_ms; UINT_MAX: as long as it takes. */
static bool wait_over(console_connection *c, unsigned wait_ms)
{
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += wait_ms / 1000;
    until.tv_nsec += (long)(wait_ms % 1000) * 1000000;
    if (until.tv_nsec >= 1000000000) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000;
    }
    pthread_mutex_lock(&c->lock);
    while (!c->is_over)
        if (wait_ms == UINT_MAX)
            pthread_cond_wait(&c->changed, &c->lock);
        else if (pthread_cond_timedwait(&c->changed, &c->lock, &until) == ETIMEDOUT)
            break;
    bool is_over = c->is_over;
    pthread_mutex_unlock(&c->lock);
    return is_over;
}

bool console_is_reachable(session *s, unsigned wait_ms, hanse_error *error)
{
    if (!wait_over(s->connection, wait_ms) || s->connection->client)
        return true;
    *error = s->connection->error;
    return false;
}

bool console_is_connected(session *s)
{
    return wait_over(s->connection, 0) && s->connection->client;
}

bool console_is_settled(session *s)
{
    return wait_over(s->connection, 0);
}

static void join(console_connection *c)
{
    wait_over(c, UINT_MAX);
    if (!c->is_joined)
        pthread_join(c->thread, NULL);
    c->is_joined = true;
}

void console_close(session *s)
{
    console_connection *c = s->connection;
    join(c);
    for (size_t i = 0; i < c->group_count; i++)
        hanse_client_close(c->groups[i]);
    hanse_client_close(c->client);
    pthread_cond_destroy(&c->changed);
    pthread_mutex_destroy(&c->lock);
    free(c->version);
    free(c);
    hanse_account_free(s->account);
    free(s->account_path);
    arena_reset(&s->memory);
}

/* Nobody answered when the console started: perhaps by now. */
static bool reopen(console_connection *c)
{
    if (c->client)
        return true;
    c->error = (hanse_error){0};
    c->client = hanse_client_open(&c->options, &c->error);
    return c->client != NULL;
}

hanse_client *console_client(session *s)
{
    console_connection *c = s->connection;
    bool first = !c->is_joined;
    join(c);
    if (c->client == NULL && (first || !reopen(c))) {
        console_fail_to_start(s, &c->error);
        return NULL;
    }
    if (s->group == hanse_client_group(c->client))
        return c->client;
    for (size_t i = 0; i < c->group_count; i++)
        if (hanse_client_group(c->groups[i]) == s->group)
            return c->groups[i];
    hanse_error error = {0};
    if (c->group_count == SESSION_GROUPS_MAX) {
        console_fail(s, "This console has switched to %d groups: start another one.", SESSION_GROUPS_MAX);
        return NULL;
    }
    hanse_client *client = hanse_client_of_group(c->client, s->group, &error);
    if (client == NULL) {
        console_fail_with(s, &error);
        return NULL;
    }
    return c->groups[c->group_count++] = client;
}

bool console_switch(session *s, int group)
{
    int old = s->group;
    s->group = group;
    json_t *height = console_ask(s, NULL, "getBlockNumber", console_params(s));
    if (height == NULL)
        s->group = old;
    json_decref(height);
    return height != NULL;
}

/* ---- versions ---- */

const char *console_version(session *s)
{
    console_connection *c = s->connection;
    if (c->version)
        return c->version;
    json_t *answer = console_ask(s, NULL, "getClientVersion", json_array());
    const char *text = json_string_value(json_object_get(answer, "Supported Version"));
    if (text)
        c->version = memory_copy_text(text);
    else if (answer)
        console_fail(s, "The node does not tell its supported_version.");
    json_decref(answer);
    return c->version;
}

/* "2.11.1" as a number that can be compared; what is older than 2.0.0 is 0. */
static unsigned long version_number(const char *text)
{
    unsigned major = 0, minor = 0, patch = 0;
    int fields = sscanf(text, "%u.%u.%u", &major, &minor, &patch);
    if (fields < 2 || strstr(text, "rc") || minor > 9999 || patch > 9999)
        return 0;
    return major * 100000000UL + minor * 10000UL + patch;
}

bool console_has_version(session *s, const char *command, const char *since)
{
    const char *version = console_version(s);
    if (version == NULL)
        return false;
    if (version_number(version) >= version_number(since))
        return true;
    return console_fail(s, "The fisco bcos node with supported_version lower than %s does not support the command %s , current fisco-bcos "
                "supported_version: %s", since, command, version);
}

/* ---- asking ---- */

json_t *console_params(const session *s)
{
    return json_pack("[i]", s->group);
}

char *console_keep(session *s, char *text)
{
    char *copy = text ? arena_copy_text(&s->memory, bytes_of_text(text)) : NULL;
    hanse_free(text);
    return copy;
}

/* The client is open when the first of its nodes answers; a certain one may need a moment longer. */
static char *ask_node(hanse_client *client, const char *node, const char *method, const char *params, hanse_error *error)
{
    for (unsigned waited_ms = 0;; waited_ms += NODE_POLL_MS) {
        char *text = hanse_rpc_at(client, node, method, params, error);
        if (text || error->kind != HANSE_ERROR_CONNECTION || waited_ms >= SESSION_NODE_WAIT_MS)
            return text;
        usleep(NODE_POLL_MS * 1000);
    }
}

char *console_connections(session *s, hanse_client *client)
{
    for (unsigned waited_ms = 0;; waited_ms += NODE_POLL_MS) {
        char *lines = console_keep(s, hanse_client_connections(client));
        size_t count = 0;
        for (const char *p = lines ? lines : ""; *p; p += strcspn(p, "\n") + (strchr(p, '\n') != NULL))
            count++;
        if (count >= s->options->node_count || waited_ms >= SESSION_SETTLE_MS)
            return lines;
        usleep(NODE_POLL_MS * 1000);
    }
}

json_t *console_ask(session *s, const char *node, const char *method, json_t *params)
{
    hanse_client *client = console_client(s);
    char *body = client ? json_dumps(params, JSON_COMPACT) : NULL;
    json_decref(params);
    if (client == NULL)
        return NULL;
    hanse_error error = {0};
    char *text = node ? ask_node(client, node, method, body, &error) : hanse_rpc(client, method, body, &error);
    free(body);
    if (text == NULL) {
        console_fail_with(s, &error);
        return NULL;
    }
    json_t *result;
    if (json_read(bytes_of_text(text), ANSWER_VALUES_MAX, JSON_WIDE_AS_TEXT, &result) != JSON_READ_OK)
        console_fail(s, "The node's answer to %s is no JSON.", method);
    hanse_free(text);
    return result;
}
