/* mailbox.h: how other threads hand something to the loop of a door. A mail is a closure: run on the loop's thread, or dropped when
   the door is gone. The box is counted, because receipts may come long after the door was closed. */
#ifndef HANSE_CHANNEL_MAILBOX_H
#define HANSE_CHANNEL_MAILBOX_H

#include "base/queue.h"

#include <uv.h>

struct channel_door;

typedef struct mail {
    queue_link link;
    void (*run)(struct channel_door *d, struct mail *m); /* owns the mail */
    void (*drop)(struct mail *m);                        /* the same */
} mail;

typedef struct mailbox mailbox;

/* wake is the loop's own; it is signalled from any thread while the box is open. */
mailbox *mailbox_new(uv_async_t *wake, size_t max_items, size_t max_bytes) MUST_USE;
mailbox *mailbox_keep(mailbox *m);
void mailbox_release(mailbox *m);
void mailbox_post(mailbox *m, mail *one);                /* unbounded: what is under way is counted elsewhere */
bool mailbox_offer(mailbox *m, mail *one) MUST_USE;      /* false: full or closed; still the caller's */
/* Loop only: runs what has come. */
void mailbox_run(mailbox *m, struct channel_door *d);
/* Loop only: from now on everything is dropped, and wake is left alone. */
void mailbox_close(mailbox *m);

#endif
