#include "support_node.h"

#include "base/buffer.h"
#include "base/memory.h"
#include "codec/channel_frame.h"
#include "tls/certificates.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- certificates ---- */

struct fake_chain {
    arena memory;
    certificate_pair root, node;
    char folder[64];
};

static void write_text(const char *folder, const char *name, const char *text)
{
    char path[128];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fputs(text, f);
    fclose(f);
}

fake_chain *fake_chain_new(bool is_rsa)
{
    fake_chain *c = memory_new(sizeof *c);
    arena *a = &c->memory;
    certificate_pair sdk;
    error_text why = {""};
    bool ok = is_rsa ? certificate_make_rsa_root(a, "agency", 365, &c->root, &why) && certificate_make_rsa_leaf(a, &c->root, 365, &c->node, &why) &&
                           certificate_make_rsa_leaf(a, &c->root, 365, &sdk, &why)
                     : certificate_make_chain(a, 365, &c->root, &why) &&
                           certificate_make_leaf(a, &c->root, CERTIFICATE_NODE, "node0", 365, &c->node, &why) &&
                           certificate_make_leaf(a, &c->root, CERTIFICATE_SDK, "sdk", 365, &sdk, &why);
    if (!ok)
        fail_msg("%s", why.text);
    strcpy(c->folder, "/tmp/hanse-client-XXXXXX");
    assert_non_null(mkdtemp(c->folder));
    write_text(c->folder, "ca.crt", c->root.certificate);
    write_text(c->folder, "sdk.crt", sdk.certificate);
    write_text(c->folder, "sdk.key", sdk.key);
    signal(SIGPIPE, SIG_IGN);
    return c;
}

const char *fake_chain_folder(const fake_chain *c)
{
    return c->folder;
}

void fake_chain_free(fake_chain *c)
{
    static const char *const names[] = {"ca.crt", "sdk.crt", "sdk.key"};
    for (size_t i = 0; i < COUNT(names); i++) {
        char path[128];
        snprintf(path, sizeof path, "%s/%s", c->folder, names[i]);
        unlink(path);
    }
    rmdir(c->folder);
    arena_reset(&c->memory);
    free(c);
}

/* ---- the node ---- */

enum { FILTERS_MAX = 8, TURN_MS = 5, BLOCKS_A_PUSH = 3 };

typedef struct {
    char id[40];
    int64_t next, to;
} filter;

struct fake_node {
    fake_chain *chain;
    pthread_t thread;
    int listener, socket;
    unsigned port;
    SSL_CTX *context;
    SSL *tls;
    buffer in;
    filter filters[FILTERS_MAX];
    size_t filter_count;
    int64_t told_height;
    bool was_introduced;
    pthread_mutex_t lock; /* what follows */
    fake_habits habits;
    int64_t height;
    bool stopping, cut;
    int cut_in_push;      /* -1: no */
    buffer raw;           /* to be sent as it is */
    size_t registrations, transactions, connections;
    char topics[512], amop_answer[256];
    bool has_amop_answer;
};

static SSL_CTX *server_context(const fake_chain *c)
{
    SSL_CTX *context = SSL_CTX_new(TLS_server_method());
    SSL_CTX_set_max_proto_version(context, TLS1_2_VERSION);
    SSL_CTX_set_security_level(context, 0);
    SSL_CTX_set1_groups_list(context, "secp256k1:P-256");
    BIO *key_text = BIO_new_mem_buf(c->node.key, -1), *leaf_text = BIO_new_mem_buf(c->node.certificate, -1),
        *root_text = BIO_new_mem_buf(c->root.certificate, -1);
    EVP_PKEY *key = PEM_read_bio_PrivateKey(key_text, NULL, NULL, NULL);
    X509 *leaf = PEM_read_bio_X509(leaf_text, NULL, NULL, NULL), *root = PEM_read_bio_X509(root_text, NULL, NULL, NULL);
    assert_int_equal(SSL_CTX_use_certificate(context, leaf), 1);
    assert_int_equal(SSL_CTX_use_PrivateKey(context, key), 1);
    X509_STORE_add_cert(SSL_CTX_get_cert_store(context), root);
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
    X509_free(leaf);
    X509_free(root);
    EVP_PKEY_free(key);
    BIO_free(key_text);
    BIO_free(leaf_text);
    BIO_free(root_text);
    return context;
}

