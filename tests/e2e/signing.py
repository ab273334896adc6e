"""Transactions signed without hanse's own code, so that the tests can make wrong ones: Keccak-256, secp256k1, RLP, and the little
ABI that the demo contract needs. Source: spec/data-model.md sections 1 to 3."""

import os

# ---- Keccak-256 ----

_MASK = (1 << 64) - 1
_ROTATIONS = (0, 1, 62, 28, 27, 36, 44, 6, 55, 20, 3, 10, 43, 25, 39, 41, 45, 15, 21, 8, 18, 2, 61, 56, 14)


def _round_constants():
    constants, state = [], 1
    for _ in range(24):
        constant = 0
        for j in range(7):
            if state & 1:
                constant |= 1 << ((1 << j) - 1)
            state = (state << 1) ^ (0x171 if state & 0x80 else 0)
        constants.append(constant)
    return constants


_CONSTANTS = _round_constants()


def _permute(a):
    for constant in _CONSTANTS:
        c = [a[x] ^ a[x + 5] ^ a[x + 10] ^ a[x + 15] ^ a[x + 20] for x in range(5)]
        d = [c[x - 1] ^ ((c[(x + 1) % 5] << 1 | c[(x + 1) % 5] >> 63) & _MASK) for x in range(5)]
        b = [0] * 25
        for x in range(5):
            for y in range(5):
                i = x + 5 * y
                value, turn = a[i] ^ d[x], _ROTATIONS[i]
                b[y + 5 * ((2 * x + 3 * y) % 5)] = (value << turn | value >> (64 - turn)) & _MASK
        a = [b[i] ^ (~b[i - i % 5 + (i + 1) % 5] & b[i - i % 5 + (i + 2) % 5]) for i in range(25)]
        a[0] ^= constant
    return a


def keccak256(data):
    rate = 136
    padded = bytearray(data + b"\x01" + b"\0" * (rate - 1 - len(data) % rate))
    padded[-1] |= 0x80
    state = [0] * 25
    for start in range(0, len(padded), rate):
        for i in range(rate // 8):
            state[i] ^= int.from_bytes(padded[start + 8 * i:start + 8 * i + 8], "little")
        state = _permute(state)
    return b"".join(word.to_bytes(8, "little") for word in state[:4])


# ---- secp256k1 ----

P = 2**256 - 2**32 - 977
N = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
_G = (0x79BE667EF9DCBBAC55A06295CE870B07029BFCDB2DCE28D959F2815B16F81798,
      0x483ADA7726A3C4655DA4FBFC0E1108A8FD17B448A68554199C47D08FFB10D4B8)


def _add(p, q):
    if p is None or q is None:
        return q if p is None else p
    if p[0] == q[0]:
        if (p[1] + q[1]) % P == 0:
            return None
        slope = 3 * p[0] * p[0] * pow(2 * p[1], -1, P)
    else:
        slope = (q[1] - p[1]) * pow(q[0] - p[0], -1, P)
    x = (slope * slope - p[0] - q[0]) % P
    return x, (slope * (p[0] - x) - p[1]) % P


def _powers():
    powers = [_G]
    for _ in range(255):
        powers.append(_add(powers[-1], powers[-1]))
    return powers


_POWERS = _powers()


def _multiply(k):
    """k*G, in mixed coordinates so that only one inverse is taken."""
    x, y, z = 0, 1, 0
    for bit, (qx, qy) in enumerate(_POWERS):
        if not k >> bit & 1:
            continue
        if z == 0:
            x, y, z = qx, qy, 1
            continue
        zz = z * z % P
        h, r = (qx * zz - x) % P, (qy * zz * z - y) % P
        hh = h * h % P
        hhh, v = h * hh % P, x * hh % P
        x3 = (r * r - hhh - 2 * v) % P
        x, y, z = x3, (r * (v - x3) - y * hhh) % P, z * h % P
    inverse = pow(z, -1, P)
    return x * inverse * inverse % P, y * inverse * inverse * inverse % P


def sign(secret, digest):
    """(v, r, s) with v = 27 or 28 and s in the lower half."""
    while True:
        k = int.from_bytes(os.urandom(40), "big") % (N - 1) + 1
        x, y = _multiply(k)
        r = x % N
        s = pow(k, -1, N) * (int.from_bytes(digest, "big") + r * secret) % N
        if r == 0 or s == 0 or x >= N:
            continue
        odd = y & 1
        if s > N // 2:
            s, odd = N - s, odd ^ 1
        return 27 + odd, r, s


# ---- RLP ----

def _header(size, short):
    if size < 56:
        return bytes([short + size])
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([short + 55 + len(length)]) + length


def rlp(value):
    if isinstance(value, int):
        value = value.to_bytes((value.bit_length() + 7) // 8, "big")
    if isinstance(value, (bytes, bytearray)):
        return bytes(value) if len(value) == 1 and value[0] < 0x80 else _header(len(value), 0x80) + value
    items = b"".join(rlp(item) for item in value)
    return _header(len(items), 0xC0) + items


# ---- transactions ----

class Account:
    def __init__(self, secret=None):
        self.secret = secret or int.from_bytes(os.urandom(40), "big") % (N - 1) + 1
        x, y = _multiply(self.secret)
        self.public_key = x.to_bytes(32, "big") + y.to_bytes(32, "big")
        self.address = keccak256(self.public_key)[12:]


def transaction(account, to, data, block_limit, *, nonce=None, chain_id=1, group_id=1, extra=b"", v=None, s=None):
    """(raw bytes, hash as 0x text). to: 20 bytes, or empty for a creation."""
    nonce = int.from_bytes(os.urandom(31), "big") if nonce is None else nonce
    fields = [nonce, 300000000, 300000000, block_limit, to, 0, data, chain_id, group_id, extra]
    signature = sign(account.secret, keccak256(rlp(fields)))
    signature = (v if v is not None else signature[0], signature[1], s if s is not None else signature[2])
    raw = rlp(fields + list(signature))
    return raw, "0x" + keccak256(raw).hex()


# ---- ABI ----

def selector(signature):
    return keccak256(signature.encode())[:4]


def call_with_text(signature, text):
    """A call of a function with one string argument."""
    data = text.encode()
    return (selector(signature) + (32).to_bytes(32, "big") + len(data).to_bytes(32, "big") + data +
            b"\0" * (-len(data) % 32))
