#include "net/endpoint.h"

#include "base/memory.h"

#include <arpa/inet.h>
#include <assert.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

static bool read_port(const char *text, endpoint *out, error_text *why)
{
    unsigned value = 0;
    size_t length = strlen(text);
    bool ok = length >= 1 && length <= 5;
    for (size_t i = 0; ok && i < length; i++) {
        ok = isdigit((unsigned char)text[i]);
        value = value * 10 + (unsigned)(text[i] - '0');
    }
    if (!ok || value < ENDPOINT_PORT_MIN || value > ENDPOINT_PORT_MAX)
        return error_set(why, "the port must be a number from %d to %d", ENDPOINT_PORT_MIN, ENDPOINT_PORT_MAX);
    snprintf(out->port, sizeof out->port, "%u", value % 100000);
    return true;
}

static bool is_host_name(const char *host, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if (!isalnum((unsigned char)host[i]) && host[i] != '-' && host[i] != '.' && host[i] != '_')
            return false;
    return size > 0;
}

bool endpoint_parse(const char *text, endpoint *out, error_text *why)
{
    bool in_brackets = text[0] == '[';
    const char *host = text + in_brackets;
    const char *end = strchr(host, in_brackets ? ']' : ':');
    if (end == NULL || (in_brackets && end[1] != ':'))
        return error_set(why, "an endpoint is written host:port or [IPv6]:port");
    size_t size = (size_t)(end - host);
    if (size == 0 || size >= sizeof out->host)
        return error_set(why, "the host is %s", size ? "too long" : "missing");
    endpoint parsed = {0};
    memcpy(parsed.host, host, size);
    struct in6_addr ignored;
    if (in_brackets && inet_pton(AF_INET6, parsed.host, &ignored) != 1)
        return error_set(why, "the text between the brackets is no IPv6 address");
    if (!in_brackets && !is_host_name(host, size))
        return error_set(why, "the host is neither an IPv4 address nor a host name");
    if (!read_port(end + 1 + in_brackets, &parsed, why))
        return false;
    *out = parsed;
    return true;
}

bool net_endpoint_is_valid(const char *text, error_text *why)
{
    endpoint ignored;
    return endpoint_parse(text, &ignored, why);
}

void endpoint_print(const endpoint *e, char out[NET_ENDPOINT_BYTES])
{
    bool is_v6 = strchr(e->host, ':') != NULL;
    snprintf(out, NET_ENDPOINT_BYTES, is_v6 ? "[%s]:%s" : "%s:%s", e->host, e->port);
}

int endpoint_compare(const endpoint *a, const endpoint *b)
{
    char left[ENDPOINT_HOST_BYTES + 6], right[ENDPOINT_HOST_BYTES + 6];
    snprintf(left, sizeof left, "%s%s", a->host, a->port);
    snprintf(right, sizeof right, "%s%s", b->host, b->port);
    return strcmp(left, right);
}

void endpoint_table_init(endpoint_table *table)
{
    *table = (endpoint_table){0};
    pthread_mutex_init(&table->lock, NULL);
}

void endpoint_table_free(endpoint_table *table)
{
    pthread_mutex_destroy(&table->lock);
    free(table->rows);
}

endpoint_row *endpoint_table_find(endpoint_table *table, const endpoint *where)
{
    for (size_t i = 0; i < table->count; i++)
        if (endpoint_compare(&table->rows[i].where, where) == 0)
            return &table->rows[i];
    return NULL;
}

/* All texts or none: *bad_index is the first that does not parse. */
static endpoint *parse_all(const char *const *texts, size_t count, size_t *bad_index, error_text *why)
{
    endpoint *parsed = memory_new_array(count, sizeof *parsed);
    for (size_t i = 0; i < count; i++)
        if (!endpoint_parse(texts[i], &parsed[i], why)) {
            error_prefix(why, "endpoint %.300s", texts[i]);
            *bad_index = i;
            free(parsed);
            return NULL;
        }
    return parsed;
}

static int compare_rows(const void *a, const void *b)
{
    return endpoint_compare(&((const endpoint_row *)a)->where, &((const endpoint_row *)b)->where);
}

net_endpoints_result endpoint_table_add(endpoint_table *table, const char *const *texts, size_t count, size_t max_total,
                                        size_t *bad_index, error_text *why)
{
    if (count > NET_ENDPOINTS_MAX)
        return NET_ENDPOINTS_TOO_MANY;
    endpoint *parsed = parse_all(texts, count, bad_index, why);
    if (parsed == NULL)
        return NET_ENDPOINTS_MALFORMED;
    if (max_total > NET_ENDPOINTS_MAX)
        max_total = NET_ENDPOINTS_MAX;
    pthread_mutex_lock(&table->lock);
    size_t before = table->count, room = before + count;
    endpoint_row *rows = memory_new_array(room, sizeof *rows);
    if (before)
        memcpy(rows, table->rows, before * sizeof *rows);
    endpoint_table next = {.rows = rows, .count = before};
    for (size_t i = 0; i < count; i++)
        if (endpoint_table_find(&next, &parsed[i]) == NULL)
            next.rows[next.count++] = (endpoint_row){.where = parsed[i]};
    net_endpoints_result result = next.count == before     ? NET_ENDPOINTS_SAME
                                  : next.count > max_total ? NET_ENDPOINTS_TOO_MANY
                                                           : NET_ENDPOINTS_CHANGED;
    if (result == NET_ENDPOINTS_CHANGED) {
        qsort(next.rows, next.count, sizeof *rows, compare_rows);
        rows = table->rows;
        table->rows = next.rows;
        table->count = next.count;
    }
    pthread_mutex_unlock(&table->lock);
    free(rows);
    free(parsed);
    return result;
}

net_endpoints_result endpoint_table_erase(endpoint_table *table, const char *const *texts, size_t count, size_t *bad_index)
{
    if (count > NET_ENDPOINTS_MAX)
        return NET_ENDPOINTS_TOO_MANY;
    endpoint *parsed = parse_all(texts, count, bad_index, NULL);
    if (parsed == NULL)
        return NET_ENDPOINTS_MALFORMED;
    net_endpoints_result result = NET_ENDPOINTS_SAME;
    pthread_mutex_lock(&table->lock);
    for (size_t i = 0; i < count; i++) {
        endpoint_row *row = endpoint_table_find(table, &parsed[i]);
        if (row == NULL)
            continue;
        size_t at = (size_t)(row - table->rows);
        memmove(row, row + 1, (table->count - at - 1) * sizeof *row);
        table->count--;
        result = NET_ENDPOINTS_CHANGED;
    }
    pthread_mutex_unlock(&table->lock);
    free(parsed);
    return result;
}
