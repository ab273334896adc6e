#include "crypto/bn254_group.h"

bool g1_is_on_curve(const g1_affine *a)
{
    if (g1_is_infinity(a))
        return true;
    fp left, right, three = fp_of_small(3);
    fp_square(&left, &a->y);
    fp_square(&right, &a->x);
    fp_mul(&right, &right, &a->x);
    fp_add(&right, &right, &three);
    return fp_equal(&left, &right);
}

void g1_from_affine(g1_point *out, const g1_affine *a)
{
    bool infinity = g1_is_infinity(a);
    out->x = a->x;
    out->y = a->y;
    out->z = infinity ? (fp){{0, 0, 0, 0}} : fp_one;
}

void g1_to_affine(g1_affine *out, const g1_point *a)
{
    fp inverse, square;
    fp_invert(&inverse, &a->z); /* zero for infinity, which makes both coordinates zero */
    fp_square(&square, &inverse);
    fp_mul(&out->x, &a->x, &square);
    fp_mul(&square, &square, &inverse);
    fp_mul(&out->y, &a->y, &square);
}

/* Explicit-Formulas Database, short Weierstrass with a = 0, Jacobian: dbl-2009-l. */
void g1_double(g1_point *out, const g1_point *p)
{
    fp a, b, c, d, e, f;
    fp_square(&a, &p->x);
    fp_square(&b, &p->y);
    fp_square(&c, &b);
    fp_add(&d, &p->x, &b);
    fp_square(&d, &d);
    fp_sub(&d, &d, &a);
    fp_sub(&d, &d, &c);
    fp_add(&d, &d, &d);
    fp_add(&e, &a, &a);
    fp_add(&e, &e, &a);
    fp_square(&f, &e);
    fp_mul(&out->z, &p->y, &p->z);
    fp_add(&out->z, &out->z, &out->z);
    fp_sub(&out->x, &f, &d);
    fp_sub(&out->x, &out->x, &d);
    fp_sub(&d, &d, &out->x);
    fp_mul(&out->y, &e, &d);
    for (int i = 0; i < 3; i++)
        fp_add(&c, &c, &c);
    fp_sub(&out->y, &out->y, &c);
}

/* add-2007-bl, with the cases it leaves out: infinity, equal points, opposite points. */
void g1_add(g1_point *out, const g1_point *p, const g1_point *q)
{
    if (fp_is_zero(&p->z)) {
        *out = *q;
        return;
    }
    if (fp_is_zero(&q->z)) {
        *out = *p;
        return;
    }
    fp z1z1, z2z2, u1, u2, s1, s2, h, i, j, r, v;
    fp_square(&z1z1, &p->z);
    fp_square(&z2z2, &q->z);
    fp_mul(&u1, &p->x, &z2z2);
    fp_mul(&u2, &q->x, &z1z1);
    fp_mul(&s1, &p->y, &q->z);
    fp_mul(&s1, &s1, &z2z2);
    fp_mul(&s2, &q->y, &p->z);
    fp_mul(&s2, &s2, &z1z1);
    fp_sub(&h, &u2, &u1);
    fp_sub(&r, &s2, &s1);
    if (fp_is_zero(&h)) {
        if (fp_is_zero(&r))
            g1_double(out, p);
        else
            memset(out, 0, sizeof *out);
        return;
    }
    fp_add(&i, &h, &h);
    fp_square(&i, &i);
    fp_mul(&j, &h, &i);
    fp_add(&r, &r, &r);
    fp_mul(&v, &u1, &i);
    fp z;
    fp_add(&z, &p->z, &q->z);
    fp_square(&z, &z);
    fp_sub(&z, &z, &z1z1);
    fp_sub(&z, &z, &z2z2);
    fp_mul(&out->z, &z, &h);
    fp_square(&out->x, &r);
    fp_sub(&out->x, &out->x, &j);
    fp_sub(&out->x, &out->x, &v);
    fp_sub(&out->x, &out->x, &v);
    fp_sub(&v, &v, &out->x);
    fp_mul(&out->y, &r, &v);
    fp_mul(&s1, &s1, &j);
    fp_add(&s1, &s1, &s1);
    fp_sub(&out->y, &out->y, &s1);
}

/* Four bits at a time from a table of the multiples 0 to 15. */
void g1_multiply(g1_point *out, const g1_affine *a, const uint8_t scalar_be[32])
{
    g1_point multiples[16], sum;
    memset(&multiples[0], 0, sizeof multiples[0]);
    g1_from_affine(&multiples[1], a);
    for (int i = 2; i < 16; i++)
        g1_add(&multiples[i], &multiples[i - 1], &multiples[1]);
    memset(&sum, 0, sizeof sum);
    for (int i = 0; i < 64; i++) {
        for (int j = 0; j < 4; j++)
            g1_double(&sum, &sum);
        g1_add(&sum, &sum, &multiples[scalar_be[i / 2] >> (i % 2 ? 0 : 4) & 15]);
    }
    *out = sum;
}
