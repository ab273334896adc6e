#include "test.h"

#include <unistd.h>

#include "base/ini.h"
#include "codec/pack.h"

static char *write_temporary(arena *a, bytes content)
{
    char *path = arena_print(a, "/tmp/hanse-pack-XXXXXX");
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, content.data, content.size), (ssize_t)content.size);
    close(fd);
    return path;
}

static void records_come_in_order(void **state)
{
    (void)state;
    buffer unpacked;
    error_text why = {""};
    assert_true(pack_read_file(GOLDEN("short1_patched.pack"), &unpacked, &why));
    rlp_reader records = rlp_reader_of(buffer_bytes(&unpacked));
    pack_record one;
    assert_true(pack_next(&records, &one));
    assert_true(pack_is(&one, "set"));
    assert_bytes_equal(rlp_read_string(&one.fields), BYTES_OF_LITERAL("short1_patched"));
    size_t blocks = 0;
    while (pack_next(&records, &one))
        blocks += pack_is(&one, "block");
    assert_int_equal(records.error, RLP_OK);
    assert_int_equal(blocks, 55);
    buffer_free(&unpacked);
}

static void damaged_files_are_refused(void **state)
{
    (void)state;
    arena a = {0};
    bytes whole;
    error_text why = {""};
    assert_true(file_read(&a, GOLDEN("wire-raft-3.pack"), PACK_FILE_MAX_BYTES, &whole, &why));
    buffer unpacked;
    assert_false(pack_read_file("/nonexistent", &unpacked, &why));
    for (size_t size = 0; size < whole.size; size += 1 + size / 3) {
        char *path = write_temporary(&a, bytes_of(whole.data, size));
        assert_false(pack_read_file(path, &unpacked, &why));
        unlink(path);
    }
    uint8_t *longer = arena_take(&a, whole.size + 1);
    memcpy(longer, whole.data, whole.size);
    char *path = write_temporary(&a, bytes_of(longer, whole.size + 1));
    assert_false(pack_read_file(path, &unpacked, &why));
    unlink(path);
    arena_reset(&a);
}

static void a_malformed_record_ends_the_walk_with_an_error(void **state)
{
    (void)state;
    pack_record one;
    rlp_reader records = rlp_reader_of(BYTES_OF_LITERAL("\xc4\x83set\xc5\x83set"));
    assert_true(pack_next(&records, &one));
    assert_false(pack_next(&records, &one));
    assert_int_equal(records.error, RLP_TRUNCATED);
    records = rlp_reader_of(BYTES_OF_LITERAL("\xc0"));
    assert_false(pack_next(&records, &one));
    assert_int_not_equal(records.error, RLP_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(records_come_in_order),
        cmocka_unit_test(damaged_files_are_refused),
        cmocka_unit_test(a_malformed_record_ends_the_walk_with_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