static void hang_up(fake_node *n)
{
    if (n->socket < 0)
        return;
    SSL_free(n->tls);
    close(n->socket);
    n->tls = NULL;
    n->socket = -1;
    n->filter_count = 0;
    n->was_introduced = false;
    buffer_clear(&n->in);
    ERR_clear_error();
}

static void write_all(fake_node *n, bytes data)
{
    if (n->tls && data.size && SSL_write(n->tls, data.data, (int)data.size) <= 0)
        hang_up(n);
}

static void send_part(fake_node *n, uint16_t type, const void *seq, int32_t result, bytes body, bool whole)
{
    channel_frame f = {.type = type, .result = result, .body = body};
    memcpy(f.seq.b, seq, sizeof f.seq.b);
    buffer out = buffer_init(BUFFER_NO_LIMIT);
    channel_frame_write_header(&f, buffer_extend(&out, CHANNEL_HEADER_BYTES));
    buffer_append(&out, body);
    write_all(n, bytes_of(out.data, whole ? out.size : out.size / 2));
    buffer_free(&out);
}

static void send_frame(fake_node *n, uint16_t type, const void *seq, int32_t result, bytes body)
{
    send_part(n, type, seq, result, body, true);
}

static void send_text(fake_node *n, uint16_t type, const void *seq, const char *text)
{
    send_frame(n, type, seq, 0, bytes_of_text(text));
}

static const char zeros[] = "00000000000000000000000000000000";

static void push_height(fake_node *n, int64_t height, bool as_text)
{
    char body[128];
    if (as_text)
        snprintf(body, sizeof body, "\x10_block_notify_11,%lld", (long long)height);
    else
        snprintf(body, sizeof body, "\x10_block_notify_1{\"blockNumber\":%lld,\"groupID\":1}\n", (long long)height);
    send_text(n, CHANNEL_BLOCK, zeros, body);
}

/* ---- JSON-RPC ---- */

static void answer(fake_node *n, const channel_frame *f, const char *format, ...) PRINTF_LIKE(3, 4);
static void answer(fake_node *n, const channel_frame *f, const char *format, ...)
{
    char result[2048], whole[2200];
    va_list args;
    va_start(args, format);
    vsnprintf(result, sizeof result, format, args);
    va_end(args);
    snprintf(whole, sizeof whole, "{\"id\":1,\"jsonrpc\":\"2.0\",%s}\n", result);
    send_text(n, CHANNEL_RPC, f->seq.b, whole);
}

#define ZERO40 "0x0000000000000000000000000000000000000000"
#define ZERO64 "0x0000000000000000000000000000000000000000000000000000000000000000"

static void receipt_text(char *out, size_t size, const char *hash, int status)
{
    snprintf(out, size,
             "{\"blockHash\":\"" ZERO64 "\",\"blockNumber\":\"0x7\",\"contractAddress\":\"" ZERO40 "\",\"logs\":[],\"output\":\"0x\","
             "\"status\":\"0x%x\",\"transactionHash\":\"%s\",\"transactionIndex\":\"0x0\"}",
             (unsigned)status, hash);
}

static void take_transaction(fake_node *n, const channel_frame *f, fake_habits h)
{
    char receipt[1024];
    bool known = n->transactions++ > 0;
    int status = h.refuses_with_status ? h.refuses_with_status : known && h.omits_receipts ? 10000 : 0;
    receipt_text(receipt, sizeof receipt, ZERO64, status);
    if (h.receipt_comes_first)
        send_text(n, CHANNEL_RECEIPT, f->seq.b, receipt);
    answer(n, f, "\"result\":\"" ZERO64 "\"");
    if (!h.receipt_comes_first && (!h.omits_receipts || known))
        send_text(n, CHANNEL_RECEIPT, f->seq.b, receipt);
}

static void answer_batch(fake_node *n, const channel_frame *f, const json_t *params)
{
    int64_t block = strtoll(json_string_value(json_array_get(params, 1)), NULL, 16);
    char logs[1024] = "";
    if (FAKE_LOGS(block) == 0) {
        answer(n, f, "\"error\":{\"code\":-40099,\"message\":\"start index out of range\"}");
        return;
    }
    for (size_t i = 0; i < FAKE_LOGS(block); i++)
        snprintf(logs + strlen(logs), sizeof logs - strlen(logs), "%s{\"address\":\"" ZERO40 "\",\"data\":\"0x\",\"topics\":[]}", i ? "," : "");
    answer(n, f, "\"result\":{\"blockInfo\":{\"blockHash\":\"" ZERO64 "\"},\"transactionReceipts\":[{\"logs\":[%s],\"transactionHash\":\"" ZERO64
                 "\",\"transactionIndex\":\"0x0\"}]}",
           logs);
}

