/* clock.h: the two clocks of the process. Protocol code never calls these: it is told the time. */
#ifndef HANSE_BASE_CLOCK_H
#define HANSE_BASE_CLOCK_H

#include <stdint.h>

uint64_t clock_steady_ms(void); /* monotonic */
uint64_t clock_steady_us(void);
uint64_t clock_utc_ms(void);    /* wall clock, since 1970 */

#endif
