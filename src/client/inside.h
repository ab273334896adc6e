/* inside.h: what the files behind hanse/client.h share. One thread, the client's own, runs a libuv loop and owns nodes, requests
   and subscriptions; other threads hand it tasks and wait. "Loop" beside a function: only on that thread; "any": on any. */
#ifndef HANSE_CLIENT_INSIDE_H
#define HANSE_CLIENT_INSIDE_H

#include "base/buffer.h"
#include "base/error_text.h"
#include "base/map.h"
#include "base/queue.h"
#include "base/u256.h"
#include "chain/rules.h"
#include "client/wire.h"
#include "codec/channel_frame.h"
#include "hanse/client.h"
#include "tls/tls.h"

#include <jansson.h>
#include <pthread.h>
#include <stdatomic.h>

enum {
    CLIENT_NODES_MAX = 256,              /* of one client */
    CLIENT_GROUPS_MAX = 256,             /* groups one client is used with */
    CLIENT_SUBSCRIPTIONS_MAX = 1024,     /* block and event subscriptions of one client */
    CLIENT_TOPICS_MAX = 1024,            /* AMOP topics one client listens to */
    CLIENT_TASKS_MAX = 1 << 20,          /* handed over, not yet begun; requests have a limit of their own below it */
    CLIENT_REQUESTS_USUAL = 10000,
    CLIENT_OUT_MAX_BYTES = 256 * 1024 * 1024, /* waiting to be taken by one node; more: HANSE_ERROR_LIMIT */
    CLIENT_ANSWER_MAX_BYTES = 256 * 1024 * 1024,
    CLIENT_JSON_VALUES_MAX = 1 << 22,    /* of one answer */
    CLIENT_TIMEOUT_MS = 10000,
    CLIENT_RECEIPT_TIMEOUT_MS = 30000,
    CLIENT_RECONNECT_MS = 2000,
    CLIENT_HEARTBEAT_MS = 4000,          /* nodes close channel sessions that are silent for 60 s */
    CLIENT_SILENCE_MS = 12000,           /* a node that says nothing for so long is given up */
    CLIENT_GROUPS_AGE_MS = 30000,        /* the list of a node's groups is asked for again */
    CLIENT_LINES_MAX = 64,               /* HTTP connections to one node; further requests wait for one */
    CLIENT_FALL_BLOCKS = 100,            /* an answer so far below a node's height is believed: what was pushed was wrong */
    CLIENT_LAG_BLOCKS = 2                /* a node that far behind the best still counts as healthy */
};

#define CLIENT_HEIGHT_MAX (INT64_MAX / 2) /* no chain is so high: a node that says so is not believed, and sums stay in range */

typedef struct client_core client_core;
typedef struct client_node client_node;
typedef struct client_request client_request;

struct hanse_client {
    client_core *core;
    int group;
    bool owns_core;
    bool is_closing; /* loop: nothing is begun for it any more */
};

/* ---- errors ---- */

/* Always returns false; error may be NULL. */
bool client_fail(hanse_error *error, hanse_error_kind kind, int code, const char *format, ...) PRINTF_LIKE(4, 5);
void client_succeed(hanse_error *error);

/* ---- tasks: what other threads hand to the loop ---- */

typedef struct client_task {
    queue_link link;
    void (*run)(struct client_task *task);
} client_task;

/* Any. false: the client is being closed, the task will not run. */
bool client_post(client_core *core, client_task *task) MUST_USE;
/* Any thread but the loop's: around everything that waits for the loop, so that closing waits for whoever waits. The second returns
   once *flag, which the loop sets with core->lock held, is true; the core must not be touched afterwards. */
void client_wait_begins(client_core *core);
void client_wait_ends(client_core *core, pthread_cond_t *changed, const bool *flag);
/* Runs `run` on the loop and waits; on the loop itself: at once. false: it did not run, the client is being closed. */
bool client_run(client_core *core, void (*run)(client_core *core, void *argument), void *argument);
bool client_is_loop(const client_core *core);

/* ---- requests ---- */

/* Runs once, on the loop; the request is gone afterwards. error.kind HANSE_OK: result and answer are set. */
typedef void (*client_done)(client_request *r);

