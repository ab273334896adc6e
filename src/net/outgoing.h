/* outgoing.h: a frame ready for the wire, built once by the sender and shared by the sessions that send it. The bytes do not
   change. The count of owners is the network thread's once the frame was handed over. */
#ifndef HANSE_NET_OUTGOING_H
#define HANSE_NET_OUTGOING_H

#include "net/frame.h"

typedef struct {
    unsigned owners;
    uint16_t group, module;
    size_t size;
    uint8_t data[];
} outgoing;

/* Encodes f, compressing its payload when it is longer than FRAME_COMPRESS_ABOVE_BYTES and compress is set. One owner.
   NULL: the frame would be longer than FRAME_MAX_BYTES, or an old frame cannot hold its group or module. */
outgoing *outgoing_new(frame_format format, const frame *f, bool compress) MUST_USE;
outgoing *outgoing_share(outgoing *o);
void outgoing_drop(outgoing *o);

#endif
