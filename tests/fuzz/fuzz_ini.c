/* Any text as config.ini of a node, as its white list, and as the file that gets other endpoints. The first byte
   chooses the way; what is rewritten is read again with the endpoints that were put in. */
#include <assert.h>

#include "node/endpoints_file.h"
#include "node/settings.h"
#include "support_memory_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_settings(bytes text)
{
    node_settings s;
    error_text why;
    memory_file f = memory_file_of(text);
    if (node_settings_read(&s, f.path, &why)) {
        assert(s.jsonrpc_port >= PORT_MIN && s.jsonrpc_port <= PORT_MAX);
        assert(s.blacklist_count == 0 || s.blacklist);
    }
    node_settings_free(&s);
    memory_file_close(&f);
}

static void read_whitelist(bytes text)
{
    arena a = {0};
    const node_id *ids;
    size_t count;
    error_text why;
    memory_file f = memory_file_of(text);
    (void)!node_settings_read_whitelist(f.path, &a, &ids, &count, &why);
    memory_file_close(&f);
    arena_reset(&a);
}

static void rewrite(bytes text)
{
    static const char *const endpoints[] = {"10.0.0.1:30300", "10.0.0.2:30301"};
    enum { TIMES = 3 };
    buffer results[TIMES];
    bool is_done = true;
    for (size_t i = 0; i < TIMES; i++) {
        results[i] = buffer_init(BUFFER_NO_LIMIT);
        bool has_section =
            endpoints_file_text(i ? buffer_bytes(&results[i - 1]) : text, endpoints, COUNT(endpoints), &results[i]);
        assert(i == 0 || has_section == is_done);
        is_done = has_section;
    }
    /* Once more changes nothing; the first time may have completed the last line's end, which decides that of the new
     * lines. */
    assert(bytes_equal(buffer_bytes(&results[1]), buffer_bytes(&results[2])));
    for (size_t i = 0; i < TIMES; i++)
        buffer_free(&results[i]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    bytes text = bytes_of(data + 1, size - 1);
    switch (data[0] % 3) {
    case 0:
        read_settings(text);
        break;
    case 1:
        read_whitelist(text);
        break;
    default:
        rewrite(text);
    }
    return 0;
}
