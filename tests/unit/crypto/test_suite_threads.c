#include "test.h"

#include <pthread.h>

#include "crypto/suite.h"

/* Both suites make something on first use. Threads that come first together must all find it ready; the thread sanitizer
   build watches. */
static void *use_suites(void *own)
{
    static const crypto_suite *const suites[] = {&crypto_standard, &crypto_national};
    bool *ok = own;
    for (size_t i = 0; i < COUNT(suites); i++) {
        secret_key key = {{3}};
        public_key pub, signer;
        hash256 digest = suite_hash(suites[i], BYTES_OF_LITERAL("threads"));
        uint8_t signature[SIGNATURE_MAX_BYTES];
        bytes view = bytes_of(signature, suites[i]->signature_bytes);
        *ok = *ok && suites[i]->public_of(&key, &pub);
        suites[i]->sign(&key, &digest, signature);
        *ok = *ok && suites[i]->verify(&pub, &digest, view) && suites[i]->recover(&digest, view, &signer);
    }
    return NULL;
}

static void first_use_by_many_threads(void **state)
{
    (void)state;
    enum { THREADS = 6 };
    pthread_t threads[THREADS];
    bool ok[THREADS];
    for (size_t i = 0; i < THREADS; i++) {
        ok[i] = true;
        assert_int_equal(pthread_create(&threads[i], NULL, use_suites, &ok[i]), 0);
    }
    for (size_t i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
        assert_true(ok[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(first_use_by_many_threads)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
