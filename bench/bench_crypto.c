/* bench_crypto: how fast hashes, signatures and pairings are on one core of this machine. Prints one figure a line, per second
   of processor time, so that other work on the machine does not count; takes a few seconds. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/memory.h"
#include "codec/hex.h"
#include "crypto/bn254.h"
#include "crypto/suite.h"

static double now_s(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* Calls run(context) for about a third of a second and returns calls per second. */
static double rate(void (*run)(void *context), void *context)
{
    double begin = now_s(), end = begin;
    unsigned calls = 0;
    for (unsigned batch = 1; end - begin < 0.3; batch *= 2) {
        for (unsigned i = 0; i < batch; i++)
            run(context);
        calls += batch;
        end = now_s();
    }
    return calls / (end - begin);
}

typedef struct {
    digest_kind kind;
    bytes in;
    hash256 out;
} hash_job;

static void run_hash(void *context)
{
    hash_job *job = context;
    job->out = digest_of(job->kind, job->in);
}

static void bench_hash(const char *name, digest_kind kind)
{
    static const size_t sizes[] = {32, 256, 65536};
    uint8_t *data = memory_new(65536);
    for (size_t i = 0; i < COUNT(sizes); i++) {
        hash_job job = {kind, bytes_of(data, sizes[i]), {{0}}};
        double per_s = rate(run_hash, &job);
        printf("%-12s %6zu bytes  %10.0f /s  %8.1f MB/s\n", name, sizes[i], per_s, per_s * (double)sizes[i] / 1e6);
    }
    free(data);
}

typedef struct {
    const crypto_suite *suite;
    secret_key key;
    public_key pub, found;
    hash256 digest;
    uint8_t signature[SIGNATURE_MAX_BYTES];
    bool ok;
} sign_job;

static void run_sign(void *context)
{
    sign_job *job = context;
    job->suite->sign(&job->key, &job->digest, job->signature);
}

static void run_recover(void *context)
{
    sign_job *job = context;
    job->ok = job->suite->recover(&job->digest, bytes_of(job->signature, job->suite->signature_bytes), &job->found);
}

static void run_verify(void *context)
{
    sign_job *job = context;
    job->ok = job->suite->verify(&job->pub, &job->digest, bytes_of(job->signature, job->suite->signature_bytes));
}

static void bench_suite(const crypto_suite *suite)
{
    sign_job job = {.suite = suite};
    for (size_t i = 0; i < sizeof job.key.b; i++)
        job.key.b[i] = (uint8_t)(i + 1);
    if (!suite->public_of(&job.key, &job.pub))
        abort();
    job.digest = suite_hash(suite, BYTES_OF_LITERAL("bench"));
    printf("%-12s sign          %10.0f /s\n", suite->name, rate(run_sign, &job));
    printf("%-12s recover       %10.0f /s\n", suite->name, rate(run_recover, &job));
    printf("%-12s verify        %10.0f /s\n", suite->name, rate(run_verify, &job));
    if (!job.ok)
        abort();
}

/* e(P, Q) e(-P, Q) with the generators of EIP-196 and EIP-197. */
static const char generators[] = "0000000000000000000000000000000000000000000000000000000000000001"
                                 "0000000000000000000000000000000000000000000000000000000000000002"
                                 "198e9393920d483a7260bfb731fb5d25f1aa493335a9e71297e485b7aef312c2"
                                 "1800deef121f1e76426a00665e5c4479674322d4f75edadd46debd5cd992f6ed"
                                 "090689d0585ff075ec9e99ad690c3395bc4b313370b38ef355acdadcd122975b"
                                 "12c85ea5db8c6deb4aab71808dcb408fe3d1e7690c43d37b4ce6cc0166fa7daa";
static const char minus_two[] = "30644e72e131a029b85045b68181585d97816a916871ca8d3c208c16d87cfd45";

typedef struct {
    uint8_t pairs[10 * BN254_PAIR_BYTES], scalar[32], point[BN254_G1_BYTES];
    size_t count;
    bool one;
} pairing_job;

static void run_pairing(void *context)
{
    pairing_job *job = context;
    if (!bn254_pairing_is_one(bytes_of(job->pairs, job->count * BN254_PAIR_BYTES), &job->one) || !job->one)
        abort();
}

static void run_multiply(void *context)
{
    pairing_job *job = context;
    if (!bn254_multiply(job->pairs, job->scalar, job->point))
        abort();
}

static void bench_bn254(void)
{
    pairing_job job;
    memset(job.scalar, 0x5a, sizeof job.scalar);
    for (size_t i = 0; i < 10; i++) {
        uint8_t *pair = job.pairs + i * BN254_PAIR_BYTES;
        if (!hex_read(bytes_of_text(generators), pair, BN254_PAIR_BYTES) ||
            (i % 2 && !hex_read(bytes_of_text(minus_two), pair + 32, 32)))
            abort();
    }
    printf("bn254        multiply      %10.0f /s\n", rate(run_multiply, &job));
    job.count = 2;
    printf("bn254        2 pairings    %10.0f /s\n", rate(run_pairing, &job));
    job.count = 10;
    printf("bn254        10 pairings   %10.0f /s\n", rate(run_pairing, &job));
}

int main(void)
{
    bench_hash("keccak256", DIGEST_KECCAK256);
    bench_hash("sm3", DIGEST_SM3);
    bench_hash("sha256", DIGEST_SHA256);
    bench_suite(&crypto_standard);
    bench_suite(&crypto_national);
    bench_bn254();
    return 0;
}
