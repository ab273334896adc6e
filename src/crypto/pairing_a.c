#include "crypto/pairing_a.h"

#include "codec/hex.h"

static bool read_decimal(mpz_t out, bytes text)
{
    char digits[PAIRING_A_MAX_BITS / 3 + 2];
    if (text.size == 0 || text.size >= sizeof digits)
        return false;
    for (size_t i = 0; i < text.size; i++)
        if (text.data[i] < '0' || text.data[i] > '9')
            return false;
    memcpy(digits, text.data, text.size);
    digits[text.size] = '\0';
    return mpz_set_str(out, digits, 10) == 0 && mpz_sizeinbase(out, 2) <= PAIRING_A_MAX_BITS;
}

static size_t bytes_for(const mpz_t n)
{
    return (mpz_sizeinbase(n, 2) + 7) / 8;
}

bool pairing_a_init(pairing_a *e, bytes q, bytes h, bytes r)
{
    mpz_inits(e->q, e->h, e->r, NULL);
    if (!read_decimal(e->q, q) || !read_decimal(e->h, h) || !read_decimal(e->r, r) || mpz_cmp_ui(e->r, 1) <= 0 ||
        mpz_fdiv_ui(e->q, 4) != 3)
        return false;
    mpz_t product;
    mpz_init(product);
    mpz_mul(product, e->h, e->r);
    mpz_sub_ui(product, product, 1);
    bool fits = mpz_cmp(product, e->q) == 0;
    mpz_clear(product);
    e->field_bytes = bytes_for(e->q);
    e->order_bytes = bytes_for(e->r);
    return fits;
}

void pairing_a_clear(pairing_a *e)
{
    mpz_clears(e->q, e->h, e->r, NULL);
}

void curve_point_init(curve_point *p)
{
    mpz_inits(p->x, p->y, NULL);
    p->is_identity = true;
}

void curve_point_clear(curve_point *p)
{
    mpz_clears(p->x, p->y, NULL);
}

static void copy_point(curve_point *to, const curve_point *from)
{
    mpz_set(to->x, from->x);
    mpz_set(to->y, from->y);
    to->is_identity = from->is_identity;
}

/* The slope of the line through p and q, or of the tangent. false: it is vertical. */
static bool slope(const pairing_a *e, mpz_t out, const curve_point *p, const curve_point *q)
{
    mpz_t below;
    mpz_init(below);
    if (mpz_cmp(p->x, q->x) != 0) {
        mpz_sub(out, q->y, p->y);
        mpz_sub(below, q->x, p->x);
    } else {
        mpz_add(below, p->y, q->y); /* 2 y, or 0 for opposite points */
        mpz_mul(out, p->x, p->x);
        mpz_mul_ui(out, out, 3);
        mpz_add_ui(out, out, 1);
    }
    mpz_mod(below, below, e->q);
    bool exists = mpz_invert(below, below, e->q) != 0;
    if (exists) {
        mpz_mul(out, out, below);
        mpz_mod(out, out, e->q);
    }
    mpz_clear(below);
    return exists;
}

/* sum := p + q with the slope of their line. */
static void add_with_slope(const pairing_a *e, curve_point *sum, const curve_point *p, const curve_point *q, const mpz_t by)
{
    mpz_t x, y;
    mpz_inits(x, y, NULL);
    mpz_mul(x, by, by);
    mpz_sub(x, x, p->x);
    mpz_sub(x, x, q->x);
    mpz_mod(x, x, e->q);
    mpz_sub(y, p->x, x);
    mpz_mul(y, y, by);
    mpz_sub(y, y, p->y);
    mpz_mod(y, y, e->q);
    mpz_swap(sum->x, x);
    mpz_swap(sum->y, y);
    sum->is_identity = false;
    mpz_clears(x, y, NULL);
}

void curve_add(const pairing_a *e, curve_point *sum, const curve_point *p, const curve_point *q)
{
    if (p->is_identity || q->is_identity) {
        copy_point(sum, p->is_identity ? q : p);
        return;
    }
    mpz_t by;
    mpz_init(by);
    if (slope(e, by, p, q))
        add_with_slope(e, sum, p, q, by);
    else
        sum->is_identity = true;
    mpz_clear(by);
}