struct client_request {
    client_task task;
    client_request *next, *previous;  /* under way at `node` */
    client_core *core;
    hanse_client *owner;              /* NULL: the core itself */
    int group;                        /* 0: any node will do */
    client_node *at;                  /* asked of this node alone, or NULL */
    bool is_introduction;             /* sent before the node is ready */
    bool wants_receipt;               /* CHANNEL_RPC that goes on until the receipt is pushed */
    bool is_answered;                 /* wants_receipt: the first answer came */
    bool is_counted;
    bool was_repeated;                /* sent once more to the same node, which may have had it before */
    uint16_t type;                    /* of the frame; HTTP knows CHANNEL_RPC alone */
    channel_seq seq;
    buffer body;
    unsigned timeout_ms;
    uv_timer_t timer;
    client_done done;
    void *context;
    void *line;                       /* of the transport: where it waits for its answer */
    /* The outcome. */
    client_node *node;                /* who was asked, or NULL */
    hanse_error error;
    uint16_t answer_type;
    int32_t result;
    buffer answer;                    /* whoever wants to keep it takes it */
};

channel_seq client_new_seq(client_core *core); /* any */
client_request *client_request_new(client_core *core, hanse_client *owner, uint16_t type, client_done done, void *context) MUST_USE; /* any */
/* Any. Counts it against requests_max; false: it is freed, done does not run. */
bool client_request_post(client_request *r, hanse_error *error) MUST_USE;
void client_ignore(client_request *r);                            /* a client_done: nobody is interested any more */
void client_request_start(client_request *r);                     /* loop */
void client_request_finish(client_request *r);                    /* loop: with what stands in it */
void client_request_fail(client_request *r, hanse_error_kind kind, const char *format, ...) PRINTF_LIKE(3, 4); /* loop */
/* Loop. Whatever ends with the owner (NULL: everything). */
void client_requests_drop(client_core *core, const hanse_client *owner);

/* A request to be waited for: starts it and waits; the outcome without the request. Any thread but the loop's. */
typedef struct {
    hanse_error error;
    int32_t result;
    buffer answer;
} client_outcome;
bool client_request_wait(client_request *r, client_outcome *out, hanse_error *error) MUST_USE;

/* ---- JSON-RPC ---- */

/* Any. params is taken over. */
client_request *client_rpc_request(client_core *core, hanse_client *owner, const char *method, json_t *params, client_done done,
                                   void *context) MUST_USE;
/* The result of a finished request, to be given back with json_decref; NULL with a reason. */
json_t *client_rpc_result(const client_request *r, hanse_error *error) MUST_USE;
/* Waits. */
json_t *client_rpc_call(hanse_client *c, client_node *at, const char *method, json_t *params, hanse_error *error) MUST_USE;
char *client_json_text(const json_t *value); /* compact, keys sorted; from malloc */

/* ---- nodes ---- */

typedef struct {
    int group;
    int64_t height; /* -1: not known */
} client_node_group;

typedef enum { NODE_WAITING, NODE_CONNECTING, NODE_INTRODUCING, NODE_READY } client_node_state;

typedef struct client_link client_link; /* what a transport keeps for one node */

struct client_node {
    client_core *core;
    char name[CLIENT_HOST_BYTES + CLIENT_PORT_BYTES + 4]; /* host:port as given */
    char host[CLIENT_HOST_BYTES], port[CLIENT_PORT_BYTES];
    client_node_state state;
    bool has_failed;                  /* the first attempt is over */
    client_link *link;
    client_request *first;            /* under way */
    uv_timer_t timer;                 /* the next attempt, or the end of this one, or the next heartbeat */
    uint64_t heard_ms, groups_ms;
    int protocol;                     /* of the channel: 1 to 3 */
    uint32_t version;                 /* supported_version */
    uint32_t release;                 /* of the program; 0: not understood */
    client_node_group groups[CLIENT_GROUPS_MAX];
    size_t group_count;
    size_t heights_awaited;           /* of an introduction */
    char reason[256];                 /* why it is not connected */
};

/* What makes the two ways of asking a node alike. All of it on the loop. */
typedef struct {
    const char *scheme;
    bool has_pushes;
    void (*open)(client_node *n);                       /* then client_node_up, or client_node_break */
    void (*send)(client_node *n, client_request *r);    /* it is in the node's list already */
    void (*forget)(client_node *n, client_request *r);  /* it ends before its answer */
    void (*close)(client_node *n);
    size_t (*waiting_bytes)(const client_node *n);
    void (*beat)(client_node *n);                       /* every beat_ms while it is ready */
    unsigned beat_ms, busy_beat_ms;                     /* busy: while there are subscriptions */
} client_transport;
extern const client_transport client_channel, client_http;

