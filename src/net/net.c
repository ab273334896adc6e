/* The life of the network thread, and what other threads read of it. */
#include "net/net_private.h"

#include "base/memory.h"

#include <assert.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/random.h>

static void run(void *argument)
{
    net *n = argument;
    pthread_setname_np(pthread_self(), "net");
    host_start(n);
    uv_run(&n->loop, UV_RUN_DEFAULT);
}

static uint64_t random_seed(void)
{
    uint64_t seed = 0;
    if (getrandom(&seed, sizeof seed, 0) != sizeof seed)
        seed = uv_hrtime();
    return seed;
}

static uint64_t or_default(uint64_t given, uint64_t usual)
{
    return given ? given : usual;
}

static net *net_new(const net_config *config, const net_handler *handler)
{
    net *n = memory_new(sizeof *n);
    *n = (net){.handler = *handler,
               .log = config->log,
               .traffic = config->traffic,
               .format = config->old_frames ? FRAME_OLD : FRAME_CURRENT,
               .compress = !config->disable_compress,
               .handshake_level = config->quiet_handshakes ? LOG_DEBUG : LOG_WARNING,
               .session_out_bytes = or_default(config->session_out_bytes, NET_SESSION_OUT_BYTES),
               .heartbeat_ms = or_default(config->heartbeat_ms, 5000),
               .redial_ms = or_default(config->redial_ms, 10000),
               .idle_ms = or_default(config->idle_ms, 60000),
               .handshake_ms = or_default(config->handshake_ms, 50000),
               .random = prng_of(random_seed()),
               .by_node = map_init(random_seed()),
               .requests = map_init(random_seed()),
               .next_seq = 1,
               .own_topics = buffer_init(BUFFER_NO_LIMIT)};
    n->read_chunk = memory_new(READ_CHUNK_BYTES);
    n->commands = queue_new(NET_SEND_QUEUE_ITEMS, NET_SEND_QUEUE_BYTES);
    pthread_mutex_init(&n->peers_lock, NULL);
    endpoint_table_init(&n->endpoints);
    return n;
}

static void net_free(net *n)
{
    net_drop_commands(n);
    queue_free(n->commands);
    tls_context_free(n->tls);
    endpoint_table_free(&n->endpoints);
    pthread_mutex_destroy(&n->peers_lock);
    map_free(&n->by_node);
    map_free(&n->requests);
    buffer_free(&n->own_topics);
    free(n->read_chunk);
    free(n);
}

static bool configure(net *n, const net_config *config, error_text *why)
{
    size_t bad;
    n->tls = tls_context_new(TLS_PEER, &config->identity, why);
    if (n->tls == NULL)
        return false;
    if (!tls_context_set_blacklist(n->tls, config->blacklist, config->blacklist_count) ||
        !tls_context_set_whitelist(n->tls, config->whitelist, config->whitelist_count))
        return error_set(why, "a black or white list of peers has at most %d entries", TLS_LIST_MAX);
    net_endpoints_result added =
        endpoint_table_add(&n->endpoints, config->endpoints, config->endpoint_count, NET_ENDPOINTS_MAX, &bad, why);
    if (added == NET_ENDPOINTS_TOO_MANY)
        return error_set(why, "more than %d peers are configured", NET_ENDPOINTS_MAX);
    if (added == NET_ENDPOINTS_MALFORMED)
        return false;
    if (!tls_context_self(n->tls)->has_id)
        NET_LOG(n, LOG_WARNING, "[Service]the own certificate %s has no basicConstraints CA:FALSE: peers will refuse this node",
                config->identity.certificate.name);
    return true;
}

static bool open_loop(net *n, error_text *why)
{
    int status = uv_loop_init(&n->loop);
    if (status != 0)
        return error_set(why, "cannot make the network loop: %s", uv_strerror(status));
    uv_timer_t *timers[] = {&n->sweep_timer, &n->dial_timer, &n->resume_timer, &n->request_timer};
    for (size_t i = 0; i < COUNT(timers); i++) {
        uv_timer_init(&n->loop, timers[i]);
        timers[i]->data = n;
    }
    uv_tcp_init(&n->loop, &n->listener);
    status = uv_async_init(&n->loop, &n->wake, net_on_wake);
    assert(status == 0);
    n->listener.data = n->wake.data = n;
    return true;
}