void curve_multiply(const pairing_a *e, curve_point *product, const mpz_t times, const curve_point *p)
{
    curve_point sum;
    curve_point_init(&sum);
    for (size_t i = mpz_sgn(times) ? mpz_sizeinbase(times, 2) : 0; i-- > 0;) {
        curve_add(e, &sum, &sum, &sum);
        if (mpz_tstbit(times, i))
            curve_add(e, &sum, &sum, p);
    }
    copy_point(product, &sum);
    curve_point_clear(&sum);
}

/* x^3 + x */
static void right_side(const pairing_a *e, mpz_t out, const mpz_t x)
{
    mpz_t cube;
    mpz_init(cube);
    mpz_powm_ui(cube, x, 3, e->q);
    mpz_add(cube, cube, x);
    mpz_mod(out, cube, e->q);
    mpz_clear(cube);
}

void curve_point_set(const pairing_a *e, curve_point *p, bytes x, bytes y)
{
    mpz_t left, right;
    mpz_inits(left, right, NULL);
    mpz_import(p->x, x.size, 1, 1, 1, 0, x.data);
    mpz_import(p->y, y.size, 1, 1, 1, 0, y.data);
    mpz_mod(p->x, p->x, e->q);
    mpz_mod(p->y, p->y, e->q);
    mpz_mul(left, p->y, p->y);
    mpz_mod(left, left, e->q);
    right_side(e, right, p->x);
    p->is_identity = mpz_cmp(left, right) != 0;
    mpz_clears(left, right, NULL);
}

void pairing_a_hash_to_number(mpz_t out, bytes data, const mpz_t n)
{
    uint8_t stretched[PAIRING_A_MAX_BITS / 8 + 1];
    size_t count = bytes_for(n), at = 0;
    uint8_t counter = 0;
    while (at < count) {
        size_t take = data.size < count - at ? data.size : count - at;
        if (take)
            memcpy(stretched + at, data.data, take);
        at += take;
        if (at < count)
            stretched[at++] = counter++;
    }
    mpz_import(out, count, 1, 1, 1, 0, stretched);
    while (mpz_cmp(out, n) > 0)
        mpz_fdiv_q_2exp(out, out, 1);
}

bool curve_point_of_message(const pairing_a *e, curve_point *p, bytes message)
{
    enum { TRIES_MAX = 256 }; /* each one succeeds with probability 1/2 */
    mpz_t square, exponent;
    mpz_inits(square, exponent, NULL);
    pairing_a_hash_to_number(p->x, message, e->q);
    mpz_mod(p->x, p->x, e->q);
    int tries = 0;
    for (right_side(e, square, p->x); mpz_jacobi(square, e->q) < 0 && tries < TRIES_MAX; tries++) {
        mpz_mul(p->x, p->x, p->x);
        mpz_add_ui(p->x, p->x, 1);
        mpz_mod(p->x, p->x, e->q);
        right_side(e, square, p->x);
    }
    mpz_add_ui(exponent, e->q, 1);
    mpz_fdiv_q_2exp(exponent, exponent, 2);
    mpz_powm(p->y, square, exponent, e->q); /* the root, since q = 3 mod 4 */
    if (mpz_even_p(p->y) && mpz_sgn(p->y))
        mpz_sub(p->y, e->q, p->y);
    p->is_identity = false;
    curve_multiply(e, p, e->h, p);
    mpz_clears(square, exponent, NULL);
    return tries < TRIES_MAX;
}

static void append_number(buffer *hex, const mpz_t number, size_t size)
{
    uint8_t raw[PAIRING_A_MAX_BITS / 8 + 1] = {0};
    size_t used = mpz_sgn(number) ? bytes_for(number) : 0;
    if (used)
        mpz_export(raw + size - used, NULL, 1, 1, 1, 0, number);
    hex_append(hex, bytes_of(raw, size));
}

void curve_point_append(const pairing_a *e, buffer *hex, const curve_point *p)
{
    append_number(hex, p->x, e->field_bytes);
    append_number(hex, p->y, e->field_bytes);
}

void field2_init(field2 *f)
{
    mpz_init_set_ui(f->re, 1);
    mpz_init(f->im);
}

