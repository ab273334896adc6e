/* Accounts and their files (hanse/client.h; spec/interfaces.md section 12: addresses of the private key 1). */
#include "test.h"

#include "hanse/client.h"

#include <sys/stat.h>
#include <unistd.h>

static char folder[64];

/* The private key 1, made by OpenSSL: PKCS#8 and SEC1. */
static const char pkcs8[] = "-----BEGIN PRIVATE KEY-----\n"
                            "MIGEAgEAMBAGByqGSM49AgEGBSuBBAAKBG0wawIBAQQgAAAAAAAAAAAAAAAAAAAA\n"
                            "AAAAAAAAAAAAAAAAAAAAAAGhRANCAAR5vmZ++dy7rFWgYpXOhwsHApv82y3OKNlZ\n"
                            "8oFbFvgXmEg62ncmo8RlXaT7/A4RCKj9F7RIpoVUGZxH0I/7ENS4\n"
                            "-----END PRIVATE KEY-----\n";
static const char sec1[] = "-----BEGIN EC PRIVATE KEY-----\n"
                            "MHQCAQEEIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAABoAcGBSuBBAAK\n"
                            "oUQDQgAEeb5mfvncu6xVoGKVzocLBwKb/NstzijZWfKBWxb4F5hIOtp3JqPEZV2k\n"
                            "+/wOEQio/Re0SKaFVBmcR9CP+xDUuA==\n"
                            "-----END EC PRIVATE KEY-----\n";
#define ADDRESS_OF_1 "0x7e5f4552091a69125d5dfcb7b8c2659029395bdf"

static const char *write_text(const char *text)
{
    static char path[128];
    snprintf(path, sizeof path, "%s/key.pem", folder);
    FILE *f = fopen(path, "w");
    fputs(text, f);
    fclose(f);
    return path;
}

static void known_keys_have_known_addresses(void **state)
{
    (void)state;
    const char *const texts[] = {pkcs8, sec1};
    for (size_t i = 0; i < COUNT(texts); i++) {
        hanse_error error = {0};
        hanse_account *a = hanse_account_read_pem(write_text(texts[i]), &error);
        if (a == NULL)
            fail_msg("%s", error.text);
        assert_string_equal(hanse_account_address(a), ADDRESS_OF_1);
        hanse_account_free(a);
    }
}

static void expect_mode(const char *path, unsigned mode)
{
    struct stat about;
    assert_int_equal(stat(path, &about), 0);
    assert_int_equal(about.st_mode & 0777, mode);
}

static void written_accounts_are_read_again(void **state)
{
    (void)state;
    hanse_error error = {0};
    hanse_account *(*const makers[])(hanse_error *) = {hanse_account_new, hanse_account_new_national};
    for (size_t i = 0; i < COUNT(makers); i++) {
        hanse_account *a = makers[i](&error);
        char *pem = hanse_account_write_pem(a, folder, &error), *p12 = hanse_account_write_p12(a, folder, "secret", &error);
        if (pem == NULL || p12 == NULL)
            fail_msg("%s", error.text);
        expect_mode(pem, 0600);
        expect_mode(p12, 0600);
        assert_null(hanse_account_write_pem(a, folder, &error)); /* never overwrites */
        assert_int_equal(error.kind, HANSE_ERROR_FILE);
        hanse_account *b = hanse_account_read_pem(pem, &error), *c = hanse_account_read_p12(p12, "secret", &error);
        if (b == NULL || c == NULL)
            fail_msg("%s", error.text);
        assert_string_equal(hanse_account_address(a), hanse_account_address(b));
        assert_string_equal(hanse_account_address(a), hanse_account_address(c));
        assert_null(hanse_account_read_p12(p12, "wrong", &error));
        assert_non_null(strstr(error.text, "password"));
        char public[160];
        snprintf(public, sizeof public, "%s/%s.public.pem", folder, hanse_account_address(a));
        expect_mode(public, 0644);
        unlink(pem);
        unlink(p12);
        unlink(public);
        hanse_free(pem);
        hanse_free(p12);
        hanse_account_free(a);
        hanse_account_free(b);
        hanse_account_free(c);
    }
}

static void what_is_no_key_is_refused(void **state)
{
    (void)state;
    hanse_error error = {0};
    assert_null(hanse_account_read_pem("/nowhere.pem", &error));
    assert_int_equal(error.kind, HANSE_ERROR_FILE);
    assert_null(hanse_account_read_pem(NULL, &error));
    assert_int_equal(error.kind, HANSE_ERROR_USAGE);
    assert_null(hanse_account_read_pem(write_text("hello"), &error));
    assert_int_equal(error.kind, HANSE_ERROR_FILE);
    assert_null(hanse_account_read_p12(write_text("hello"), "x", &error));
    assert_int_equal(error.kind, HANSE_ERROR_FILE);
    for (size_t cut = 30; cut < sizeof pkcs8 - 30; cut += 7) {
        char text[sizeof pkcs8];
        memcpy(text, pkcs8, cut);
        text[cut] = 0;
        assert_null(hanse_account_read_pem(write_text(text), NULL));
    }
    hanse_account_free(NULL);
}

static int set_up(void **state)
{
    (void)state;
    strcpy(folder, "/tmp/hanse-account-XXXXXX");
    return mkdtemp(folder) == NULL;
}

static int tear_down(void **state)
{
    (void)state;
    unlink(write_text(""));
    return rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_keys_have_known_addresses),
        cmocka_unit_test(written_accounts_are_read_again),
        cmocka_unit_test(what_is_no_key_is_refused),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
