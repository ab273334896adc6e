#include "crypto/group_sig.h"

#include "codec/hex.h"
#include "crypto/digest.h"
#include "crypto/pairing_a.h"

enum { KEY_G1, KEY_G2, KEY_H, KEY_U, KEY_V, KEY_W };
enum { PAIR_G1_G2, PAIR_H_G2, PAIR_H_W, PAIR_G1_G2_INVERSE };
enum { POINT_T1, POINT_T2, POINT_T3 };
enum { NUMBER_C, NUMBER_RALPHA, NUMBER_RBETA, NUMBER_RX, NUMBER_RDELTA1, NUMBER_RDELTA2 };

const char *const group_sig_key_points[] = {"g1", "g2", "h", "u", "v", "w"};
const char *const group_sig_key_pairings[] = {"pr_g1_g2", "pr_h_g2", "pr_h_w", "pr_g1_g2_inv"};
const char *const group_sig_points[] = {"T1", "T2", "T3"};
const char *const group_sig_numbers[] = {"c", "ralpha", "rbeta", "rx", "rdelta1", "rdelta2"};

typedef struct {
    pairing_a e;
    curve_point key[GROUP_SIG_KEY_POINTS], t[GROUP_SIG_POINTS];
    field2 pairings[GROUP_SIG_KEY_PAIRINGS];
    mpz_t numbers[GROUP_SIG_NUMBERS];
} work;

/* Digits up to the first foreign character, as `size` bytes: surplus is dropped, what is missing is zero.
   QUIRK: with an odd number of digits the last one is the first byte. */
static void read_hex(bytes text, uint8_t *out, size_t size)
{
    size_t digits = 0, at = 0;
    memset(out, 0, size);
    while (digits < text.size && hex_digit((char)text.data[digits]) >= 0)
        digits++;
    if (digits % 2 && size)
        out[at++] = (uint8_t)hex_digit((char)text.data[digits - 1]);
    for (size_t i = 0; i + 1 < digits && at < size; i += 2)
        out[at++] = (uint8_t)(hex_digit((char)text.data[i]) << 4 | hex_digit((char)text.data[i + 1]));
}

static void read_pair(const pairing_a *e, bytes text, uint8_t out[2 * PAIRING_A_MAX_BITS / 8])
{
    read_hex(text, out, 2 * e->field_bytes);
}

static void read_point(const pairing_a *e, curve_point *p, bytes text)
{
    uint8_t raw[2 * PAIRING_A_MAX_BITS / 8];
    read_pair(e, text, raw);
    curve_point_set(e, p, bytes_of(raw, e->field_bytes), bytes_of(raw + e->field_bytes, e->field_bytes));
}

static void read_field2(const pairing_a *e, field2 *f, bytes text)
{
    uint8_t raw[2 * PAIRING_A_MAX_BITS / 8];
    read_pair(e, text, raw);
    mpz_import(f->re, e->field_bytes, 1, 1, 1, 0, raw);
    mpz_import(f->im, e->field_bytes, 1, 1, 1, 0, raw + e->field_bytes);
    mpz_mod(f->re, f->re, e->q);
    mpz_mod(f->im, f->im, e->q);
}

static void read_number(const pairing_a *e, mpz_t out, bytes text)
{
    uint8_t raw[PAIRING_A_MAX_BITS / 8];
    read_hex(text, raw, e->order_bytes);
    mpz_import(out, e->order_bytes, 1, 1, 1, 0, raw);
    mpz_mod(out, out, e->r);
}

static void init_values(work *w, const group_sig *s)
{
    for (size_t i = 0; i < GROUP_SIG_KEY_POINTS; i++) {
        curve_point_init(&w->key[i]);
        read_point(&w->e, &w->key[i], s->key_points[i]);
    }
    for (size_t i = 0; i < GROUP_SIG_POINTS; i++) {
        curve_point_init(&w->t[i]);
        read_point(&w->e, &w->t[i], s->points[i]);
    }
    for (size_t i = 0; i < GROUP_SIG_KEY_PAIRINGS; i++) {
        field2_init(&w->pairings[i]);
        read_field2(&w->e, &w->pairings[i], s->key_pairings[i]);
    }
    for (size_t i = 0; i < GROUP_SIG_NUMBERS; i++) {
        mpz_init(w->numbers[i]);
        read_number(&w->e, w->numbers[i], s->numbers[i]);
    }
}

static void clear_values(work *w)
{
    for (size_t i = 0; i < GROUP_SIG_KEY_POINTS; i++)
        curve_point_clear(&w->key[i]);
    for (size_t i = 0; i < GROUP_SIG_POINTS; i++)
        curve_point_clear(&w->t[i]);
    for (size_t i = 0; i < GROUP_SIG_KEY_PAIRINGS; i++)
        field2_clear(&w->pairings[i]);
    for (size_t i = 0; i < GROUP_SIG_NUMBERS; i++)
        mpz_clear(w->numbers[i]);
}

