/* address_text.h: addresses as the tables write them. Source: spec/precompiled.md 3.3. */
#ifndef HANSE_STATE_ADDRESS_TEXT_H
#define HANSE_STATE_ADDRESS_TEXT_H

#include "crypto/suite.h"

enum { ADDRESS_HEX_BYTES = 41, ADDRESS_PREFIXED_BYTES = 43 };

void address_write_hex(const address *a, char out[ADDRESS_HEX_BYTES]);           /* 40 digits */
void address_write_prefixed(const address *a, char out[ADDRESS_PREFIXED_BYTES]); /* 0x and 40 digits */
/* Optional 0x and hexadecimal digits of either case. QUIRK: any number of digits other than 40 (39 counts as 40) gives the
   zero address and true. false: a character that is no digit; the result is the zero address too. */
bool address_read_text(bytes text, address *out);
/* The same, but false for every length other than 20 bytes. */
bool address_read_exact(bytes text, address *out);

#endif
