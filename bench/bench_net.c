/* Throughput between two nodes over loopback, TLS and compression included.
   Usage: bench_net [payload bytes] [frames]: prints frames and megabytes a second, and the largest queue seen. */
#include "base/clock.h"
#include "tls/certificates.h"
#include "net/net.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

typedef struct {
    atomic_uint up;
    atomic_size_t received;
} side;

static void on_up(void *context, const net_peer *peer)
{
    (void)peer;
    atomic_fetch_add(&((side *)context)->up, 1);
}

static net_verdict on_frame(void *context, const net_frame *f)
{
    (void)f;
    atomic_fetch_add(&((side *)context)->received, 1);
    return NET_TAKEN;
}

static net *start(arena *a, const certificate_pair *chain, const certificate_pair *agency, const char *name, const char *to, side *s,
                  bool compress)
{
    certificate_pair leaf;
    error_text why;
    if (!certificate_make_leaf(a, agency, CERTIFICATE_NODE, name, 10, &leaf, &why)) {
        fprintf(stderr, "%s\n", why.text);
        exit(1);
    }
    const char *text = certificate_chain_text(a, &leaf, agency, chain);
    net_config config = {.listen_ip = "127.0.0.1",
                         .endpoints = &to,
                         .endpoint_count = to != NULL,
                         .disable_compress = !compress,
                         .identity = {.key = {"key", bytes_of_text(leaf.key)},
                                      .certificate = {"certificate", bytes_of_text(text)},
                                      .authorities = {"ca", bytes_of_text(chain->certificate)}}};
    net_handler handler = {.context = s, .on_session_up = on_up, .on_frame = on_frame};
    net *n = net_start(&config, &handler, &why);
    if (n == NULL) {
        fprintf(stderr, "%s\n", why.text);
        exit(1);
    }
    return n;
}

static void measure(net *from, node_id to, side *receiver, size_t payload_bytes, size_t frames)
{
    uint8_t *payload = malloc(payload_bytes);
    uint32_t x = 1;
    for (size_t i = 0; i < payload_bytes; i++) /* like transactions: half of it does not compress */
        payload[i] = i / 64 % 2 ? (uint8_t)((x = x * 1664525 + 1013904223) >> 24) : 0;
    size_t before = receiver->received;
    uint64_t began = clock_steady_us();
    for (size_t i = 0; i < frames; i++)
        while (net_send(from, &to, 1, 1, NET_MODULE_SYNC, 0, bytes_of(payload, payload_bytes)) != NET_SEND_OK ||
               i - (receiver->received - before) > 64 + 32000000 / payload_bytes)
            usleep(100);
    while (receiver->received - before < frames)
        usleep(100);
    double seconds = (double)(clock_steady_us() - began) / 1e6;
    printf("%9zu bytes: %9.0f frames/s %8.1f MB/s\n", payload_bytes, (double)frames / seconds,
           (double)(frames * payload_bytes) / seconds / 1e6);
    free(payload);
}

int main(int argc, char **argv)
{
    for (int compress = 0; compress < 2; compress++) {
        arena a = {0};
        certificate_pair chain, agency;
        error_text why;
        if (!certificate_make_chain(&a, 10, &chain, &why) || !certificate_make_agency(&a, &chain, "agency", 10, &agency, &why))
            return 1;
        side one = {0}, two = {0};
        net *first = start(&a, &chain, &agency, "node0", NULL, &one, compress);
        net *second = start(&a, &chain, &agency, "node1", arena_print(&a, "127.0.0.1:%u", net_port(first)), &two, compress);
        while (one.up == 0 || two.up == 0)
            usleep(1000);
        printf("compression %s\n", compress ? "on" : "off");
        if (argc == 3) {
            measure(second, net_self(first)->id, &one, strtoul(argv[1], NULL, 10), strtoul(argv[2], NULL, 10));
        } else {
            measure(second, net_self(first)->id, &one, 200, 20000);
            measure(second, net_self(first)->id, &one, 10000, 10000);
            measure(second, net_self(first)->id, &one, 1000000, 300);
        }
        net_stop(second);
        net_stop(first);
        arena_reset(&a);
    }
    struct rusage use;
    getrusage(RUSAGE_SELF, &use);
    printf("largest resident set: %ld MB\n", use.ru_maxrss / 1024);
    return 0;
}
