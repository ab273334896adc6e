/* Opening and closing a client, its thread, and how other threads hand it work. */
#include "client/inside.h"

#include "base/memory.h"
#include "base/version.h"

#include <assert.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

bool client_is_loop(const client_core *core)
{
    return pthread_equal(pthread_self(), core->thread);
}

bool client_post(client_core *core, client_task *task)
{
    pthread_mutex_lock(&core->lock);
    bool ok = !core->is_closed;
    if (ok) {
        queue_result result = queue_push_unbounded(core->tasks, &task->link); /* requests are counted; others wait for their end */
        assert(result == QUEUE_OK);
        (void)result;
        uv_async_send(&core->wake);
    }
    pthread_mutex_unlock(&core->lock);
    return ok;
}

static void run_tasks(client_core *core)
{
    queue_link *link, *next;
    for (link = queue_pop_all(core->tasks); link; link = next) {
        next = link->next;
        client_task *task = (client_task *)link;
        task->run(task);
    }
}

static void on_wake(uv_async_t *wake)
{
    client_core *core = wake->data;
    run_tasks(core);
    if (core->stopping)
        run_tasks(core); /* what came just before the client was closed */
}

void client_wait_begins(client_core *core)
{
    pthread_mutex_lock(&core->lock);
    core->waiters++;
    pthread_mutex_unlock(&core->lock);
}

void client_wait_ends(client_core *core, pthread_cond_t *changed, const bool *flag)
{
    pthread_mutex_lock(&core->lock);
    while (!*flag)
        pthread_cond_wait(changed, &core->lock);
    if (--core->waiters == 0)
        pthread_cond_broadcast(&core->changed);
    pthread_mutex_unlock(&core->lock);
}

typedef struct {
    client_task task;
    client_core *core;
    void (*run)(client_core *core, void *argument);
    void *argument;
    pthread_cond_t done;
    bool is_done;
} errand;

static void run_errand(client_task *task)
{
    errand *e = (errand *)task;
    client_core *core = e->core;
    e->run(core, e->argument);
    pthread_mutex_lock(&core->lock);
    e->is_done = true;
    pthread_cond_signal(&e->done);
    pthread_mutex_unlock(&core->lock);
}

bool client_run(client_core *core, void (*run)(client_core *core, void *argument), void *argument)
{
    if (client_is_loop(core)) {
        run(core, argument);
        return true;
    }
    errand e = {.task = {.run = run_errand}, .core = core, .run = run, .argument = argument};
    pthread_cond_init(&e.done, NULL);
    client_wait_begins(core);
    bool is_posted = client_post(core, &e.task);
    client_wait_ends(core, &e.done, is_posted ? &e.is_done : &(bool){true});
    pthread_cond_destroy(&e.done);
    return is_posted;
}

/* ---- what every thread may ask ---- */

bool client_core_use_group(client_core *core, int group)
{
    pthread_mutex_lock(&core->lock);
    bool is_known = false;
    for (size_t i = 0; i < core->group_count; i++)
        is_known |= core->groups[i].id == group;
    bool ok = is_known || core->group_count < CLIENT_GROUPS_MAX;
    if (ok && !is_known)
        core->groups[core->group_count++] = (client_group){group, -1};
    pthread_mutex_unlock(&core->lock);
    return ok;
}

int64_t client_core_height(client_core *core, int group)
{
    int64_t height = -1;
    pthread_mutex_lock(&core->lock);
    for (size_t i = 0; i < core->group_count; i++)
        if (core->groups[i].id == group)
            height = core->groups[i].height;
    pthread_mutex_unlock(&core->lock);
    return height;
}

client_chain client_core_chain(client_core *core)
{
    pthread_mutex_lock(&core->lock);
    client_chain chain = core->chain;
    pthread_mutex_unlock(&core->lock);
    return chain;
}

size_t client_core_groups(client_core *core, int *out)
{
    pthread_mutex_lock(&core->lock);
    size_t count = core->group_count;
    for (size_t i = 0; i < count; i++)
        out[i] = core->groups[i].id;
    pthread_mutex_unlock(&core->lock);
    return count;
}

void client_core_ready(client_core *core)
{
    bool is_ready = false, has_failed = true;
    for (size_t i = 0; i < core->node_count; i++) {
        is_ready |= core->nodes[i].state == NODE_READY;
        has_failed &= core->nodes[i].has_failed;
    }
    pthread_mutex_lock(&core->lock);
    core->is_ready |= is_ready;
    core->has_failed |= has_failed && !core->is_ready;
    if (core->is_ready || core->has_failed)
        pthread_cond_broadcast(&core->changed);
    pthread_mutex_unlock(&core->lock);
}

const char *hanse_client_version(void)
{
    return HANSE_VERSION;
}

/* ---- opening ---- */

