/* burst.h: many JSON-RPC requests as fast as nodes answer, for measuring them: no thread is woken between two requests. */
#ifndef HANSE_CLIENT_BURST_H
#define HANSE_CLIENT_BURST_H

#include "hanse/client.h"

enum { CLIENT_BURST_WINDOW_MAX = 1000 };

typedef struct {
    const char *const *bodies; /* whole requests; count of them */
    size_t count;
    size_t window;             /* under way at the same time, spread over the nodes; over HTTP each has a connection of its own */
    /* The outcome. */
    size_t refused;            /* an error was answered, or nothing */
    char first_refusal[512];
} client_burst;

/* Waits until all are answered. */
void client_burst_run(hanse_client *client, client_burst *burst);

#endif
