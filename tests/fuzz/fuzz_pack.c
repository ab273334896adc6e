/* Recordings as packs. The first byte chooses: the bytes are the file as it is (an xz stream, which a checksum guards),
   or its unpacked records, packed here. A recording that opens is looked through. */
#include <assert.h>
#include <lzma.h>

#include "base/memory.h"
#include "support_memory_file.h"
#include "tool/dataset.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void look_through(dataset *d)
{
    error_text why;
    arena a = {0};
    dataset_row *rows;
    size_t count;
    for (size_t i = 0; i < d->block_count; i++) {
        json_t *answers = NULL;
        assert(d->blocks[i].number == i);
        if (dataset_answers(d, i, &answers, &why))
            json_decref(answers);
    }
    (void)!dataset_rows(d, &a, &rows, &count, &why);
    arena_reset(&a);
}

static void open_pack(bytes packed)
{
    dataset d;
    error_text why;
    memory_file f = memory_file_of(packed);
    if (dataset_open(&d, f.path, &why))
        look_through(&d);
    dataset_free(&d);
    memory_file_close(&f);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    if (data[0] % 2 == 0) {
        open_pack(bytes_of(data + 1, size - 1));
        return 0;
    }
    size_t room = lzma_stream_buffer_bound(size), written = 0;
    uint8_t *packed = memory_new(room);
    lzma_ret result = lzma_easy_buffer_encode(0, LZMA_CHECK_NONE, NULL, data + 1, size - 1, packed, &written, room);
    assert(result == LZMA_OK);
    open_pack(bytes_of(packed, written));
    free(packed);
    return 0;
}
