#include "rpc/request.h"
#include "base/clock.h"
#include "base/memory.h"
#include "codec/json_read.h"

#include <math.h>
#include <stdatomic.h>
#include <stdlib.h>

/* One text on its way: its elements are answered one after the other. */
typedef struct {
    const rpc_dialect *dialect;
    rpc_call call;          /* of the element under way */
    worker_pool *workers;
    http_wait_notice on_wait; /* nothing any more, once it was told */
    json_rpc_done done;
    void *context;
    arena memory;
    json_t *root;
    bool is_batch;
    bool has_answers;       /* not only notifications */
    size_t next;            /* element to be answered next */
    buffer result;          /* of the element under way */
    buffer out;
    json_writer writer;
    atomic_int arrivals;    /* of a waiting element: its method's return, and its resume */
    job work;
} rpc_request;

enum {
    REQUEST_VALUES_MAX = 1000000,  /* values and keys of one text; more: a parse error */
    BATCH_MAX = 10000,             /* elements of one batch; more: one error for the whole */
    BATCH_TURN_MS = 5,             /* what a batch takes of a worker at a time */
    RPC_ENVELOPE_BYTES = RPC_REQUEST_MAX_BYTES + 1024 /* id and what stands around a result */
};


/* ---- validation (interfaces.md 2.3) ---- */

static bool is_integral(const json_t *value)
{
    double number = json_real_value(value); /* 0 for everything but reals */
    return json_is_integer(value) || (json_is_real(value) && number >= -0x1p63 && number < 0x1p64 && trunc(number) == number);
}

static bool is_valid_id(const json_t *id)
{
    return id == NULL || json_is_null(id) || json_is_string(id) || is_integral(id);
}

static bool has_type(const json_t *value, char type)
{
    switch (type) {
    case 'i':
        return is_integral(value);
    case 's':
        return json_is_string(value);
    case 'b':
        return json_is_boolean(value);
    case 'o':
        return json_is_object(value);
    }
    return false;
}

static bool params_fit(const rpc_method *method, const json_t *params)
{
    if (method->params == NULL)
        return true;
    size_t count = strlen(method->params);
    if (!json_is_array(params) || json_array_size(params) != count)
        return false;
    for (size_t i = 0; i < count; i++)
        if (!has_type(json_array_get(params, i), method->params[i]))
            return false;
    return true;
}

/* A string of exactly this text: none that goes on behind a zero byte. */
static bool is_text(const json_t *value, const char *text)
{
    return json_is_string(value) && json_string_length(value) == strlen(text) && strcmp(json_string_value(value), text) == 0;
}

static const rpc_method *find_method(const rpc_dialect *dialect, const char *name)
{
    for (size_t t = 0; t < dialect->topic_count; t++)
        for (size_t i = 0; i < *dialect->topics[t].count; i++)
            if (strcmp(dialect->topics[t].methods[i].name, name) == 0)
                return &dialect->topics[t].methods[i];
    return NULL;
}

/* 0, or the code of the first rule that the element breaks. */
static int validate(const rpc_dialect *dialect, const json_t *element, const rpc_method **method)
{
    const json_t *name = json_object_get(element, "method"), *version = json_object_get(element, "jsonrpc");
    const json_t *params = json_object_get(element, "params"), *id = json_object_get(element, "id");
    if (!json_is_object(element) || !json_is_string(name) || !is_text(version, "2.0") || !is_valid_id(id) ||
        !(params == NULL || json_is_object(params) || json_is_array(params) || json_is_null(params)))
        return RPC_INVALID_REQUEST;
    *method = find_method(dialect, json_string_value(name));
    if (*method == NULL || !is_text(name, (*method)->name))
        return RPC_METHOD_NOT_FOUND;
    if (id == NULL && dialect->refuses_notifications)
        return RPC_PROCEDURE_IS_METHOD;
    return params_fit(*method, params) ? 0 : RPC_INVALID_PARAMS;
}

/* ---- answers ---- */

static void write_id(json_writer *w, const json_t *element)
{
    const json_t *id = json_is_object(element) ? json_object_get(element, "id") : NULL;
    json_write_key(w, "id");
    if (id && is_valid_id(id))
        json_write_value(w, id); /* a scalar: never too deep */
    else
        json_write_null(w);
}

