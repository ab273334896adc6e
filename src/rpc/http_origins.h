/* http_origins.h: what a browser's page may do that came from elsewhere. A page cannot forge the header Origin, and other clients do not
   send it. Pure; any thread. Source: the Fetch standard (CORS), RFC 6455 10.2. */
#ifndef HANSE_RPC_HTTP_ORIGINS_H
#define HANSE_RPC_HTTP_ORIGINS_H

#include "base/arena.h"
#include "base/error_text.h"

typedef struct {
    const char *const *allowed; /* e.g. "https://wallet.example"; "*": all */
    size_t count;
} http_origins;

/* A list with commas, e.g. "https://wallet.example, http://localhost:3000". NULL or empty: none. Everything in a. */
bool http_origins_read(arena *a, const char *text, http_origins *out, error_text *why) MUST_USE;

typedef enum {
    HTTP_ORIGIN_NONE,    /* no page: no header Origin, or an extension of the browser, which its user has installed */
    HTTP_ORIGIN_SAME,    /* a page that came from this very host and port */
    HTTP_ORIGIN_ALLOWED, /* may read answers (CORS) */
    HTTP_ORIGIN_FOREIGN  /* any page that the user happens to look at: may do nothing */
} http_origin_kind;

/* origin and host are header values or NULL. */
http_origin_kind http_origins_judge(const http_origins *o, const char *origin, const char *host);

#endif