static void on_rpc(fake_node *n, const channel_frame *f, fake_habits h, int64_t height)
{
    json_error_t error;
    json_t *root = json_loadb((const char *)f->body.data, f->body.size, 0, &error);
    const char *method = json_string_value(json_object_get(root, "method"));
    const json_t *params = json_object_get(root, "params");
    assert_non_null(method);
    if (strcmp(method, "getClientVersion") == 0)
        answer(n, f, "\"result\":{\"Chain Id\":\"1\",\"FISCO-BCOS Version\":\"2.11.1%s\",\"Supported Version\":\"2.11.1\"}", h.is_national ? " gm" : "");
    else if (strcmp(method, "getGroupList") == 0)
        answer(n, f, "\"result\":[1%s]", h.has_group_2 ? ",2" : "");
    else if (n->was_introduced && h.raw_answer)
        send_text(n, CHANNEL_RPC, f->seq.b, h.raw_answer);
    else if (strcmp(method, "getBlockNumber") == 0 && h.ignores_heights)
        ;
    else if (strcmp(method, "getBlockNumber") == 0)
        answer(n, f, "\"result\":\"0x%llx\"", (long long)height);
    else if (strcmp(method, "sendRawTransaction") == 0)
        take_transaction(n, f, h);
    else if (strcmp(method, "getBatchReceiptsByBlockNumberAndRange") == 0)
        answer_batch(n, f, params);
    else if (strcmp(method, "getTransactionReceipt") == 0) {
        char receipt[1024];
        receipt_text(receipt, sizeof receipt, json_string_value(json_array_get(params, 1)), 0);
        answer(n, f, "\"result\":%s", receipt);
    } else if (strcmp(method, "call") != 0 || !h.ignores_calls)
        answer(n, f, "\"error\":{\"code\":-32601,\"message\":\"METHOD_NOT_FOUND\"}");
    json_decref(root);
}

/* ---- events ---- */

static void on_registration(fake_node *n, const channel_frame *f, fake_habits h)
{
    json_error_t error;
    json_t *root = json_loadb((const char *)f->body.data + 1, f->body.size - 1, 0, &error);
    char text[64];
    n->registrations++;
    if (!h.ignores_registrations) {
        snprintf(text, sizeof text, "\x01{\"result\":%d}\n", h.registration_code);
        send_text(n, CHANNEL_REGISTER_EVENTS, f->seq.b, text);
    }
    if (!h.ignores_registrations && h.registration_code == 0 && n->filter_count < FILTERS_MAX) {
        filter *one = &n->filters[n->filter_count++];
        snprintf(one->id, sizeof one->id, "%s", json_string_value(json_object_get(root, "filterID")));
        one->next = strtoll(json_string_value(json_object_get(root, "fromBlock")), NULL, 10);
        one->to = strtoll(json_string_value(json_object_get(root, "toBlock")), NULL, 10);
    }
    json_decref(root);
}

static void write_log(buffer *out, int64_t block, size_t index, bool is_first)
{
    buffer_print(out, "%s{\"address\":\"" ZERO40 "\",\"blockHash\":\"" ZERO64 "\",\"blockNumber\":\"%lld\",\"data\":\"0x\",\"logIndex\":\"0x%zx\","
                      "\"topics\":[],\"transactionHash\":\"" ZERO64 "\",\"transactionIndex\":\"0x0\"}",
                 is_first ? "" : ",", (long long)block, index);
}

/* One push. false: the connection was cut in its middle. */
static bool push_body(fake_node *n, const filter *one, const buffer *logs)
{
    buffer body = buffer_init(BUFFER_NO_LIMIT);
    bool is_cut = n->cut_in_push == 0;
    buffer_print(&body, "{\"filterID\":\"%s\",\"logs\":[%.*s],\"result\":0}\n", one->id, (int)logs->size, logs->size ? (const char *)logs->data : "");
    n->cut_in_push -= n->cut_in_push >= 0;
    send_part(n, CHANNEL_EVENTS, zeros, 0, buffer_bytes(&body), !is_cut);
    buffer_free(&body);
    if (is_cut)
        hang_up(n);
    return !is_cut;
}

