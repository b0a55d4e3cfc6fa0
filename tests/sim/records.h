/* SPDX-License-Identifier: MIT */
/* Records of traces that tests write by hand. */
#ifndef IOM_TESTS_SIM_RECORDS_H
#define IOM_TESTS_SIM_RECORDS_H

#include "sim/trace/trace.h"

static inline void record_reg(iom_trace_writer *w, uint64_t offset, uint32_t length, uint64_t value)
{
	iom_trace_record r = {
		.kind = IOM_TRACE_REG_WRITE, .length = length, .address = offset, .value = value
	};

	iom_trace_write(w, &r);
}

static inline void record_mem(iom_trace_writer *w, uint64_t address, uint64_t value)
{
	iom_trace_record r = {
		.kind = IOM_TRACE_MEM_WRITE, .length = 8, .address = address, .value = value
	};

	iom_trace_write(w, &r);
}

#endif
