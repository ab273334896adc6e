/* version.h: what every program and library of hanse says of itself. */
#ifndef HANSE_BASE_VERSION_H
#define HANSE_BASE_VERSION_H

#define HANSE_VERSION "0.1.0"

#endif