/* Called with the lock held, like everything of a turn. */
static void push_events(fake_node *n, filter *one)
{
    fake_habits h = n->habits;
    int64_t from = one->next > 0 && h.repeats_event_pushes ? one->next - 1 : one->next, to = one->next + BLOCKS_A_PUSH - 1;
    to = to > n->height ? n->height : to;
    to = to > one->to ? one->to : to;
    one->next = to + 1;
    buffer logs = buffer_init(BUFFER_NO_LIMIT);
    bool goes_on = true;
    for (int64_t b = from; goes_on && b <= to; b++)
        for (size_t i = 0; goes_on && i < FAKE_LOGS(b); i++) {
            write_log(&logs, b, i, logs.size == 0);
            if (!h.splits_blocks)
                continue;
            goes_on = push_body(n, one, &logs);
            buffer_clear(&logs);
        }
    for (int times = h.splits_blocks ? 0 : h.repeats_event_pushes ? 2 : 1; goes_on && times; times--)
        goes_on = push_body(n, one, &logs);
    buffer_free(&logs);
}

static void serve_filters(fake_node *n)
{
    for (size_t i = 0; i < n->filter_count;) {
        filter *one = &n->filters[i];
        if (one->next <= n->height && one->next <= one->to)
            push_events(n, one);
        if (n->filter_count && one->next > one->to) {
            char done[128];
            snprintf(done, sizeof done, "{\"filterID\":\"%s\",\"logs\":null,\"result\":1}\n", one->id);
            send_text(n, CHANNEL_EVENTS, zeros, done);
            n->filters[i] = n->filters[--n->filter_count];
        } else {
            i++;
        }
    }
}

/* ---- frames ---- */

static void copy_text(char *out, size_t size, bytes text)
{
    snprintf(out, size, "%.*s", (int)text.size, (const char *)text.data);
}

static void on_frame(fake_node *n, const channel_frame *f)
{
    fake_habits h = n->habits;
    char text[128];
    if (h.is_silent)
        return;
    switch (f->type) {
    case CHANNEL_RPC:
        on_rpc(n, f, h, n->height);
        return;
    case CHANNEL_HANDSHAKE:
        snprintf(text, sizeof text, "{\"nodeVersion\":\"2.11.1\",\"protocol\":%d}\n", h.protocol ? h.protocol : 3);
        send_text(n, CHANNEL_HANDSHAKE, f->seq.b, text);
        return;
    case CHANNEL_HEARTBEAT:
        send_text(n, CHANNEL_HEARTBEAT, f->seq.b, "{\"heartBeat\":1}\n");
        return;
    case CHANNEL_REGISTER_EVENTS:
        on_registration(n, f, h);
        return;
    case CHANNEL_TOPICS:
        copy_text(n->topics, sizeof n->topics, f->body);
        n->was_introduced = true;
        return;
    case CHANNEL_AMOP_REQUEST:
        send_frame(n, CHANNEL_AMOP_RESPONSE, f->seq.b, 100, BYTES_EMPTY);
        return;
    case CHANNEL_AMOP_MULTICAST:
        send_frame(n, CHANNEL_AMOP_RESPONSE, f->seq.b, 0, f->body);
        return;
    case CHANNEL_AMOP_RESPONSE:
        copy_text(n->amop_answer, sizeof n->amop_answer, f->body);
        n->has_amop_answer = true;
        return;
    }
}

static void read_frames(fake_node *n)
{
    uint8_t chunk[16 * 1024];
    int got;
    while (n->tls && (got = SSL_read(n->tls, chunk, sizeof chunk)) > 0) {
        buffer_append(&n->in, bytes_of(chunk, (size_t)got));
        channel_frame f;
        size_t size;
        while (n->tls && channel_frame_decode(buffer_bytes(&n->in), &f, &size) == CHANNEL_FRAME_OK) {
            on_frame(n, &f);
            if (n->tls)
                buffer_consume(&n->in, size);
        }
        if (n->tls && SSL_pending(n->tls) == 0)
            return;
    }
    if (n->tls)
        hang_up(n);
}

