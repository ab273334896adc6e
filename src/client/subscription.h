/* subscription.h: what follows a chain: block and event subscriptions. All of it on the loop. A callback may subscribe and
   unsubscribe; what it ends is freed when no callback runs any more. */
#ifndef HANSE_CLIENT_SUBSCRIPTION_H
#define HANSE_CLIENT_SUBSCRIPTION_H

#include "client/answers.h"
#include "client/inside.h"

typedef enum {
    EVENTS_IDLE,        /* to be registered when a node is there */
    EVENTS_REGISTERING,
    EVENTS_LISTENING,   /* a node pushes */
    EVENTS_SCANNING,    /* receipts are read block by block: over HTTP, and where a node refuses the registration */
    EVENTS_DONE         /* everything was told; the caller has not unsubscribed yet */
} client_events_state;

enum { CLIENT_FILTER_ID_DIGITS = 32, CLIENT_TOPICS = 4 };

typedef struct {
    hanse_event_arrived arrived;
    json_t *addresses, *topics; /* arrays as the registration has them, texts in lower case */
    int64_t from, to;           /* from: where the current stretch began; to: INT64_MAX is no end */
    int64_t stretch_to;         /* the last block of the current registration */
    client_log_place last;      /* told last */
    bool has_last;
    client_events_state state;
    client_node *node;          /* registered at */
    char id[CLIENT_FILTER_ID_DIGITS + 1];
    client_request *asking;
    struct client_events_waiter *waiter; /* who wants to know whether the first registration went well */
} client_events;

struct hanse_subscription {
    struct hanse_subscription *next;
    client_core *core;
    hanse_client *owner;
    int group;
    bool is_gone;
    void *context;
    hanse_block_arrived block_arrived; /* NULL: events */
    int64_t next_block;                /* blocks, and scanned events: the next one; -1: the one after the first height known */
    client_events events;
    uv_timer_t timer;                  /* events: when to try again */
};

/* NULL: too many; in the core's list already. */
hanse_subscription *client_subscription_new(hanse_client *owner, void *context, hanse_error *error) MUST_USE;
void client_subscription_end(hanse_subscription *s);
/* Around every callback of the user. */
void client_callback_begins(client_core *core);
void client_callback_ends(client_core *core);

void client_events_go_on(hanse_subscription *s);         /* heights or nodes changed */
void client_events_lose(hanse_subscription *s, const client_node *n);
void client_events_take(hanse_subscription *s, client_node *n, const client_event_push *push);
void client_events_end(hanse_subscription *s);
void client_events_free(client_events *e);

#endif
