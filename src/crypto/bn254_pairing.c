/* The optimal ate pairing on alt_bn128 with u = 4965661367192848881:
   e(P, Q) = (f_{6u+2,Q}(P) * l_{[6u+2]Q, psi(Q)}(P) * l_{[6u+2]Q + psi(Q), -psi^2(Q)}(P)) ^ ((p^12 - 1) / r).
   Sources: Vercauteren, "Optimal pairings" (2008); Aranha, Karabina, Longa, Gebotys, Lopez, "Faster explicit formulas for
   computing pairings over ordinary curves" (2010) for the lines; Fuentes-Castaneda, Knapp, Rodriguez-Henriquez, "Faster hashing
   to G2" (2011) for the final power. */
#include <assert.h>

#include "crypto/bn254_group.h"

static const uint64_t curve_u = 4965661367192848881;

/* 6u + 2 without its leading one, in signed digits from the top: 21 additions instead of 36. */
static const int8_t loop_digits[65] = {
    0, -1, 0, 1, 0, 0, 0, -1, 0, -1, 0, 0, 0, -1, 0, 1, 0, -1, 0, 0, -1, 0, 0, 0, 0, 0, 1, 0, 0, -1, 0, 1, 0,
    0, -1, 0, 0, 0, 0, -1, 0, 1, 0, 0, 0, -1, 0, -1, 0, 0, 1, 0, 0, 0, -1, 0, 0, -1, 0, 1, 0, 1, 0, 0, 0,
};

/* 3 / xi, the constant of the twisted curve. */
static const fp2 twist_b = {
    {{0x3bf938e377b802a8, 0x020b1b273633535d, 0x26b7edf049755260, 0x2514c6324384a86d}},
    {{0x38e7ecccd1dcff67, 0x65f0b37d93ce0d3e, 0xd749d0dd22ac00aa, 0x0141b9ce4a688d4d}},
};

/* Homogeneous: the point (x / z, y / z). Once z is zero, steps leave it zero. */
typedef struct {
    fp2 x, y, z;
} g2_walker;

/* l0 yP + l1 xP w + l3 w^3: the line through the walker's points, at P. */
typedef struct {
    fp2 l0, l1, l3;
} line;

static void walk_double(g2_walker *t, line *l)
{
    fp2 a, b, c, e, f, g, h, x_square;
    fp2_mul(&a, &t->x, &t->y);
    fp2_half(&a, &a);
    fp2_square(&b, &t->y);
    fp2_square(&c, &t->z);
    fp2_double(&e, &c);
    fp2_add(&e, &e, &c);
    fp2_mul(&e, &e, &twist_b);
    fp2_double(&f, &e);
    fp2_add(&f, &f, &e);
    fp2_add(&g, &b, &f);
    fp2_half(&g, &g);
    fp2_add(&h, &t->y, &t->z);
    fp2_square(&h, &h);
    fp2_sub(&h, &h, &b);
    fp2_sub(&h, &h, &c);
    fp2_square(&x_square, &t->x);
    fp2_neg(&l->l0, &h);
    fp2_double(&l->l1, &x_square);
    fp2_add(&l->l1, &l->l1, &x_square);
    fp2_sub(&l->l3, &e, &b);

    fp2_sub(&t->x, &b, &f);
    fp2_mul(&t->x, &t->x, &a);
    fp2_square(&e, &e);
    fp2_square(&t->y, &g);
    fp2_sub(&t->y, &t->y, &e);
    fp2_sub(&t->y, &t->y, &e);
    fp2_sub(&t->y, &t->y, &e);
    fp2_mul(&t->z, &b, &h);
}