/* from_method: errors from inside a method may carry data. */
static void write_error(json_writer *w, const rpc_dialect *dialect, const json_t *element, const rpc_call *from_method, int code,
                        const char *message)
{
    json_write_begin_object(w);
    json_write_key(w, "error");
    json_write_begin_object(w);
    json_write_key(w, "code");
    json_write_int(w, code);
    if (from_method && (from_method->error_has_data || dialect->null_data_in_errors)) {
        json_write_key(w, "data");
        if (from_method->error_has_data)
            json_write_hex(w, from_method->error_data);
        else
            json_write_null(w);
    }
    json_write_key(w, "message");
    json_write_text(w, message);
    json_write_end_object(w);
    write_id(w, element);
    json_write_key(w, "jsonrpc");
    json_write_text(w, "2.0");
    json_write_end_object(w);
}

/* Refused before a method ran. element NULL: the text as a whole. */
static void write_refusal(rpc_request *r, const json_t *element, int code)
{
    write_error(&r->writer, r->dialect, element, NULL, code, r->dialect->refusal(element, code, &r->memory));
}

static const json_t *element_of(const rpc_request *r, size_t index)
{
    return r->is_batch ? json_array_get(r->root, index) : r->root;
}

static void finish_element(rpc_request *r)
{
    rpc_call *c = &r->call;
    const json_t *element = element_of(r, r->next);
    if (!c->error_code && r->result.overflowed)
        rpc_internal_error(c, "the answer is larger than %d bytes", RPC_RESPONSE_MAX_BYTES);
    if (json_object_get(element, "id") == NULL) {
        /* a notification: nobody waits for an answer */
    } else if (c->error_code) {
        write_error(&r->writer, r->dialect, element, c, c->error_code, c->error_message);
    } else {
        json_writer *w = &r->writer;
        json_write_begin_object(w);
        write_id(w, element);
        json_write_key(w, "jsonrpc");
        json_write_text(w, "2.0");
        json_write_key(w, "result");
        json_write_raw(w, buffer_bytes(&r->result));
        json_write_end_object(w);
    }
    chain_view_drop(c->view);
    transaction_drop(c->sent);
    if (c->group)
        c->backend->release_group(c->backend->context, c->group);
    buffer_clear(&r->result);
    if (r->is_batch)
        arena_reset(&r->memory); /* a long one would hold what all its elements took */
    r->next++;
}

static void free_request(rpc_request *r)
{
    json_decref(r->root);
    buffer_free(&r->result);
    buffer_free(&r->out);
    arena_reset(&r->memory);
    free(r);
}

static void finish_request(rpc_request *r)
{
    if (r->is_batch)
        json_write_end_array(&r->writer);
    if (r->out.overflowed) { /* only a batch can: one error for the whole */
        buffer_clear(&r->out);
        r->writer = json_write_to(&r->out);
        write_error(&r->writer, r->dialect, NULL, &(rpc_call){0}, RPC_INTERNAL_ERROR, "INTERNAL_ERROR: : the answer is too large");
    }
    if (r->has_answers)
        buffer_append_byte(&r->out, '\n');
    else
        buffer_clear(&r->out); /* nothing but notifications */
    r->done(r->context, buffer_bytes(&r->out));
    free_request(r);
}

/* ---- the run ---- */

/* While r is still ours: whoever resumes it may answer and free it at once. */
static void tell_of_wait(rpc_request *r)
{
    if (r->on_wait.tell)
        r->on_wait.tell(r->on_wait.context);
    r->on_wait.tell = NULL;
}

/* false: the element waits, and r belongs to whoever resumes it. */
static bool run_element(rpc_request *r)
{
    const json_t *element = element_of(r, r->next);
    const rpc_method *method = NULL;
    int refused = validate(r->dialect, element, &method);
    bool is_notification = json_object_get(element, "id") == NULL && !r->dialect->refuses_notifications &&
                           refused != RPC_INVALID_REQUEST; /* JSON-RPC 2.0, 4.1: never answered, not even with an error */
    r->has_answers |= !is_notification;
    if (refused) {
        if (!is_notification)
            write_refusal(r, element, refused);
        r->next++;
        return true;
    }
    r->call = (rpc_call){.backend = r->call.backend,
                         .asker = r->call.asker,
                         .client = r->call.client,
                         .memory = &r->memory,
                         .params = json_object_get(element, "params"),
                         .out = json_write_to(&r->result)};
    atomic_store(&r->arrivals, 0);
    method->run(&r->call);
    if (r->call.waits) {
        if (atomic_load(&r->arrivals) == 0)
            tell_of_wait(r);
        if (atomic_fetch_add(&r->arrivals, 1) == 0)
            return false;
    }
    finish_element(r);
    return true;
}

