/* group_sig.h: verifying a short group signature (Boneh, Boyen, Shacham 2004). Source: spec/precompiled.md 8.3. Pure; any
   thread. */
#ifndef HANSE_CRYPTO_GROUP_SIG_H
#define HANSE_CRYPTO_GROUP_SIG_H

#include "base/bytes.h"

/* Names of the values, as the JSON texts have them. */
enum { GROUP_SIG_KEY_POINTS = 6, GROUP_SIG_KEY_PAIRINGS = 4, GROUP_SIG_POINTS = 3, GROUP_SIG_NUMBERS = 6 };
extern const char *const group_sig_key_points[GROUP_SIG_KEY_POINTS];     /* g1 g2 h u v w */
extern const char *const group_sig_key_pairings[GROUP_SIG_KEY_PAIRINGS]; /* pr_g1_g2 pr_h_g2 pr_h_w pr_g1_g2_inv */
extern const char *const group_sig_points[GROUP_SIG_POINTS];             /* T1 T2 T3 */
extern const char *const group_sig_numbers[GROUP_SIG_NUMBERS];           /* c ralpha rbeta rx rdelta1 rdelta2 */

typedef struct {
    bytes q, h, r;                               /* of pairing_a.h, decimal */
    bytes key_points[GROUP_SIG_KEY_POINTS];      /* hexadecimal, in the order of the names */
    bytes key_pairings[GROUP_SIG_KEY_PAIRINGS];
    bytes points[GROUP_SIG_POINTS];
    bytes numbers[GROUP_SIG_NUMBERS];
    bytes message;
} group_sig;

typedef enum { GROUP_SIG_FALSE, GROUP_SIG_TRUE, GROUP_SIG_BAD_PARAMETERS } group_sig_result;

group_sig_result group_sig_verify(const group_sig *s);

#endif
