#include "golden.h"

#include <sys/stat.h>
#include <unistd.h>

#include "codec/hex.h"
#include "tool/dataset.h"

static void packs_are_read(void **state)
{
    (void)state;
    dataset d;
    error_text why = {""};
    if (!dataset_open(&d, GOLDEN("gm1.pack"), &why))
        fail_msg("%s", why.text);
    assert_int_equal(d.block_count, 438);
    assert_ptr_equal(d.rules.suite, &crypto_national);
    assert_int_equal(d.rules.version, VERSION_OF(2, 11, 1));
    block *b = genesis_block(&d.rules, &d.genesis);
    assert_memory_equal(b->hash.b, d.blocks[0].hash.b, 32);
    block_drop(b);
    dataset_free(&d);
    assert_false(dataset_open(&d, GOLDEN("contracts.pack"), &why));
    dataset_free(&d);
    assert_false(dataset_open(&d, "/nonexistent", &why));
    dataset_free(&d);
}

static void write_file(const char *folder, const char *name, bytes content)
{
    arena a = {0};
    FILE *file = fopen(arena_print(&a, "%s/%s", folder, name), "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(content.data, 1, content.size, file), content.size);
    fclose(file);
    arena_reset(&a);
}

/* A folder with the files of a pack and raw_blocks.txt, then the same with a hole in the numbers. */
static void folders_are_read(void **state)
{
    (void)state;
    static const char *const names[] = {"node0/config.ini", "node0/conf/group.1.ini", "node0/conf/group.1.genesis"};
    static const char *const folders[] = {"nodes", "nodes/node0", "nodes/node0/conf"};
    arena a = {0};
    golden_chain *chain = golden_open("short1_patched");
    char root[] = "/tmp/hanse-dataset-XXXXXX";
    assert_non_null(mkdtemp(root));
    for (size_t i = 0; i < COUNT(folders); i++)
        assert_int_equal(mkdir(arena_print(&a, "%s/%s", root, folders[i]), 0700), 0);
    for (size_t i = 0; i < COUNT(names); i++)
        write_file(root, arena_print(&a, "nodes/%s", names[i]), golden_file(&chain->unpacked, names[i]));
    dataset d;
    error_text why = {""};
    for (int has_hole = 0; has_hole < 2; has_hole++) {
        buffer lines = buffer_init(BUFFER_NO_LIMIT);
        for (size_t i = 0; i < chain->block_count; i++) {
            const golden_block *b = &chain->blocks[i];
            if (!has_hole || i != 3)
                buffer_print(&lines, "%zu %s %s\n", i, hex_text(&a, BYTES_OF_VALUE(b->hash)), hex_text(&a, b->raw));
        }
        write_file(root, "raw_blocks.txt", buffer_bytes(&lines));
        buffer_free(&lines);
        assert_int_equal(dataset_open(&d, root, &why), !has_hole);
        if (!has_hole) {
            assert_int_equal(d.block_count, chain->block_count);
            for (size_t i = 0; i < d.block_count; i++)
                assert_bytes_equal(d.blocks[i].raw, chain->blocks[i].raw);
        }
        dataset_free(&d);
    }
    assert_non_null(strstr(why.text, "block 4 stands where block 3 is expected"));
    write_file(root, "raw_blocks.txt", BYTES_OF_LITERAL("0 zz 00\n"));
    assert_false(dataset_open(&d, root, &why));
    dataset_free(&d);
    assert_int_equal(unlink(arena_print(&a, "%s/raw_blocks.txt", root)), 0);
    for (size_t i = COUNT(names); i-- > 0;)
        unlink(arena_print(&a, "%s/nodes/%s", root, names[i]));
    for (size_t i = COUNT(folders); i-- > 0;)
        rmdir(arena_print(&a, "%s/%s", root, folders[i]));
    rmdir(root);
    golden_close(chain);
    arena_reset(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(packs_are_read),
        cmocka_unit_test(folders_are_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
