/* number_text.h: big integers as texts in tables. Source: spec/precompiled.md 3.3. */
#ifndef HANSE_CONTRACT_NUMBER_TEXT_H
#define HANSE_CONTRACT_NUMBER_TEXT_H

#include "base/u256.h"

/* Digits, reduced modulo 2^256; a leading 0 makes them octal (QUIRK); a leading '-' negates (two's complement). */
bool number_read_cast(bytes text, u256 *out) MUST_USE;
/* The same, and "0x" with hexadecimal digits, and "" for 0. */
bool number_read_constructed(bytes text, u256 *out) MUST_USE;

#endif
