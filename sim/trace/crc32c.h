/* SPDX-License-Identifier: MIT */
/*
 * CRC-32C (Castagnoli): reflected polynomial 0x82f63b78, initial value and final
 * inversion of all ones; "123456789" gives 0xe3069283. `crc` is the result of the
 * bytes before, 0 for none.
 */
#ifndef IOM_SIM_CRC32C_H
#define IOM_SIM_CRC32C_H

#include <stddef.h>
#include <stdint.h>

uint32_t iom_crc32c(uint32_t crc, const void *data, size_t len);
/* The same without the processor's instruction; to compare with. */
uint32_t iom_crc32c_portable(uint32_t crc, const void *data, size_t len);

#endif