static void walk_add(g2_walker *t, const g2_affine *q, line *l)
{
    fp2 theta, lambda, c, d, e, f, g, h;
    fp2_mul(&theta, &q->y, &t->z);
    fp2_sub(&theta, &t->y, &theta);
    fp2_mul(&lambda, &q->x, &t->z);
    fp2_sub(&lambda, &t->x, &lambda);
    l->l0 = lambda;
    fp2_neg(&l->l1, &theta);
    fp2_mul(&c, &theta, &q->x);
    fp2_mul(&d, &lambda, &q->y);
    fp2_sub(&l->l3, &c, &d);

    fp2_square(&c, &theta);
    fp2_square(&d, &lambda);
    fp2_mul(&e, &lambda, &d);
    fp2_mul(&f, &t->z, &c);
    fp2_mul(&g, &t->x, &d);
    fp2_add(&h, &e, &f);
    fp2_sub(&h, &h, &g);
    fp2_sub(&h, &h, &g);
    fp2_mul(&t->x, &lambda, &h);
    fp2_sub(&g, &g, &h);
    fp2_mul(&g, &g, &theta);
    fp2_mul(&t->y, &t->y, &e);
    fp2_sub(&t->y, &g, &t->y);
    fp2_mul(&t->z, &t->z, &e);
}

static g2_walker walker_at(const g2_affine *q)
{
    g2_walker t = {.x = q->x, .y = q->y};
    t.z.re = fp_one;
    return t;
}

/* The Frobenius map carried over to the twist; on G2 it multiplies by p. */
static void psi(g2_affine *out, const g2_affine *q)
{
    fp2_conjugate(&out->x, &q->x);
    fp2_mul(&out->x, &out->x, &frobenius_power[2]);
    fp2_conjugate(&out->y, &q->y);
    fp2_mul(&out->y, &out->y, &frobenius_power[3]);
}

bool g2_is_on_curve(const g2_affine *a)
{
    if (g2_is_infinity(a))
        return true;
    fp2 left, right;
    fp2_square(&left, &a->y);
    fp2_square(&right, &a->x);
    fp2_mul(&right, &right, &a->x);
    fp2_add(&right, &right, &twist_b);
    return fp2_equal(&left, &right);
}

/* With t the trace of Frobenius, psi^2 - t psi + p = 0 everywhere on the twist, so psi(Q) = [t - 1]Q gives
   ((t - 1)^2 - t (t - 1) + p)Q = [p + 1 - t]Q = [r]Q = 0; and on G2, where psi multiplies by p, p is t - 1 modulo r. Hence Q
   is in G2 exactly when psi(Q) = [t - 1]Q, and t - 1 = 6u^2 has half the length of r. For points of small order the
   walker's formulas may meet a case they leave out; then z becomes zero and stays so, and the point is refused, as it must be. */
bool g2_is_in_group(const g2_affine *q)
{
    if (g2_is_infinity(q))
        return true;
    unsigned __int128 trace_less_one = (unsigned __int128)curve_u * curve_u * 6;
    g2_walker t = walker_at(q);
    line unused;
    for (int bit = 125; bit >= 0; bit--) {
        walk_double(&t, &unused);
        if (trace_less_one >> bit & 1)
            walk_add(&t, q, &unused);
    }
    if (fp2_is_zero(&t.z))
        return false;
    g2_affine image;
    psi(&image, q);
    fp2_mul(&image.x, &image.x, &t.z);
    fp2_mul(&image.y, &image.y, &t.z);
    return fp2_equal(&image.x, &t.x) && fp2_equal(&image.y, &t.y);
}

static void multiply_by_line(fp12 *f, line *l, const g1_affine *p)
{
    fp2_mul_fp(&l->l0, &l->l0, &p->y);
    fp2_mul_fp(&l->l1, &l->l1, &p->x);
    fp12_mul_line(f, f, &l->l0, &l->l1, &l->l3);
}

static void step_add(fp12 *f, g2_walker *t, const g2_affine *q, const g1_affine *p)
{
    line l;
    walk_add(t, q, &l);
    multiply_by_line(f, &l, p);
}

