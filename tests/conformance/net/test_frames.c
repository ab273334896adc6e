/* Every frame that C++ nodes exchanged in the recorded runs decodes and encodes to the same bytes. Compressed ones decompress,
   and what hanse compresses decompresses to the same (the bytes of the compression may differ: spec/network.md 3.2). */
#include "golden.h"

#include "net/frame.h"

typedef struct {
    size_t frames, compressed, responses;
} seen;

static void check_compressed(const frame *f)
{
    buffer plain = buffer_init(FRAME_MAX_BYTES), again = buffer_init(FRAME_MAX_BYTES), ours = buffer_init(FRAME_MAX_BYTES);
    assert_true(frame_decompress(f->payload, &plain));
    assert_true(plain.size > FRAME_COMPRESS_ABOVE_BYTES);
    frame_compress(buffer_bytes(&plain), &ours);
    assert_true(frame_decompress(buffer_bytes(&ours), &again));
    assert_bytes_equal(buffer_bytes(&again), buffer_bytes(&plain));
    buffer_free(&plain);
    buffer_free(&again);
    buffer_free(&ours);
}

static void check_frame(bytes wire, seen *s)
{
    frame f;
    size_t size;
    uint8_t header[FRAME_HEADER_BYTES];
    assert_int_equal(frame_decode(FRAME_CURRENT, wire, &f, &size), FRAME_OK);
    assert_int_equal(size, wire.size);
    frame_write_header(FRAME_CURRENT, &f, header);
    assert_memory_equal(header, wire.data, sizeof header);
    assert_int_equal(f.version & ~FRAME_COMPRESSED, 0);
    bool has_group = f.module == 8 || f.module == 9 || f.module == 11;
    assert_true(has_group || f.module == 1 || f.module == 2);
    assert_int_equal(f.group, has_group ? 1 : 0);
    if (f.version)
        check_compressed(&f);
    s->frames++;
    s->compressed += f.version != 0;
    s->responses += f.is_response;
}

static void recorded_frames_round_trip(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        bool compresses;
    } runs[] = {
        {"wire-p2p-ecdsa-4", true},
        {"wire-p2p-ecdsa-4-sync300", true},
        {"wire-compress-on", true},
        {"wire-compress-off", false},
        {"wire-ttl-off-ttl2", true},
        {"wire-ttl-off-ttl3-txhash-off", true},
        {"wire-prepare-with-txhash-off", true},
        {"wire-tree-off", true},
        {"wire-one-link-cut", true},
        {"wire-restart-at-high-view", true},
        {"wire-view-catchup-unicast", true},
        {"wire-rpbft-4", true},
        {"wire-raft-3", true},
        {"wire-gm-4", true},
        {"wire-channel-rsa", true},
        {"wire-channel-rsa-nodejs-sdk", true},
        {"wire-channel-rsa-python-sdk", true},
        {"wire-channel-ec-nodejs-sdk", true},
        {"wire-channel-ec-python-sdk", true},
    };
    seen all = {0};
    for (size_t i = 0; i < COUNT(runs); i++) {
        char path[512];
        snprintf(path, sizeof path, "%s%s.pack", GOLDEN(""), runs[i].name);
        buffer unpacked = {0};
        error_text why = {""};
        if (!pack_read_file(path, &unpacked, &why))
            fail_msg("%s", why.text);
        rlp_reader records = rlp_reader_of(buffer_bytes(&unpacked));
        golden_frame g;
        seen s = {0};
        while (golden_next_frame(&records, &g))
            if (!g.is_channel)
                check_frame(g.frame, &s);
        assert_true(s.frames > 100);
        if (!runs[i].compresses)
            assert_int_equal(s.compressed, 0);
        all.frames += s.frames;
        all.compressed += s.compressed;
        all.responses += s.responses;
        buffer_free(&unpacked);
    }
    assert_true(all.frames > 50000);
    assert_true(all.compressed > 500);
    assert_true(all.responses > 10); /* topic lists and AMOP answers */
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(recorded_frames_round_trip)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
