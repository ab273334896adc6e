/* JSON-RPC over HTTP/1.1: some kept connections for each node, one request at a time on each (spec/interfaces.md 2.1, 2.2). */
#include "client/inside.h"

#include "base/memory.h"

#include <http_parser.h>
#include <stdlib.h>

enum {
    HTTP_BUSY_MS = 200,      /* the same while somebody waits for blocks or events */
    HTTP_IDLE_MS = 1000      /* between questions for the height, which also show that the node is there */
};

typedef struct http_line {
    struct http_line *next;
    client_node *node;
    client_wire *wire;
    client_request *request; /* NULL: idle */
    http_parser parser;
    bool is_up, was_used, is_complete;
} http_line;

struct client_link {
    http_line *lines;
    size_t line_count;
    client_request **waiting; /* a ring: first come, first served */
    size_t first, count, capacity;
};

static void free_line(http_line *line)
{
    client_wire_close(line->wire);
    free(line);
}

static void drop_line(http_line *line)
{
    client_link *l = line->node->link;
    for (http_line **at = &l->lines; *at; at = &(*at)->next)
        if (*at == line) {
            *at = line->next;
            l->line_count--;
            break;
        }
    free_line(line);
}

/* ---- answers ---- */

static int on_body(http_parser *parser, const char *at, size_t size)
{
    http_line *line = parser->data;
    if (line->is_complete)
        return 1; /* nothing may follow an answer */
    buffer_append(&line->request->answer, bytes_of(at, size));
    return line->request->answer.overflowed;
}

static int on_complete(http_parser *parser)
{
    ((http_line *)parser->data)->is_complete = true;
    return 0;
}

static void serve_waiting(client_node *n);

static void on_bytes(void *owner, bytes data)
{
    static const http_parser_settings settings = {.on_body = on_body, .on_message_complete = on_complete};
    http_line *line = owner;
    client_node *n = line->node;
    client_link *l = n->link;
    client_request *r = line->request;
    n->heard_ms = uv_now(&n->core->loop);
    if (r == NULL) { /* nobody asked */
        drop_line(line);
        return;
    }
    size_t taken = http_parser_execute(&line->parser, &settings, (const char *)data.data, data.size);
    if (line->is_complete) {
        bool keep = http_should_keep_alive(&line->parser) && taken == data.size;
        line->request = NULL;
        r->line = NULL;
        line->was_used = true;
        if (!keep)
            drop_line(line);
        r->answer_type = CHANNEL_RPC;
        client_request_finish(r);
        if (n->link == l)
            serve_waiting(n);
    } else if (taken != data.size) {
        line->request = NULL;
        r->line = NULL;
        bool is_long = r->answer.overflowed;
        drop_line(line);
        client_request_fail(r, is_long ? HANSE_ERROR_LIMIT : HANSE_ERROR_PROTOCOL, "%s: %s", n->name,
                            is_long ? "an answer of more than 256 MiB" : "the answer is not HTTP");
        if (n->link == l)
            serve_waiting(n);
    }
}

/* ---- requests ---- */

static void write_request(http_line *line)
{
    client_node *n = line->node;
    client_request *r = line->request;
    buffer out = buffer_init(BUFFER_NO_LIMIT);
    buffer_print(&out, "POST / HTTP/1.1\r\nHost: %s\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n\r\n", n->name, r->body.size);
    buffer_append(&out, buffer_bytes(&r->body));
    http_parser_init(&line->parser, HTTP_RESPONSE);
    line->parser.data = line;
    line->is_complete = false;
    buffer_clear(&r->answer);
    client_wire_write(line->wire, buffer_bytes(&out));
    buffer_free(&out);
}

static void on_up(void *owner)
{
    http_line *line = owner;
    client_node *n = line->node;
    line->is_up = true;
    if (n->state == NODE_CONNECTING)
        client_node_up(n);
    else if (line->request)
        write_request(line);
}

static void give(client_node *n, client_request *r);

