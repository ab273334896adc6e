#include "net/listen.h"

#include <netinet/in.h>

bool tcp_listen(uv_tcp_t *listener, const char *door, const char *ip, unsigned wanted_port, int backlog,
                uv_connection_cb on_connection, unsigned *port, error_text *why)
{
    struct sockaddr_storage where;
    int failed = uv_ip4_addr(ip, (int)wanted_port, (struct sockaddr_in *)&where);
    if (failed)
        failed = uv_ip6_addr(ip, (int)wanted_port, (struct sockaddr_in6 *)&where);
    if (!failed)
        failed = uv_tcp_bind(listener, (struct sockaddr *)&where, 0);
    if (!failed)
        failed = uv_listen((uv_stream_t *)listener, backlog, on_connection);
    if (failed)
        return error_set(why, "%s: cannot listen on %s:%u: %s", door, ip, wanted_port, uv_strerror(failed));
    int size = sizeof where;
    uv_tcp_getsockname(listener, (struct sockaddr *)&where, &size);
    *port = ntohs(((struct sockaddr_in *)&where)->sin_port); /* sin6_port stands at the same place */
    return true;
}
