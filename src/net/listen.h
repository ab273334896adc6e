/* listen.h: opens a listening TCP socket on a libuv loop: the one way every door does it. Thread: the loop's owner. */
#ifndef HANSE_NET_LISTEN_H
#define HANSE_NET_LISTEN_H

#include "base/error_text.h"

#include <uv.h>

/* Binds the initialised `listener` to an IPv4 or IPv6 text and a port (0: any free one) and listens. *port: the port it got.
   false with a reason that begins with `door` and names address and port; the caller closes the handle in either case. */
bool tcp_listen(uv_tcp_t *listener, const char *door, const char *ip, unsigned wanted_port, int backlog,
                uv_connection_cb on_connection, unsigned *port, error_text *why) MUST_USE;

#endif