/* All pairs walk in step, so that the squarings of f are shared. */
void pairing_miller(fp12 *out, const g1_affine *p, const g2_affine *q, size_t pairs)
{
    assert(pairs <= MILLER_PAIRS_MAX);
    g2_walker t[MILLER_PAIRS_MAX];
    fp12 f = fp12_of_one();
    line l;
    for (size_t i = 0; i < pairs; i++)
        t[i] = walker_at(&q[i]);
    for (size_t d = 0; d < sizeof loop_digits; d++) {
        fp12_square(&f, &f);
        for (size_t i = 0; i < pairs; i++) {
            walk_double(&t[i], &l);
            multiply_by_line(&f, &l, &p[i]);
            if (loop_digits[d] == 0)
                continue;
            g2_affine signed_q = q[i];
            if (loop_digits[d] < 0)
                fp2_neg(&signed_q.y, &signed_q.y);
            step_add(&f, &t[i], &signed_q, &p[i]);
        }
    }
    for (size_t i = 0; i < pairs; i++) {
        g2_affine first, second;
        psi(&first, &q[i]);
        psi(&second, &first);
        fp2_neg(&second.y, &second.y);
        step_add(&f, &t[i], &first, &p[i]);
        step_add(&f, &t[i], &second, &p[i]);
    }
    *out = f;
}

/* f^(-u) of a cyclotomic f. */
static void power_minus_u(fp12 *out, const fp12 *f)
{
    fp12 power = *f;
    for (int bit = 61; bit >= 0; bit--) {
        fp12_cyclotomic_square(&power, &power);
        if (curve_u >> bit & 1)
            fp12_mul(&power, &power, f);
    }
    fp12_conjugate(out, &power);
}

/* f^((p^6 - 1)(p^2 + 1)): into the cyclotomic subgroup. */
static void finish_easy(fp12 *out, const fp12 *f)
{
    fp12 inverse, power, frobenius;
    fp12_invert(&inverse, f);
    fp12_conjugate(&power, f);
    fp12_mul(&power, &power, &inverse);
    fp12_frobenius(&frobenius, &power);
    fp12_frobenius(&frobenius, &frobenius);
    fp12_mul(out, &frobenius, &power);
}

/* The hard part: r^(2u (6u^2 + 3u + 1) (p^4 - p^2 + 1) / order), written as r^(l0 + l1 p + l2 p^2 + l3 p^3). The factor in
   front is coprime to the order, so the result is one in the same cases. */
void pairing_finish(fp12 *out, const fp12 *miller)
{
    fp12 r, u1, u2, u4, u6, a, b, c;
    finish_easy(&r, miller);
    power_minus_u(&u1, &r);
    fp12_cyclotomic_square(&u1, &u1);      /* r^(-2u) */
    fp12_cyclotomic_square(&u2, &u1);      /* r^(-4u) */
    fp12_mul(&u2, &u2, &u1);               /* r^(-6u) */
    power_minus_u(&u4, &u2);               /* r^(6u^2) */
    fp12_cyclotomic_square(&u6, &u4);      /* r^(12u^2) */
    power_minus_u(&u6, &u6);               /* r^(-12u^3) */
    fp12_conjugate(&u2, &u2);              /* r^(6u) */
    fp12_conjugate(&u6, &u6);              /* r^(12u^3) */
    fp12_mul(&a, &u6, &u4);
    fp12_mul(&a, &a, &u2);                 /* a = r^(12u^3 + 6u^2 + 6u) */
    fp12_mul(&b, &a, &u1);                 /* b = r^(12u^3 + 6u^2 + 4u) */
    fp12_mul(&c, &a, &u4);
    fp12_mul(&c, &c, &r);                  /* c = r^(12u^3 + 12u^2 + 6u + 1) */
    fp12_frobenius(&u1, &b);
    fp12_mul(&c, &c, &u1);                 /* c b^p */
    fp12_frobenius(&a, &a);
    fp12_frobenius(&a, &a);
    fp12_mul(&c, &c, &a);                  /* c b^p a^(p^2) */
    fp12_conjugate(&r, &r);
    fp12_mul(&b, &b, &r);                  /* r^(12u^3 + 6u^2 + 4u - 1) */
    for (int i = 0; i < 3; i++)
        fp12_frobenius(&b, &b);
    fp12_mul(out, &c, &b);
}