static bool read_certificates(client_core *core, const char *folder, hanse_error *error)
{
    if (folder == NULL)
        return client_fail(error, HANSE_ERROR_USAGE, 0, "the channel port needs certificates: the folder with ca.crt, sdk.crt and sdk.key");
    arena a = {0};
    error_text why = {""};
    tls_identity identity = {0};
    /* Older chains call the SDK's files like a node's. */
    const char *own = access(arena_print(&a, "%s/sdk.crt", folder), F_OK) != 0 && access(arena_print(&a, "%s/node.crt", folder), F_OK) == 0
                          ? "node"
                          : "sdk";
    bool ok = tls_read_file(&a, arena_print(&a, "%s/%s.key", folder, own), &identity.key, &why) &&
              tls_read_file(&a, arena_print(&a, "%s/%s.crt", folder, own), &identity.certificate, &why) &&
              tls_read_file(&a, arena_print(&a, "%s/ca.crt", folder), &identity.authorities, &why) &&
              (core->tls = tls_context_new(TLS_SDK, &identity, &why)) != NULL;
    if (!ok)
        client_fail(error, HANSE_ERROR_FILE, 0, "%s", why.text);
    arena_reset(&a);
    return ok;
}

static void *run_loop(void *argument)
{
    client_core *core = argument;
    pthread_mutex_lock(&core->lock); /* core->thread is set now */
    pthread_mutex_unlock(&core->lock);
    uv_timer_init(&core->loop, &core->pump);
    core->pump.data = core;
    for (size_t i = 0; i < core->node_count; i++)
        client_node_start(&core->nodes[i]);
    uv_run(&core->loop, UV_RUN_DEFAULT);
    return NULL;
}

static client_core *new_core(const hanse_client_options *options)
{
    client_core *core = memory_new(sizeof *core);
    uint64_t random[3];
    ssize_t got = getrandom(random, sizeof random, 0);
    assert(got == (ssize_t)sizeof random); /* so small a request is never cut short */
    (void)got;
    core->seq_salt[0] = random[0];
    core->seq_salt[1] = random[1];
    core->by_seq = map_init(random[2]);
    core->timeout_ms = options->timeout_ms ? options->timeout_ms : CLIENT_TIMEOUT_MS;
    core->receipt_timeout_ms = options->receipt_timeout_ms ? options->receipt_timeout_ms : CLIENT_RECEIPT_TIMEOUT_MS;
    core->reconnect_ms = options->reconnect_ms ? options->reconnect_ms : CLIENT_RECONNECT_MS;
    core->requests_max = options->requests_max ? options->requests_max : CLIENT_REQUESTS_USUAL;
    core->lines_max = CLIENT_LINES_MAX;
    core->on_connection = options->on_connection;
    core->context = options->context;
    pthread_mutex_init(&core->lock, NULL);
    pthread_condattr_t steady;
    pthread_condattr_init(&steady);
    pthread_condattr_setclock(&steady, CLOCK_MONOTONIC);
    pthread_cond_init(&core->changed, &steady);
    pthread_condattr_destroy(&steady);
    core->tasks = queue_new(CLIENT_TASKS_MAX, SIZE_MAX);
    return core;
}

static void free_core(client_core *core)
{
    tls_context_free(core->tls);
    map_free(&core->by_seq);
    free(core->nodes);
    queue_free(core->tasks);
    pthread_cond_destroy(&core->changed);
    pthread_mutex_destroy(&core->lock);
    free(core);
}

/* No signal of the program is handled on this thread; a broken connection's SIGPIPE stays pending on it. */
static bool start_thread(client_core *core)
{
    if (uv_loop_init(&core->loop) != 0)
        return false;
    core->wake.data = core;
    bool ok = uv_async_init(&core->loop, &core->wake, on_wake) == 0;
    sigset_t all, old;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &old);
    pthread_mutex_lock(&core->lock);
    ok = ok && pthread_create(&core->thread, NULL, run_loop, core) == 0;
    pthread_mutex_unlock(&core->lock);
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    return ok;
}

static void stop_loop(client_core *core, void *argument)
{
    (void)argument;
    core->stopping = true;
    pthread_mutex_lock(&core->lock);
    core->is_closed = true;
    pthread_mutex_unlock(&core->lock);
    client_transfers_drop(core, NULL);
    client_subscriptions_drop(core, NULL);
    for (size_t i = 0; i < core->node_count; i++)
        client_node_stop(&core->nodes[i]);
    uv_close((uv_handle_t *)&core->pump, NULL);
    uv_close((uv_handle_t *)&core->wake, NULL);
}

static void end_core(client_core *core)
{
    client_run(core, stop_loop, NULL);
    pthread_join(core->thread, NULL);
    int busy = uv_loop_close(&core->loop);
    assert(busy == 0);
    (void)busy;
    pthread_mutex_lock(&core->lock);
    while (core->waiters)
        pthread_cond_wait(&core->changed, &core->lock);
    pthread_mutex_unlock(&core->lock);
    free_core(core);
}

