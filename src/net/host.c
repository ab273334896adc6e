/* Who is connected: listening, dialling, the rules of spec/network.md 2.1 and 2.2. */
#include "net/net_private.h"

#include "base/memory.h"

#include <assert.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>

/* ---- listening ---- */

static void make_way(net *n)
{
    for (session *s = n->first; s; s = s->next)
        if (s->state == SESSION_HANDSHAKE && !s->we_dialled) {
            session_close(s, "more than %d handshakes wait: the oldest goes", HANDSHAKES_MAX);
            return;
        }
}

static void on_connection(uv_stream_t *listener, int status)
{
    net *n = listener->data;
    if (status < 0) {
        NET_LOG(n, LOG_WARNING, "[Host]accept failed,reason=%s", uv_strerror(status));
        return;
    }
    session *s = session_new(n, false);
    if (uv_accept(listener, (uv_stream_t *)&s->tcp) != 0) {
        session_close(s, "accept failed");
        return;
    }
    if (n->session_count > NET_SESSIONS_MAX) {
        session_close(s, "more than %d sessions", NET_SESSIONS_MAX);
        return;
    }
    if (n->inbound_handshakes >= HANDSHAKES_MAX)
        make_way(n);
    session_accept(s);
}

bool host_listen(net *n, const char *ip, uint16_t port, error_text *why)
{
    struct sockaddr_storage where;
    if (uv_ip4_addr(ip, port, (struct sockaddr_in *)&where) != 0 && uv_ip6_addr(ip, port, (struct sockaddr_in6 *)&where) != 0)
        return error_set(why, "p2p.listen_ip %s: not an IPv4 or IPv6 address", ip);
    int status = uv_tcp_bind(&n->listener, (struct sockaddr *)&where, 0);
    if (status == 0)
        status = uv_listen((uv_stream_t *)&n->listener, LISTEN_BACKLOG, on_connection);
    if (status != 0)
        return error_set(why, "cannot listen on %s:%u (p2p.listen_ip, p2p.listen_port): %s", ip, port, uv_strerror(status));
    int size = sizeof where;
    if (uv_tcp_getsockname(&n->listener, (struct sockaddr *)&where, &size) == 0)
        n->port = ntohs(where.ss_family == AF_INET6 ? ((struct sockaddr_in6 *)&where)->sin6_port
                                                    : ((struct sockaddr_in *)&where)->sin_port);
    return true;
}

/* ---- dialling ---- */

static bool is_known(const node_id *id)
{
    static const node_id zero;
    return !node_id_equal(id, &zero);
}

void host_on_resolved(net *n, lookup *l)
{
    struct sockaddr_storage to;
    int status = lookup_answer(l, &to);
    session *s = n->first;
    while (s && s->resolving != l)
        s = s->next;
    if (s) { /* or it was closed after the answer had been sent on its way */
        s->resolving = NULL;
        lookup_free(l);
        if (status != 0)
            session_close(s, "cannot look up the name: %s", gai_strerror(status));
        else
            session_connect(s, (struct sockaddr *)&to);
    }
    lookup_free(l);
}

static void dial(net *n, const endpoint *where)
{
    session *s = session_new(n, true);
    s->dialled = *where;
    s->row_is_dialling = true;
    endpoint_print(where, s->remote);
    NET_LOG(n, LOG_DEBUG, "[Service]dial,endpoint=%s", s->remote);
    if (n->session_count > NET_SESSIONS_MAX) {
        session_close(s, "more than %d sessions", NET_SESSIONS_MAX);
        return;
    }
    struct sockaddr_storage to;
    int port = atoi(where->port);
    if (uv_ip4_addr(where->host, port, (struct sockaddr_in *)&to) == 0 ||
        uv_ip6_addr(where->host, port, (struct sockaddr_in6 *)&to) == 0) {
        session_connect(s, (struct sockaddr *)&to);
        return;
    }
    s->state = SESSION_RESOLVING;
    s->resolving = lookup_start(where, net_on_lookup, n);
    if (s->resolving == NULL)
        session_close(s, "cannot look up the name: no thread to be had");
}