/* p^a q^b with exponents modulo r; a negative one is given as negate. */
static void append_product(work *w, buffer *hex, const curve_point *p, const mpz_t a, bool negate_a, const curve_point *q,
                           const mpz_t b, bool negate_b)
{
    curve_point left, right;
    mpz_t exponent;
    curve_point_init(&left);
    curve_point_init(&right);
    mpz_init(exponent);
    if (negate_a)
        mpz_neg(exponent, a);
    else
        mpz_set(exponent, a);
    mpz_mod(exponent, exponent, w->e.r);
    curve_multiply(&w->e, &left, exponent, p);
    if (negate_b)
        mpz_neg(exponent, b);
    else
        mpz_set(exponent, b);
    mpz_mod(exponent, exponent, w->e.r);
    curve_multiply(&w->e, &right, exponent, q);
    curve_add(&w->e, &left, &left, &right);
    curve_point_append(&w->e, hex, &left);
    mpz_clear(exponent);
    curve_point_clear(&left);
    curve_point_clear(&right);
}

/* f := f * g^(-(a + b)) */
static void divide_by_power(work *w, field2 *f, const field2 *g, const mpz_t a, const mpz_t b)
{
    field2 power;
    mpz_t exponent;
    field2_init(&power);
    mpz_init(exponent);
    mpz_add(exponent, a, b);
    mpz_neg(exponent, exponent);
    mpz_mod(exponent, exponent, w->e.r);
    field2_power(&w->e, &power, g, exponent);
    field2_multiply(&w->e, f, f, &power);
    mpz_clear(exponent);
    field2_clear(&power);
}

static void append_r3(work *w, buffer *hex)
{
    const mpz_t *n = w->numbers;
    curve_point left, right;
    field2 result, power;
    curve_point_init(&left);
    curve_point_init(&right);
    field2_init(&result);
    field2_init(&power);
    curve_multiply(&w->e, &left, n[NUMBER_RX], &w->key[KEY_G2]);
    curve_multiply(&w->e, &right, n[NUMBER_C], &w->key[KEY_W]);
    curve_add(&w->e, &left, &left, &right);
    pairing_a_apply(&w->e, &result, &w->t[POINT_T3], &left);
    field2_power(&w->e, &power, &w->pairings[PAIR_G1_G2_INVERSE], n[NUMBER_C]);
    field2_multiply(&w->e, &result, &result, &power);
    divide_by_power(w, &result, &w->pairings[PAIR_H_W], n[NUMBER_RALPHA], n[NUMBER_RBETA]);
    divide_by_power(w, &result, &w->pairings[PAIR_H_G2], n[NUMBER_RDELTA1], n[NUMBER_RDELTA2]);
    field2_append(&w->e, hex, &result);
    field2_clear(&result);
    field2_clear(&power);
    curve_point_clear(&left);
    curve_point_clear(&right);
}

/* The text whose hash is the challenge. false: the message has no point. */
static bool write_transcript(work *w, bytes message, buffer *hex)
{
    const mpz_t *n = w->numbers;
    curve_point m;
    for (size_t i = 0; i < GROUP_SIG_POINTS; i++)
        curve_point_append(&w->e, hex, &w->t[i]);
    append_product(w, hex, &w->key[KEY_U], n[NUMBER_RALPHA], false, &w->t[POINT_T1], n[NUMBER_C], true);
    append_product(w, hex, &w->key[KEY_V], n[NUMBER_RBETA], false, &w->t[POINT_T2], n[NUMBER_C], true);
    append_r3(w, hex);
    append_product(w, hex, &w->key[KEY_U], n[NUMBER_RDELTA1], true, &w->t[POINT_T1], n[NUMBER_RX], false);
    append_product(w, hex, &w->key[KEY_V], n[NUMBER_RDELTA2], true, &w->t[POINT_T2], n[NUMBER_RX], false);
    curve_point_init(&m);
    bool found = curve_point_of_message(&w->e, &m, message);
    curve_point_append(&w->e, hex, &m);
    curve_point_clear(&m);
    return found;
}

static group_sig_result check(work *w, bytes message)
{
    buffer hex = buffer_init(BUFFER_NO_LIMIT);
    mpz_t expected;
    mpz_init(expected);
    group_sig_result result = GROUP_SIG_BAD_PARAMETERS;
    if (write_transcript(w, message, &hex)) {
        hash256 hash = digest_of(DIGEST_KECCAK256, buffer_bytes(&hex));
        pairing_a_hash_to_number(expected, BYTES_OF_VALUE(hash), w->e.r);
        mpz_mod(expected, expected, w->e.r);
        result = mpz_cmp(expected, w->numbers[NUMBER_C]) == 0 ? GROUP_SIG_TRUE : GROUP_SIG_FALSE;
    }
    mpz_clear(expected);
    buffer_free(&hex);
    return result;
}

group_sig_result group_sig_verify(const group_sig *s)
{
    work w;
    group_sig_result result = GROUP_SIG_BAD_PARAMETERS;
    if (pairing_a_init(&w.e, s->q, s->h, s->r)) {
        init_values(&w, s);
        result = check(&w, s->message);
        clear_values(&w);
    }
    pairing_a_clear(&w.e);
    return result;
}
