#include "net/outgoing.h"

#include "base/memory.h"

#include <assert.h>
#include <stdlib.h>

outgoing *outgoing_new(frame_format format, const frame *f, bool compress)
{
    size_t header = frame_header_bytes(format);
    frame sent = *f;
    bool cannot_be_written = format == FRAME_OLD && (f->group > 0x7f || f->module > 0xff);
    if (cannot_be_written || f->payload.size > FRAME_MAX_BYTES - header)
        return NULL;
    buffer compressed = buffer_init(BUFFER_NO_LIMIT);
    if (compress && format == FRAME_CURRENT && f->payload.size > FRAME_COMPRESS_ABOVE_BYTES) {
        frame_compress(f->payload, &compressed);
        sent.payload = buffer_bytes(&compressed);
        sent.version |= FRAME_COMPRESSED;
    }
    outgoing *o = NULL;
    if (sent.payload.size <= FRAME_MAX_BYTES - header) {
        o = memory_new(sizeof *o + header + sent.payload.size);
        o->owners = 1;
        o->group = f->group;
        o->module = f->module;
        o->size = header + sent.payload.size;
        frame_write_header(format, &sent, o->data);
        if (sent.payload.size)
            memcpy(o->data + header, sent.payload.data, sent.payload.size);
    }
    buffer_free(&compressed);
    return o;
}

outgoing *outgoing_share(outgoing *o)
{
    assert(o->owners > 0);
    o->owners++;
    return o;
}

void outgoing_drop(outgoing *o)
{
    if (o == NULL)
        return;
    assert(o->owners > 0);
    if (--o->owners == 0)
        free(o);
}