static void take_connection(fake_node *n)
{
    int fd = accept(n->listener, NULL, NULL), on = 1;
    if (fd < 0)
        return;
    struct timeval patience = {.tv_sec = 10};
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    hang_up(n);
    n->socket = fd;
    n->tls = SSL_new(n->context);
    SSL_set_fd(n->tls, fd);
    if (SSL_accept(n->tls) != 1) {
        hang_up(n);
        return;
    }
    n->connections++;
    n->told_height = n->height;
}

static void take_turn(fake_node *n)
{
    if (n->cut) {
        n->cut = false;
        hang_up(n);
    }
    write_all(n, buffer_bytes(&n->raw));
    buffer_clear(&n->raw);
    if (n->tls && n->was_introduced && n->told_height < n->height) {
        n->told_height = n->height;
        if (!n->habits.omits_block_pushes)
            push_height(n, n->height, n->habits.protocol == 1);
    }
    if (n->tls)
        serve_filters(n);
}

static void *run_node(void *argument)
{
    fake_node *n = argument;
    for (;;) {
        struct pollfd p[2] = {{.fd = n->listener, .events = POLLIN}, {.fd = n->socket, .events = POLLIN}};
        poll(p, 2, TURN_MS);
        pthread_mutex_lock(&n->lock);
        if (n->stopping)
            break;
        if (p[0].revents)
            take_connection(n);
        else if (n->socket >= 0 && p[1].revents)
            read_frames(n);
        take_turn(n);
        pthread_mutex_unlock(&n->lock);
    }
    hang_up(n);
    pthread_mutex_unlock(&n->lock);
    return NULL;
}

fake_node *fake_node_start(fake_chain *c, unsigned port, int64_t height)
{
    fake_node *n = memory_new(sizeof *n);
    *n = (fake_node){.chain = c, .socket = -1, .height = height, .cut_in_push = -1, .in = buffer_init(BUFFER_NO_LIMIT), .raw = buffer_init(BUFFER_NO_LIMIT)};
    int on = 1;
    n->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    setsockopt(n->listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    struct sockaddr_in where = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t size = sizeof where;
    assert_int_equal(bind(n->listener, (struct sockaddr *)&where, sizeof where), 0);
    assert_int_equal(listen(n->listener, 16), 0);
    getsockname(n->listener, (struct sockaddr *)&where, &size);
    n->port = ntohs(where.sin_port);
    n->context = server_context(c);
    pthread_mutex_init(&n->lock, NULL);
    pthread_create(&n->thread, NULL, run_node, n);
    return n;
}

void fake_node_stop(fake_node *n)
{
    pthread_mutex_lock(&n->lock);
    n->stopping = true;
    pthread_mutex_unlock(&n->lock);
    pthread_join(n->thread, NULL);
    close(n->listener);
    SSL_CTX_free(n->context);
    pthread_mutex_destroy(&n->lock);
    buffer_free(&n->in);
    buffer_free(&n->raw);
    free(n);
}

unsigned fake_node_port(const fake_node *n)
{
    return n->port;
}

#define LOCKED(statement)              \
    do {                               \
        pthread_mutex_lock(&n->lock);  \
        statement;                     \
        pthread_mutex_unlock(&n->lock); \
    } while (0)

void fake_node_set_habits(fake_node *n, fake_habits habits)
{
    LOCKED(n->habits = habits);
}

void fake_node_set_height(fake_node *n, int64_t height)
{
    LOCKED(n->height = height);
}

void fake_node_cut(fake_node *n)
{
    LOCKED(n->cut = true);
}

void fake_node_cut_in_push(fake_node *n, unsigned pushes)
{
    LOCKED(n->cut_in_push = (int)pushes);
}

void fake_node_send_raw(fake_node *n, bytes frame)
{
    LOCKED(buffer_append(&n->raw, frame));
}

static size_t read_count(fake_node *n, const size_t *count)
{
    size_t value;
    LOCKED(value = *count);
    return value;
}

size_t fake_node_registrations(fake_node *n)
{
    return read_count(n, &n->registrations);
}

size_t fake_node_transactions(fake_node *n)
{
    return read_count(n, &n->transactions);
}

size_t fake_node_connections(fake_node *n)
{
    return read_count(n, &n->connections);
}

void fake_node_topics(fake_node *n, char *out, size_t size)
{
    LOCKED(snprintf(out, size, "%s", n->topics));
}

bool fake_node_amop_answer(fake_node *n, char *out, size_t size)
{
    bool has;
    LOCKED((snprintf(out, size, "%s", n->amop_answer), has = n->has_amop_answer));
    return has;
}