static bool wait_for_a_node(client_core *core, hanse_error *error)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += core->timeout_ms / 1000;
    until.tv_nsec += (long)(core->timeout_ms % 1000) * 1000000;
    if (until.tv_nsec >= 1000000000)
        until.tv_sec++, until.tv_nsec -= 1000000000;
    pthread_mutex_lock(&core->lock);
    int late = 0;
    while (!core->is_ready && !core->has_failed && !late)
        late = pthread_cond_timedwait(&core->changed, &core->lock, &until);
    bool is_ready = core->is_ready, has_failed = core->has_failed;
    pthread_mutex_unlock(&core->lock);
    if (is_ready)
        return true;
    return has_failed ? false : client_fail(error, HANSE_ERROR_TIMEOUT, 0, "no node was connected within %u ms", core->timeout_ms);
}

typedef struct {
    hanse_error *error;
} complaint;

static void take_complaint(client_core *core, void *argument)
{
    client_fail(((complaint *)argument)->error, HANSE_ERROR_CONNECTION, 0, "%s", client_nodes_complaint(core));
}

hanse_client *hanse_client_open(const hanse_client_options *options, hanse_error *error)
{
    client_core *core = new_core(options);
    int group = options->group ? options->group : 1;
    bool ok = (group >= 1 && group <= 32767) || client_fail(error, HANSE_ERROR_USAGE, 0, "group %d: groups have numbers from 1 to 32767", group);
    ok = ok && client_nodes_set_up(core, options, error) && (!core->transport->has_pushes || read_certificates(core, options->certificates, error));
    ok = ok && client_core_use_group(core, group);
    if (!ok) {
        free_core(core);
        return NULL;
    }
    if (!start_thread(core)) {
        client_fail(error, HANSE_ERROR_LIMIT, 0, "the system gives no further thread or event loop");
        free_core(core);
        return NULL;
    }
    hanse_error why = {0};
    if (!wait_for_a_node(core, &why)) {
        if (why.kind == HANSE_OK)
            client_run(core, take_complaint, &(complaint){&why});
        if (error)
            *error = why;
        end_core(core);
        return NULL;
    }
    hanse_client *client = memory_new(sizeof *client);
    *client = (hanse_client){.core = core, .group = group, .owns_core = true};
    client_succeed(error);
    return client;
}

static void drop_owner(client_core *core, void *owner)
{
    ((hanse_client *)owner)->is_closing = true;
    client_transfers_drop(core, owner);
    client_subscriptions_drop(core, owner);
    client_requests_drop(core, owner);
}

void hanse_client_close(hanse_client *client)
{
    if (client == NULL)
        return;
    assert(!client_is_loop(client->core)); /* hanse/client.h: not from a callback */
    if (client->owns_core)
        end_core(client->core);
    else
        client_run(client->core, drop_owner, client);
    free(client);
}

/* ---- groups and nodes ---- */

static void begin_group(client_core *core, void *ignored)
{
    (void)ignored;
    for (size_t i = 0; i < core->node_count; i++)
        if (core->nodes[i].state == NODE_READY) {
            client_node_ask_heights(&core->nodes[i]);
            if (core->transport->has_pushes)
                client_send_topics(&core->nodes[i]);
        }
}

hanse_client *hanse_client_of_group(hanse_client *client, int group, hanse_error *error)
{
    if (group < 1 || group > 32767) {
        client_fail(error, HANSE_ERROR_USAGE, 0, "group %d: groups have numbers from 1 to 32767", group);
        return NULL;
    }
    if (!client_core_use_group(client->core, group)) {
        client_fail(error, HANSE_ERROR_LIMIT, 0, "a client is used with at most %d groups", CLIENT_GROUPS_MAX);
        return NULL;
    }
    client_run(client->core, begin_group, NULL);
    hanse_client *other = memory_new(sizeof *other);
    *other = (hanse_client){.core = client->core, .group = group};
    client_succeed(error);
    return other;
}

int hanse_client_group(const hanse_client *client)
{
    return client->group;
}

bool hanse_client_is_national(hanse_client *client)
{
    return client_core_chain(client->core).rules.suite->is_national;
}

static void list_connections(client_core *core, void *argument)
{
    buffer *out = argument;
    for (size_t i = 0; i < core->node_count; i++)
        if (core->nodes[i].state == NODE_READY)
            buffer_print(out, "%s%s", out->size ? "\n" : "", core->nodes[i].name);
    buffer_append_byte(out, '\0');
}

char *hanse_client_connections(hanse_client *client)
{
    buffer text = buffer_init(BUFFER_NO_LIMIT);
    client_run(client->core, list_connections, &text);
    return (char *)text.data;
}
