/* wire.h: one TCP connection to a node, bytes in and bytes out, on a libuv loop. Thread: the loop's. */
#ifndef HANSE_CLIENT_WIRE_H
#define HANSE_CLIENT_WIRE_H

#include "base/bytes.h"

#include <uv.h>

enum { CLIENT_HOST_BYTES = 256, CLIENT_PORT_BYTES = 8 };

typedef struct client_wire client_wire;

/* down: the connection failed or ended and is closed already; its owner forgets it. Never called after client_wire_close, and
   never from within client_wire_open or client_wire_write. */
typedef struct {
    void (*up)(void *owner);
    void (*read)(void *owner, bytes data);
    void (*down)(void *owner, const char *reason);
} client_wire_events;

/* host: a name or a numeric address, without brackets. */
client_wire *client_wire_open(uv_loop_t *loop, const char *host, const char *port, const client_wire_events *events, void *owner) MUST_USE;
void client_wire_write(client_wire *w, bytes data); /* copies; only between up and down */
size_t client_wire_waiting_bytes(const client_wire *w); /* written, not yet taken by the system */
void client_wire_close(client_wire *w);             /* NULL is allowed */

#endif