bool client_nodes_set_up(client_core *core, const hanse_client_options *options, hanse_error *error) MUST_USE;
void client_node_start(client_node *n);
void client_node_stop(client_node *n);
void client_node_up(client_node *n);                    /* the transport can carry requests */
void client_node_break(client_node *n, const char *format, ...) PRINTF_LIKE(2, 3);
client_node *client_node_choose(client_core *core, int group); /* NULL: none is ready; a node without the group when none has it */
bool client_node_has_group(const client_node *n, int group);
int64_t client_node_height(const client_node *n, int group);   /* -1: not known */
void client_node_set_height(client_node *n, int group, int64_t height);
client_node *client_node_named(client_core *core, const char *name);
size_t client_node_ask_heights(client_node *n);                /* of every group in use; how many those are */
void client_node_ask_groups(client_node *n);
const char *client_nodes_complaint(const client_core *core);   /* why none is connected */

/* Channel: topics to the node, as they are now. */
void client_send_topics(client_node *n);
void client_send_frame(client_node *n, uint16_t type, const channel_seq *seq, int32_t result, bytes prefix, bytes body);

/* ---- the core ---- */

typedef struct {
    int id;
    int64_t height; /* the best that any node told; -1: not known */
} client_group;

typedef struct {
    bool is_known;
    u256 chain_id;
    chain_rules rules;
} client_chain;

struct client_core {
    uv_loop_t loop;
    uv_async_t wake;
    pthread_t thread;
    queue *tasks;
    const client_transport *transport;
    tls_context *tls;
    client_node *nodes;               /* node_count of them */
    size_t node_count;
    unsigned timeout_ms, receipt_timeout_ms, reconnect_ms;
    size_t requests_max, lines_max;
    void (*on_connection)(void *context, const char *node, hanse_connection_change change, const char *reason);
    void *context;
    atomic_size_t under_way;          /* requests counted against requests_max */
    atomic_ulong next_seq;
    uint64_t seq_salt[2];
    bool stopping;                    /* loop */
    map by_seq;                       /* loop: requests under way */
    struct client_transfer *transfers; /* loop */
    hanse_subscription *subscriptions; /* loop */
    size_t subscription_count;
    unsigned callbacks;               /* loop: of the user, within each other */
    uv_timer_t pump;                  /* loop: subscriptions have more to tell */
    struct client_listener *listeners; /* loop: AMOP */
    size_t listener_count;
    client_node *amop_home;           /* loop: where topics are listened to, or NULL */
    pthread_mutex_t lock;             /* guards what follows */
    pthread_cond_t changed;
    size_t waiters;                   /* threads between client_wait_begins and client_wait_ends */
    bool is_closed;                   /* no task is taken any more */
    bool is_ready;                    /* one node was connected */
    bool has_failed;                  /* every node's first attempt failed */
    client_group groups[CLIENT_GROUPS_MAX];
    size_t group_count;
    client_chain chain;
};

void client_core_ready(client_core *core);    /* loop: a node is ready, or has failed for the first time */
/* Any. false: too many groups. */
bool client_core_use_group(client_core *core, int group) MUST_USE;
int64_t client_core_height(client_core *core, int group); /* any */
client_chain client_core_chain(client_core *core);        /* any */
size_t client_core_groups(client_core *core, int *out);   /* any; out: CLIENT_GROUPS_MAX */

/* Loop: what subscriptions are told. */
void client_on_height(client_core *core, int group);
void client_on_node_ready(client_node *n);
void client_on_node_lost(client_node *n);
void client_on_pump(uv_timer_t *timer);
void client_amop_node_ready(client_node *n);
void client_amop_node_lost(client_node *n);
void client_amop_drop(client_core *core, const hanse_client *owner);
void client_transfers_drop(client_core *core, const hanse_client *owner);
void client_on_event_push(client_node *n, const channel_frame *f);
void client_on_amop(client_node *n, const channel_frame *f);
void client_subscriptions_drop(client_core *core, const hanse_client *owner); /* NULL: all */

#endif
