/* Frames of SDKs: what decodes encodes to the same bytes; topic bodies and event registrations take anything. */
#include "channel/event_filter.h"
#include "codec/channel_frame.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    bytes rest = bytes_of(data, size);
    channel_frame f;
    size_t taken;
    while (channel_frame_decode(rest, &f, &taken) == CHANNEL_FRAME_OK) {
        uint8_t header[CHANNEL_HEADER_BYTES];
        assert(taken == CHANNEL_HEADER_BYTES + f.body.size && taken <= rest.size);
        channel_frame_write_header(&f, header);
        assert(memcmp(header, rest.data, sizeof header) == 0);
        bytes topic, behind;
        if (channel_topic_body(f.body, &topic, &behind)) {
            assert(1 + topic.size + behind.size == f.body.size);
            event_filter filter;
            event_filter_parse(&filter, behind);
            event_filter_free(&filter);
        }
        rest = bytes_from(rest, taken);
    }
    event_filter filter;
    event_filter_parse(&filter, rest);
    event_filter_free(&filter);
    return 0;
}
