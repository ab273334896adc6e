/* Every recorded frame of the channel port decodes, and encodes to the same bytes; recorded receipts keep their layout. */
#include "golden.h"

#include "codec/channel_frame.h"
#include "codec/json_style.h"
#include "codec/json_write.h"

static const char *const runs[] = {"wire-channel-rsa", "wire-channel-rsa-nodejs-sdk", "wire-channel-rsa-python-sdk",
                                   "wire-channel-ec-nodejs-sdk", "wire-channel-ec-python-sdk"};

static void check_layout(bytes body)
{
    json_t *root = json_loadb((const char *)body.data, body.size, 0, NULL);
    assert_non_null(root);
    buffer compact = buffer_init(BUFFER_NO_LIMIT), styled = buffer_init(BUFFER_NO_LIMIT);
    json_writer w = json_write_to(&compact);
    assert_true(json_write_value(&w, root));
    json_style(buffer_bytes(&compact), &styled);
    assert_bytes_equal(buffer_bytes(&styled), body);
    buffer_free(&compact);
    buffer_free(&styled);
    json_decref(root);
}

static bool check(bytes raw)
{
    channel_frame f;
    size_t size;
    if (read_be32(raw.data) != raw.size)
        return false; /* recorded with a wrong length on purpose, or one piece of what one read brought */
    assert_int_equal(channel_frame_decode(raw, &f, &size), CHANNEL_FRAME_OK);
    assert_int_equal(size, raw.size);
    uint8_t header[CHANNEL_HEADER_BYTES];
    channel_frame_write_header(&f, header);
    assert_memory_equal(header, raw.data, sizeof header);
    assert_bytes_equal(f.body, bytes_from(raw, sizeof header));
    if (f.type == CHANNEL_RECEIPT)
        check_layout(f.body);
    return true;
}

static void test_recorded_frames(void **state)
{
    (void)state;
    size_t checked = 0, odd = 0;
    for (size_t i = 0; i < COUNT(runs); i++) {
        buffer unpacked;
        error_text why = {""};
        char path[512];
        snprintf(path, sizeof path, "%s%s.pack", GOLDEN(""), runs[i]);
        if (!pack_read_file(path, &unpacked, &why))
            fail_msg("%s", why.text);
        rlp_reader records = rlp_reader_of(buffer_bytes(&unpacked));
        golden_frame f;
        while (golden_next_frame(&records, &f))
            if (f.is_channel)
                *(check(f.frame) ? &checked : &odd) += 1;
        buffer_free(&unpacked);
    }
    print_message("%zu frames, %zu of wrong length\n", checked, odd);
    assert_true(checked > 700);
    assert_true(odd <= 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_recorded_frames)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
