#include "rpc/http_origins.h"

#include <strings.h>

static bool starts_with(const char *text, const char *prefix)
{
    return strncasecmp(text, prefix, strlen(prefix)) == 0;
}

/* scheme://host[:port] and nothing behind it, or "*". */
static bool is_origin(bytes one)
{
    const uint8_t *mark = one.size ? memmem(one.data, one.size, "://", 3) : NULL;
    if (bytes_equal_text(one, "*"))
        return true;
    return mark && mark > one.data && mark + 3 < one.data + one.size && memchr(mark + 3, '/', (size_t)(one.data + one.size - mark - 3)) == NULL;
}

bool http_origins_read(arena *a, const char *text, http_origins *out, error_text *why)
{
    *out = (http_origins){0};
    if (text == NULL || text[strspn(text, " \t")] == 0)
        return true;
    size_t count = 1;
    for (const char *comma = text; (comma = strchr(comma, ',')); comma++)
        count++;
    const char **list = arena_take_array(a, count, sizeof *list);
    for (size_t i = 0; i < count; i++) {
        text += strspn(text, " \t");
        size_t whole = strcspn(text, ","), size = whole;
        while (size && strchr(" \t", text[size - 1]))
            size--;
        if (!is_origin(bytes_of(text, size)))
            return error_set(why, "\"%.*s\" is no origin: scheme://host, or scheme://host:port, or *", (int)size, text);
        list[i] = arena_copy_text(a, bytes_of(text, size));
        text += whole + 1;
    }
    *out = (http_origins){list, count};
    return true;
}

http_origin_kind http_origins_judge(const http_origins *o, const char *origin, const char *host)
{
    if (origin == NULL)
        return HTTP_ORIGIN_NONE;
    for (size_t i = 0; i < o->count; i++)
        if (strcmp(o->allowed[i], "*") == 0 || strcasecmp(o->allowed[i], origin) == 0)
            return HTTP_ORIGIN_ALLOWED;
    const char *authority = strstr(origin, "://");
    if (authority && host && strcasecmp(authority + 3, host) == 0)
        return HTTP_ORIGIN_SAME;
    bool is_page = authority == NULL || starts_with(origin, "http://") || starts_with(origin, "https://") || strchr(origin, ',');
    return is_page ? HTTP_ORIGIN_FOREIGN : HTTP_ORIGIN_NONE;
}
