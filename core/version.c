/* SPDX-License-Identifier: MIT */
#include "config.h"
#include "core/core.h"

const char *iom_version(void)
{
	return IOM_VERSION;
}

GQuark iom_error_quark(void)
{
	return g_quark_from_static_string("iommulate");
}