/* A node may have closed a kept connection just before the request came: once more on a new one. */
static void on_down(void *owner, const char *reason)
{
    http_line *line = owner;
    client_node *n = line->node;
    client_request *r = line->request;
    bool is_again = r && line->was_used && r->answer.size == 0, was_up = line->is_up;
    line->wire = NULL;
    drop_line(line);
    if (r)
        r->line = NULL;
    if (is_again) {
        r->was_repeated = true;
        give(n, r);
    } else if (r && was_up) {
        client_request_fail(r, HANSE_ERROR_CONNECTION, "%s: %s", n->name, reason);
    } else if (r || n->state == NODE_CONNECTING) {
        client_node_break(n, "%s", reason); /* its requests end with it */
    }
}

static http_line *new_line(client_node *n)
{
    static const client_wire_events events = {on_up, on_bytes, on_down};
    http_line *line = memory_new(sizeof *line);
    *line = (http_line){.node = n, .next = n->link->lines};
    n->link->lines = line;
    n->link->line_count++;
    line->wire = client_wire_open(&n->core->loop, n->host, n->port, &events, line);
    return line;
}

static http_line *idle_line(client_link *l)
{
    for (http_line *line = l->lines; line; line = line->next)
        if (line->request == NULL && line->is_up)
            return line;
    return NULL;
}

static void give(client_node *n, client_request *r)
{
    client_link *l = n->link;
    http_line *line = idle_line(l);
    if (line == NULL && l->line_count < n->core->lines_max)
        line = new_line(n);
    if (line) {
        line->request = r;
        r->line = line;
        if (line->is_up)
            write_request(line);
        return;
    }
    if (l->count == l->capacity) {
        size_t bigger = l->capacity ? 2 * l->capacity : 64;
        client_request **ring = memory_new_array(bigger, sizeof *ring);
        for (size_t i = 0; i < l->count; i++)
            ring[i] = l->waiting[(l->first + i) % l->capacity];
        free(l->waiting);
        *l = (client_link){.lines = l->lines, .line_count = l->line_count, .waiting = ring, .count = l->count, .capacity = bigger};
    }
    r->line = l;
    l->waiting[(l->first + l->count++) % l->capacity] = r; /* as many as requests under way */
}

static void serve_waiting(client_node *n)
{
    client_link *l = n->link;
    while (l->count && (idle_line(l) || l->line_count < n->core->lines_max)) {
        client_request *r = l->waiting[l->first];
        l->first = (l->first + 1) % l->capacity;
        l->count--;
        if (r)
            give(n, r);
    }
}

/* ---- the transport ---- */

static void open_link(client_node *n)
{
    n->link = memory_new(sizeof *n->link);
    new_line(n);
}

/* A request that ends early takes its connection with it: the answer would be taken for the next one's. */
static void forget_request(client_node *n, client_request *r)
{
    client_link *l = n->link;
    if (l == NULL || r->line == NULL)
        return;
    for (size_t i = 0; r->line == l && i < l->count; i++)
        if (l->waiting[(l->first + i) % l->capacity] == r)
            l->waiting[(l->first + i) % l->capacity] = NULL;
    if (r->line != l) {
        drop_line(r->line);
        serve_waiting(n);
    }
    r->line = NULL;
}

static void close_link(client_node *n)
{
    client_link *l = n->link;
    if (l == NULL)
        return;
    n->link = NULL;
    for (http_line *line = l->lines, *next; line; line = next) {
        next = line->next;
        free_line(line);
    }
    free(l->waiting);
    free(l);
}

static size_t waiting_bytes(const client_node *n)
{
    (void)n;
    return 0; /* one request a connection: bounded by requests_max */
}

static void beat(client_node *n)
{
    if (client_node_ask_heights(n) == 0)
        client_node_ask_groups(n);
}

const client_transport client_http = {
    .scheme = "http",
    .open = open_link,
    .send = give,
    .forget = forget_request,
    .close = close_link,
    .waiting_bytes = waiting_bytes,
    .beat = beat,
    .beat_ms = HTTP_IDLE_MS,
    .busy_beat_ms = HTTP_BUSY_MS,
};