/* Dials what should be connected and is not: every row, or only those whose retry is due. */
static void dial_rows(net *n, bool all)
{
    uint64_t now = uv_now(&n->loop);
    pthread_mutex_lock(&n->endpoints.lock);
    endpoint *due = memory_new_array(n->endpoints.count, sizeof *due);
    size_t count = 0;
    for (size_t i = 0; i < n->endpoints.count; i++) {
        endpoint_row *row = &n->endpoints.rows[i];
        bool is_self = node_id_equal(&row->remembered, &tls_context_self(n->tls)->id);
        if (row->dialling || is_self || (is_known(&row->remembered) && net_session_of(n, &row->remembered))) {
            row->retry_at_ms = 0;
            continue;
        }
        if (!all && (row->retry_at_ms == 0 || row->retry_at_ms > now))
            continue;
        row->dialling = true;
        row->retry_at_ms = 0;
        due[count++] = row->where;
    }
    pthread_mutex_unlock(&n->endpoints.lock);
    for (size_t i = 0; i < count; i++)
        dial(n, &due[i]);
    free(due);
}

void host_dial_soon(net *n)
{
    uint64_t earliest = 0, now = uv_now(&n->loop);
    pthread_mutex_lock(&n->endpoints.lock);
    for (size_t i = 0; i < n->endpoints.count; i++) {
        uint64_t at = n->endpoints.rows[i].retry_at_ms;
        if (at && (earliest == 0 || at < earliest))
            earliest = at;
    }
    pthread_mutex_unlock(&n->endpoints.lock);
    if (earliest && !n->stopping)
        uv_timer_start(&n->dial_timer, host_on_dial, earliest > now ? earliest - now : 1, 0);
}

void host_dial_new(net *n)
{
    uint64_t now = uv_now(&n->loop);
    pthread_mutex_lock(&n->endpoints.lock);
    for (size_t i = 0; i < n->endpoints.count; i++)
        if (n->endpoints.rows[i].delay_ms == 0 && !is_known(&n->endpoints.rows[i].remembered))
            n->endpoints.rows[i].retry_at_ms = now ? now : 1;
    pthread_mutex_unlock(&n->endpoints.lock);
    dial_rows(n, false);
}

void host_on_dial(uv_timer_t *timer)
{
    net *n = timer->data;
    dial_rows(n, false);
    host_dial_soon(n);
}

void host_on_sweep(uv_timer_t *timer)
{
    net *n = timer->data;
    dial_rows(n, true);
    /* Operators and monitoring scripts look for this line (spec/interfaces.md 7.3). */
    NET_LOG(n, LOG_INFO, "[Service] heartBeat,connected count=%zu", n->by_node.count);
}

void host_start(net *n)
{
    uv_timer_start(&n->sweep_timer, host_on_sweep, n->redial_ms, n->redial_ms);
    dial_rows(n, true);
}

/* A failure that a further try may mend soon: peers that are not up yet, two nodes that dialled each other at the same time and
   closed each other's connection. The wait doubles and has a random part, so that such two do not meet again. */
static void retry_soon(net *n, endpoint_row *row)
{
    row->delay_ms = row->delay_ms ? row->delay_ms * 2 : RETRY_FIRST_MS;
    if (row->delay_ms >= n->redial_ms)
        row->delay_ms = n->redial_ms; /* the sweep does it */
    else
        row->retry_at_ms = uv_now(&n->loop) + row->delay_ms + prng_below(&n->random, row->delay_ms);
}

/* ---- sessions ---- */

session *net_session_of(net *n, const node_id *node)
{
    return map_get(&n->by_node, BYTES_OF_VALUE(*node));
}

static void remember(session *s)
{
    if (!s->we_dialled)
        return;
    pthread_mutex_lock(&s->net->endpoints.lock);
    endpoint_row *row = endpoint_table_find(&s->net->endpoints, &s->dialled);
    if (row) {
        row->remembered = s->peer.id;
        row->dialling = false;
    }
    pthread_mutex_unlock(&s->net->endpoints.lock);
    s->row_is_dialling = false;
}

/* The table of endpoints usually names this node too: it dials itself once. Otherwise a node with this one's key is at the other
   end of an accepted connection: two nodes that sign for one break the agreement. */
static void check_twin(const session *accepted)
{
    for (const session *s = accepted->net->first; s; s = s->next)
        if (s->we_dialled && s->tls && tls_session_is_same_connection(s->tls, accepted->tls))
            return;
    NET_LOG(accepted->net, LOG_ERROR, "[Service]another process uses this node's key; stop one of the two,endpoint=%s", accepted->remote);
}

