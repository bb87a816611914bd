"""Orders without memory."""

import hashlib

ROUNDS = 4


def shuffled(position: int, length: int, seed: int) -> int:
    """Where a position goes in a pseudo-random order of ``length`` things, without the order being kept anywhere.

    A Feistel network permutes the next larger power of four; what falls beyond the length is permuted again (cycle
    walking, Black & Rogaway 2002).
    """
    half = max(1, ((length - 1).bit_length() + 1) // 2)
    mask = (1 << half) - 1
    place = position
    while True:
        left, right = place >> half, place & mask
        for turn in range(ROUNDS):
            left, right = right, left ^ (_mix(right, seed, turn) & mask)
        place = (left << half) | right
        if place < length:
            return place


def _mix(value: int, seed: int, turn: int) -> int:
    key = value.to_bytes(8, "little") + seed.to_bytes(8, "little", signed=True) + bytes([turn])
    return int.from_bytes(hashlib.blake2b(key, digest_size=8).digest(), "little")
