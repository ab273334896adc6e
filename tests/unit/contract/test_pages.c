/* docs/add-a-contract.md and its translation show the example as it is compiled and run here, to the letter. */
#include "test.h"

#include "base/ini.h"

static void read_source(arena *a, const char *name, bytes *out)
{
    error_text why = {""};
    if (!file_read(a, arena_print(a, "%s/%s", HANSE_SOURCE_DIR, name), INI_FILE_MAX_BYTES, out, &why))
        fail_msg("%s", why.text);
}

static void pages_show_the_example(void **state)
{
    (void)state;
    static const char *const pages[] = {"docs/add-a-contract.md", "docs/add-a-contract.zh.md"};
    static const char *const files[] = {"tests/unit/contract/example_greeting.c", "tests/unit/contract/test_greeting.c"};
    arena a = {0};
    for (size_t i = 0; i < COUNT(pages); i++)
        for (size_t k = 0; k < COUNT(files); k++) {
            bytes page, file;
            read_source(&a, pages[i], &page);
            read_source(&a, files[k], &file);
            if (memmem(page.data, page.size, file.data, file.size) == NULL)
                fail_msg("%s does not show %s as it is", pages[i], files[k]);
        }
    arena_reset(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(pages_show_the_example)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
