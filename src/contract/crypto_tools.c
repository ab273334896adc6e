/* Crypto, 0x5006: hashes and verifications with fixed algorithms on every chain. Source: spec/precompiled.md 8.5. */
#include "contract/contract.h"

#include "crypto/vrf.h"

static contract_outcome hash_with(contract_call *c, digest_kind kind)
{
    hash256 hash = digest_of(kind, abi_read_bytes(&c->arguments));
    return contract_answer_u256(c, u256_from_be(BYTES_OF_VALUE(hash)));
}

static contract_outcome sm3(contract_call *c)
{
    return hash_with(c, DIGEST_SM3);
}

static contract_outcome keccak256(contract_call *c)
{
    return hash_with(c, DIGEST_KECCAK256);
}

static contract_outcome answer_pair(contract_call *c, bool valid, u256 value)
{
    abi_writer w = abi_writer_of(c->memory);
    abi_write_u256(&w, u256_of(valid));
    abi_write_u256(&w, valid ? value : U256_ZERO);
    c->output = abi_written(&w);
    return CONTRACT_DONE;
}

/* QUIRK: r and s are compared with the order of secp256k1, which is_well_formed does too. */
static contract_outcome sm2_verify(contract_call *c)
{
    hash256 message = abi_read_bytes32(&c->arguments);
    bytes key_bytes = abi_read_bytes(&c->arguments);
    uint8_t signature[128];
    public_key key = {{0}};
    hash256 r = abi_read_bytes32(&c->arguments), s = abi_read_bytes32(&c->arguments);
    if (key_bytes.size == sizeof key)
        memcpy(&key, key_bytes.data, sizeof key);
    memcpy(signature, r.b, sizeof r.b);
    memcpy(signature + 32, s.b, sizeof s.b);
    memcpy(signature + 64, &key, sizeof key);
    bool valid = crypto_national.is_well_formed(BYTES_OF_VALUE(signature)) &&
                 crypto_national.verify(&key, &message, BYTES_OF_VALUE(signature));
    address signer = address_of_key(&crypto_national, &key);
    return answer_pair(c, valid, u256_from_be(BYTES_OF_VALUE(signer)));
}

static contract_outcome verify_vrf(contract_call *c)
{
    bytes input = abi_read_bytes(&c->arguments), key = abi_read_bytes(&c->arguments), proof = abi_read_bytes(&c->arguments);
    hash256 output = {{0}};
    bool valid = vrf_public_key_is_valid(key) && vrf_verify(key, input, proof, &output);
    return answer_pair(c, valid, u256_from_be(BYTES_OF_VALUE(output)));
}

static const contract_method methods[] = {
    {"sm3(bytes)", 0, false, sm3},
    {"keccak256Hash(bytes)", 0, false, keccak256},
    {"sm2Verify(bytes32,bytes,bytes32,bytes32)", 0, false, sm2_verify},
    {"curve25519VRFVerify(string,string,string)", 0, false, verify_vrf},
};

const contract contract_crypto = {.address = 0x5006, .name = "Crypto", .since = VERSION_OF(2, 8, 0), .memory_of_call_data = true,
                                  .unknown = UNKNOWN_UINT32, .unknown_code = CODE_UNKNOW_FUNCTION_CALL, .methods = methods,
                                  .method_count = COUNT(methods)};