static void run_rest(job *work);

/* A long batch gives way: what else waits for a worker has its turn before the rest of it. */
static void run_request(rpc_request *r)
{
    size_t count = r->is_batch ? json_array_size(r->root) : 1;
    uint64_t until_ms = clock_steady_ms() + BATCH_TURN_MS;
    while (r->next < count && !r->out.overflowed) {
        if (!run_element(r))
            return;
        r->work.run = run_rest;
        if (r->next < count && r->workers && clock_steady_ms() >= until_ms && worker_pool_submit_unbounded(r->workers, &r->work))
            return;
    }
    finish_request(r);
}

static void run_rest(job *work)
{
    run_request((rpc_request *)((char *)work - offsetof(rpc_request, work)));
}

void rpc_call_resume(rpc_call *c)
{
    rpc_request *r = (rpc_request *)((char *)c - offsetof(rpc_request, call));
    if (atomic_fetch_add(&r->arrivals, 1) == 0)
        return; /* the method has not returned yet: its thread goes on */
    finish_element(r);
    if (!r->is_batch || r->next == json_array_size(r->root)) {
        finish_request(r);
        return;
    }
    r->work.run = run_rest;
    if (!worker_pool_submit_unbounded(r->workers, &r->work))
        run_request(r); /* the pool is stopping: better here than never */
}

/* false: the client may not ask this, and was told so. QUIRK of interfaces.md 2.6: batches are not looked at; they pass both the
   allow list and the limits. */
static bool admit(rpc_request *r)
{
    const char *message;
    int refused = r->call.client && json_is_object(r->root) ? rpc_admit(r->call.client, r->root, &r->memory, &message) : 0;
    if (!refused)
        return true;
    /* QUIRK of network.md 12.1: the refusal by the allow list names no id. */
    write_error(&r->writer, r->dialect, refused == RPC_SDK_NOT_ALLOWED ? NULL : r->root, NULL, refused, message);
    r->has_answers = true;
    finish_request(r);
    return false;
}

void rpc_request_start(const rpc_dialect *dialect, void *asker, rpc_client *client, const rpc_backend *backend, worker_pool *workers,
                       bytes body, http_wait_notice on_wait, json_rpc_done done, void *context)
{
    rpc_request *r = memory_new(sizeof *r);
    *r = (rpc_request){.dialect = dialect,
                       .call = {.backend = backend, .asker = asker, .client = client},
                       .workers = workers,
                       .on_wait = on_wait,
                       .done = done,
                       .context = context,
                       .result = buffer_init(RPC_RESPONSE_MAX_BYTES),
                       .out = buffer_init(RPC_RESPONSE_MAX_BYTES + RPC_ENVELOPE_BYTES)};
    r->writer = json_write_to(&r->out);
    json_read_result parsed = json_read(body, REQUEST_VALUES_MAX, JSON_WIDE_AS_REAL, &r->root);
    if (parsed == JSON_READ_TOO_DEEP && dialect->too_deep_answer) {
        done(context, bytes_of_text(dialect->too_deep_answer));
        free_request(r);
        return;
    }
    int refused = parsed == JSON_READ_OK ? 0 : RPC_PARSE_ERROR;
    if (!refused && !json_is_object(r->root) && json_array_size(r->root) == 0)
        refused = RPC_INVALID_REQUEST; /* also what is neither an object nor an array */
    if (json_array_size(r->root) > BATCH_MAX)
        refused = RPC_INVALID_REQUEST;
    if (refused) {
        write_refusal(r, NULL, refused);
        r->has_answers = true;
        finish_request(r);
        return;
    }
    if (!admit(r))
        return;
    r->is_batch = json_is_array(r->root);
    if (r->is_batch)
        json_write_begin_array(&r->writer);
    run_request(r);
}
