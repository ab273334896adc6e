#include <assert.h>
#include <stdarg.h>
#include <stdio.h>

#include "codec/hex.h"
#include "consensus/pbft_state.h"

void consensus_actions_reset(consensus_actions *list)
{
    arena_reset(&list->memory);
    list->count = 0;
}

consensus_action *actions_add(consensus_actions *out, consensus_action_kind kind)
{
    /* One event leads to a bounded number of actions whatever the peers send: see the handlers. */
    assert(out->count < CONSENSUS_ACTIONS_MAX);
    consensus_action *a = &out->items[out->count++];
    *a = (consensus_action){.kind = kind};
    return a;
}

void actions_log(consensus_actions *out, log_level level, const char *format, ...)
{
    char text[1024];
    va_list args;
    va_start(args, format);
    int length = vsnprintf(text, sizeof text, format, args);
    va_end(args);
    assert(length >= 0);
    size_t size = (size_t)length < sizeof text ? (size_t)length : sizeof text - 1;
    consensus_action *a = actions_add(out, CONSENSUS_LOG);
    a->log.level = level;
    a->log.text = arena_copy_text(&out->memory, bytes_of(text, size));
}

short_hex short_hex_of(bytes value)
{
    short_hex s = {0};
    size_t size = value.size < 4 ? value.size : 4;
    hex_write(bytes_of(value.data, size), s.text);
    memcpy(s.text + 2 * size, "...", 4);
    return s;
}