void field2_clear(field2 *f)
{
    mpz_clears(f->re, f->im, NULL);
}

void field2_multiply(const pairing_a *e, field2 *product, const field2 *f, const field2 *g)
{
    mpz_t re, im;
    mpz_inits(re, im, NULL);
    mpz_mul(re, f->re, g->re);
    mpz_submul(re, f->im, g->im);
    mpz_mul(im, f->re, g->im);
    mpz_addmul(im, f->im, g->re);
    mpz_mod(product->re, re, e->q);
    mpz_mod(product->im, im, e->q);
    mpz_clears(re, im, NULL);
}

void field2_power(const pairing_a *e, field2 *power, const field2 *f, const mpz_t exponent)
{
    field2 result;
    field2_init(&result);
    for (size_t i = mpz_sgn(exponent) ? mpz_sizeinbase(exponent, 2) : 0; i-- > 0;) {
        field2_multiply(e, &result, &result, &result);
        if (mpz_tstbit(exponent, i))
            field2_multiply(e, &result, &result, f);
    }
    mpz_set(power->re, result.re);
    mpz_set(power->im, result.im);
    field2_clear(&result);
}

void field2_append(const pairing_a *e, buffer *hex, const field2 *f)
{
    append_number(hex, f->re, e->field_bytes);
    append_number(hex, f->im, e->field_bytes);
}

/* f := f times the line through t with slope `by`, taken at (-x, i y) of q. */
static void multiply_line(const pairing_a *e, field2 *f, const curve_point *t, const mpz_t by, const curve_point *q)
{
    field2 line;
    field2_init(&line);
    mpz_add(line.re, q->x, t->x);
    mpz_mul(line.re, line.re, by);
    mpz_sub(line.re, line.re, t->y);
    mpz_mod(line.re, line.re, e->q);
    mpz_set(line.im, q->y);
    field2_multiply(e, f, f, &line);
    field2_clear(&line);
}

/* One step of Miller's loop: t := t + p, f := f times their line. Vertical lines are left out. */
static void miller_step(const pairing_a *e, field2 *f, curve_point *t, const curve_point *p, const curve_point *q)
{
    mpz_t by;
    mpz_init(by);
    if (!t->is_identity && slope(e, by, t, p)) {
        multiply_line(e, f, t, by, q);
        add_with_slope(e, t, t, p, by);
    } else {
        curve_add(e, t, t, p);
    }
    mpz_clear(by);
}

/* f^((q^2 - 1) / r) = (conjugate(f) / f)^h */
static void finish(const pairing_a *e, field2 *f)
{
    field2 inverse;
    mpz_t norm;
    field2_init(&inverse);
    mpz_init(norm);
    mpz_mul(norm, f->re, f->re);
    mpz_addmul(norm, f->im, f->im);
    mpz_mod(norm, norm, e->q);
    if (mpz_invert(norm, norm, e->q)) {
        /* 1 / f = conjugate(f) / norm */
        mpz_set(inverse.re, f->re);
        mpz_neg(inverse.im, f->im);
        field2_multiply(e, &inverse, &inverse, &inverse);
        mpz_mul(inverse.re, inverse.re, norm);
        mpz_mul(inverse.im, inverse.im, norm);
    }
    mpz_mod(inverse.re, inverse.re, e->q);
    mpz_mod(inverse.im, inverse.im, e->q);
    field2_power(e, f, &inverse, e->h);
    mpz_clear(norm);
    field2_clear(&inverse);
}

void pairing_a_apply(const pairing_a *e, field2 *out, const curve_point *p, const curve_point *q)
{
    mpz_set_ui(out->re, 1);
    mpz_set_ui(out->im, 0);
    if (p->is_identity || q->is_identity)
        return;
    curve_point t;
    curve_point_init(&t);
    copy_point(&t, p);
    for (size_t i = mpz_sizeinbase(e->r, 2) - 1; i-- > 0;) {
        field2_multiply(e, out, out, out);
        miller_step(e, out, &t, &t, q);
        if (mpz_tstbit(e->r, i))
            miller_step(e, out, &t, p, q);
    }
    finish(e, out);
    curve_point_clear(&t);
}
