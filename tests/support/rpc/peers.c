#include "support/rpc/peers.h"

#include "base/memory.h"
#include "tls/certificates.h"

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

typedef struct {
    certificate_pair leaf;
    node_id id;
} made;

static int by_id(const void *a, const void *b)
{
    return memcmp(&((const made *)a)->id, &((const made *)b)->id, sizeof(node_id));
}

/* Ports in a row that nobody listens on, below the ephemeral ones. */
static unsigned free_ports(size_t count)
{
    for (unsigned base = 21000 + (unsigned)getpid() % 5000;; base += 16) {
        size_t free_ones = 0;
        for (; free_ones < count; free_ones++) {
            struct sockaddr_in where = {.sin_family = AF_INET,
                                        .sin_port = htons((uint16_t)(base + free_ones)),
                                        .sin_addr = {htonl(INADDR_LOOPBACK)}};
            int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), one = 1;
            setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
            bool ok = bind(fd, (struct sockaddr *)&where, sizeof where) == 0;
            close(fd);
            if (!ok)
                break;
        }
        if (free_ones == count)
            return base;
        assert_true(base < 31000);
    }
}

peers *peers_make(size_t count, const size_t *ranks)
{
    peers *p = memory_new(sizeof *p);
    arena *a = &p->memory;
    error_text why = {""};
    certificate_pair root, agency;
    made nodes[PEERS_MAX];
    assert_true(count <= PEERS_MAX);
    p->count = count;
    bool ok = certificate_make_chain(a, 365, &root, &why) && certificate_make_agency(a, &root, "agency", 365, &agency, &why);
    /* Names go by number, ids by rank: leaves are made until the order of ids fits. */
    for (bool fits = false; ok && !fits;) {
        for (size_t i = 0; ok && i < count; i++) {
            ok = certificate_make_leaf(a, &agency, CERTIFICATE_NODE, arena_print(a, "node%zu", i), 365, &nodes[i].leaf, &why);
            nodes[i].id = nodes[i].leaf.id;
        }
        made sorted[PEERS_MAX];
        memcpy(sorted, nodes, sizeof sorted);
        qsort(sorted, count, sizeof *sorted, by_id);
        fits = true;
        for (size_t i = 0; ranks && i < count; i++)
            fits &= node_id_equal(&sorted[ranks[i]].id, &nodes[i].id);
    }
    if (!ok)
        fail_msg("%s", why.text);
    for (size_t i = 0; i < count; i++) {
        const char *chain = certificate_chain_text(a, &nodes[i].leaf, &agency, &root);
        p->nodes[i].id = nodes[i].id;
        p->nodes[i].identity = (tls_identity){.key = {"node.key", bytes_of_text(nodes[i].leaf.key)},
                                              .certificate = {"node.crt", bytes_of_text(chain)},
                                              .authorities = {"ca.crt", bytes_of_text(root.certificate)}};
    }
    return p;
}

void peers_start(peers *p, const net_handler *handlers)
{
    p->base_port = free_ports(p->count);
    const char *endpoints[PEERS_MAX];
    for (size_t i = 0; i < p->count; i++)
        endpoints[i] = arena_print(&p->memory, "127.0.0.1:%u", p->base_port + (unsigned)i);
    for (size_t i = p->count; i-- > 0;) {
        net_config config = {.listen_ip = "127.0.0.1",
                             .listen_port = (uint16_t)(p->base_port + i),
                             .identity = p->nodes[i].identity,
                             .endpoints = endpoints,
                             .endpoint_count = i == 0 ? p->count : 0,
                             .heartbeat_ms = 50};
        error_text why = {""};
        p->nodes[i].net = net_start(&config, handlers ? &handlers[i] : &(net_handler){0}, &why);
        if (p->nodes[i].net == NULL)
            fail_msg("%s", why.text);
    }
    for (size_t i = 1, waited = 0; i < p->count; i++)
        while (!net_is_connected(p->nodes[0].net, &p->nodes[i].id)) {
            assert_true(waited++ < 4000);
            usleep(5000);
        }
}

void peers_stop(peers *p, size_t node)
{
    net_stop(p->nodes[node].net);
    p->nodes[node].net = NULL;
}

void peers_close(peers *p)
{
    for (size_t i = 0; i < p->count; i++)
        peers_stop(p, i);
    arena_reset(&p->memory);
    free(p);
}