/* Runs what is left of a loop whose handles are all closing. */
static void close_loop(net *n)
{
    uv_run(&n->loop, UV_RUN_DEFAULT);
    int status = uv_loop_close(&n->loop);
    assert(status == 0);
    (void)status;
}

/* The thread takes no signal: those are for the thread that waits for them. A write to a closed socket is an error, not a
   signal. */
static int start_thread(net *n)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int status = uv_thread_create(&n->thread, run, n);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return status;
}

net *net_start(const net_config *config, const net_handler *handler, error_text *why)
{
    net *n = net_new(config, handler);
    if (!configure(n, config, why) || !open_loop(n, why)) {
        net_free(n);
        return NULL;
    }
    int status = 0;
    if (host_listen(n, config->listen_ip, config->listen_port, why) && (status = start_thread(n)) == 0)
        return n;
    if (status != 0)
        error_set(why, "cannot start the network thread: %s", uv_strerror(status));
    host_stop(n);
    close_loop(n);
    net_free(n);
    return NULL;
}

void net_stop(net *n)
{
    if (n == NULL)
        return;
    net_ask_to_stop(n);
    uv_thread_join(&n->thread);
    close_loop(n);
    net_free(n);
}

const tls_subject *net_self(const net *n)
{
    return tls_context_self(n->tls);
}

uint16_t net_port(const net *n)
{
    return n->port;
}

static int compare_peers(const void *a, const void *b)
{
    return memcmp(&((const net_peer *)a)->id, &((const net_peer *)b)->id, sizeof(node_id));
}

const net_peer *net_peers(net *n, arena *a, size_t *count)
{
    pthread_mutex_lock(&n->peers_lock);
    net_peer *peers = arena_take_array(a, n->by_node.count, sizeof *peers);
    *count = 0;
    size_t position = 0;
    for (map_entry *entry; (entry = map_next(&n->by_node, &position));) {
        net_peer *peer = &peers[(*count)++];
        dispatch_fill_peer(entry->value, peer);
        net_topic *topics = arena_take_array(a, peer->topic_count, sizeof *topics);
        for (size_t i = 0; i < peer->topic_count; i++)
            topics[i] = (net_topic){arena_copy_text(a, bytes_of_text(peer->topics[i].text)), peer->topics[i].status};
        peer->topics = topics;
    }
    pthread_mutex_unlock(&n->peers_lock);
    qsort(peers, *count, sizeof *peers, compare_peers);
    return peers;
}

const char *const *net_own_topics(net *n, arena *a, size_t *count)
{
    pthread_mutex_lock(&n->peers_lock);
    bytes rest = arena_copy(a, buffer_bytes(&n->own_topics));
    pthread_mutex_unlock(&n->peers_lock);
    size_t tabs = 0;
    for (size_t i = 0; i < rest.size; i++)
        tabs += rest.data[i] == '\t';
    const char **texts = arena_take_array(a, tabs, sizeof *texts);
    for (*count = 0; *count < tabs; (*count)++) {
        rest = bytes_from(rest, 1);
        const uint8_t *tab = memchr(rest.data, '\t', rest.size);
        size_t size = tab ? (size_t)(tab - rest.data) : rest.size;
        texts[*count] = arena_copy_text(a, bytes_of(rest.data, size));
        rest = bytes_from(rest, size);
    }
    return texts;
}

bool net_is_connected(net *n, const node_id *node)
{
    pthread_mutex_lock(&n->peers_lock);
    bool found = map_get(&n->by_node, BYTES_OF_VALUE(*node)) != NULL;
    pthread_mutex_unlock(&n->peers_lock);
    return found;
}

const char *const *net_endpoints(net *n, arena *a, size_t *count)
{
    pthread_mutex_lock(&n->endpoints.lock);
    *count = n->endpoints.count;
    const char **texts = arena_take_array(a, *count, sizeof *texts);
    for (size_t i = 0; i < *count; i++) {
        char text[NET_ENDPOINT_BYTES];
        endpoint_print(&n->endpoints.rows[i].where, text);
        texts[i] = arena_copy_text(a, bytes_of_text(text));
    }
    pthread_mutex_unlock(&n->endpoints.lock);
    return texts;
}