void host_on_authenticated(session *s)
{
    net *n = s->net;
    if (!s->peer.has_id) {
        session_close(s, "the certificate of %s shows no node id (it needs basicConstraints CA:FALSE and an EC key)", s->peer.name);
        return;
    }
    bool is_self = node_id_equal(&s->peer.id, &tls_context_self(n->tls)->id);
    if (is_self && !s->we_dialled)
        check_twin(s);
    if (is_self || net_session_of(n, &s->peer.id)) {
        remember(s);
        s->is_duplicate = true;
        session_close(s, is_self ? "this node itself" : "already connected to %s", s->peer.name);
        return;
    }
    remember(s);
    pthread_mutex_lock(&n->peers_lock);
    map_put(&n->by_node, BYTES_OF_VALUE(s->peer.id), s);
    s->registered = true;
    pthread_mutex_unlock(&n->peers_lock);
    NET_LOG(n, LOG_INFO, "[Service]session up,node=%s,agency=%s,endpoint=%s,dialled=%d,cipher=%s", s->peer.name, s->peer.agency,
            s->remote, s->we_dialled, tls_session_cipher(s->tls));
    s->next_heartbeat_ms += n->heartbeat_ms;
    session_arm(s);
    dispatch_heartbeat(s);
    session_flush(s);
    if (n->handler.on_session_up && s->registered) {
        net_peer peer;
        dispatch_fill_peer(s, &peer);
        n->handler.on_session_up(n->handler.context, &peer);
    }
}

/* What the table of endpoints learns from the end of a session. */
static void forget(session *s)
{
    net *n = s->net;
    uint64_t lived_ms = uv_now(&n->loop) - s->opened_ms;
    /* Not a handshake that failed for a reason: the other side closes without a word when it got two connections at once. */
    bool can_mend = s->registered || s->tls == NULL || tls_session_reason(s->tls)[0] == 0;
    pthread_mutex_lock(&n->endpoints.lock);
    for (size_t i = 0; i < n->endpoints.count; i++) {
        endpoint_row *row = &n->endpoints.rows[i];
        bool dialled_it = s->row_is_dialling && endpoint_compare(&row->where, &s->dialled) == 0;
        bool remembers = s->registered && node_id_equal(&row->remembered, &s->peer.id);
        if (dialled_it)
            row->dialling = false;
        if (remembers)
            row->remembered = (node_id){{0}};
        if (remembers && lived_ms >= n->redial_ms)
            row->delay_ms = 0;
        if ((dialled_it || remembers) && can_mend)
            retry_soon(n, row);
    }
    pthread_mutex_unlock(&n->endpoints.lock);
    host_dial_soon(n);
}

void host_on_session_lost(session *s, const char *reason)
{
    net *n = s->net;
    bool was_registered = s->registered;
    if (was_registered) {
        pthread_mutex_lock(&n->peers_lock);
        map_remove(&n->by_node, BYTES_OF_VALUE(s->peer.id));
        pthread_mutex_unlock(&n->peers_lock);
        NET_LOG(n, n->stopping ? LOG_INFO : LOG_WARNING, "[Service]session down,node=%s,endpoint=%s,reason=%s", s->peer.name,
                s->remote, reason);
    }
    if (!s->is_duplicate)
        forget(s);
    s->registered = false;
    if (!was_registered)
        return;
    dispatch_requests_lost(n, &s->peer.id);
    if (n->handler.on_session_down)
        n->handler.on_session_down(n->handler.context, &s->peer.id, reason);
}

void host_drop_unwanted(net *n)
{
    for (session *s = n->first; s; s = s->next)
        if (s->registered && !tls_context_allows(n->tls, &s->peer.id))
            session_close(s, "the white list no longer allows this node");
}

void host_resume(net *n)
{
    uv_timer_stop(&n->resume_timer);
    if (n->paused_count == 0)
        return;
    session *end = n->last;
    for (session *s = n->first; s; s = s == end ? NULL : s->next)
        if (s->is_paused)
            session_resume(s);
}

void host_on_resume(uv_timer_t *timer)
{
    host_resume(timer->data);
}

void host_stop(net *n)
{
    n->stopping = true;
    for (session *s = n->first; s; s = s->next)
        session_close(s, "this node stops");
    dispatch_requests_lost(n, NULL);
    uv_handle_t *handles[] = {(uv_handle_t *)&n->listener,    (uv_handle_t *)&n->wake,         (uv_handle_t *)&n->sweep_timer,
                              (uv_handle_t *)&n->dial_timer,  (uv_handle_t *)&n->resume_timer, (uv_handle_t *)&n->request_timer};
    for (size_t i = 0; i < COUNT(handles); i++)
        if (!uv_is_closing(handles[i]))
            uv_close(handles[i], NULL);
}
