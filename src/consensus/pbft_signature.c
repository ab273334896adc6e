#include <assert.h>

#include "consensus/pbft_state.h"
#include "base/mutant.h"

void pbft_sign_request(pbft *p, pbft_request *r)
{
    if (p->own_sig.size == 0 || !hash256_equal(&p->own_sig_digest, &r->block_hash)) {
        p->own_sig.size = (uint8_t)p->suite->signature_bytes;
        p->own_sig_digest = r->block_hash;
        p->suite->sign(&p->config.key, &r->block_hash, p->own_sig.b);
    }
    r->sig = p->own_sig;
    hash256 fields = pbft_fields_digest(p->suite, r);
    r->sig2.size = (uint8_t)p->suite->signature_bytes;
    p->suite->sign(&p->config.key, &fields, r->sig2.b);
}

pbft_request pbft_own_request(pbft *p, uint64_t height, uint64_t view, const hash256 *hash)
{
    assert(pbft_is_sealer(p));
    pbft_request r = {
        .height = height, .view = view, .idx = p->idx, .timestamp_ms = u256_of(p->utc_ms), .block_hash = *hash};
    pbft_sign_request(p, &r);
    return r;
}

static bool verify_once(const pbft *p, pbft_seat *seat, const hash256 *digest, const pbft_signature *sig)
{
    for (size_t i = 0; i < PBFT_VERIFIED_KEPT; i++)
        if (seat->verified[i].sig.size && hash256_equal(&seat->verified[i].digest, digest) &&
            bytes_equal(pbft_signature_bytes(&seat->verified[i].sig), pbft_signature_bytes(sig)))
            return true;
    if (!p->suite->verify(&seat->node, digest, pbft_signature_bytes(sig)))
        return false;
    seat->verified[seat->verified_next++ % PBFT_VERIFIED_KEPT] = (pbft_verified){.digest = *digest, .sig = *sig};
    return true;
}

bool pbft_verify_request(const pbft *p, const pbft_request *r)
{
    assert(r->idx < p->count);
    pbft_seat *seat = &p->seats[r->idx];
    hash256 fields = pbft_fields_digest(p->suite, r);
    if (IS_MUTANT(MUTANT_VOTES_NOT_VERIFIED))
        return true;
    return (IS_MUTANT(MUTANT_FIELDS_NOT_VERIFIED) || verify_once(p, seat, &fields, &r->sig2)) &&
           verify_once(p, seat, &r->block_hash, &r->sig);
}
