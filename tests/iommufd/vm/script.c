/* SPDX-License-Identifier: MIT */
/* Sequences over every ioctl, written down. */
#define _GNU_SOURCE
#include "port.h"

#include <string.h>

void run_script(void)
{
	int fd;

	port_start();
	mem_setup();
	fd = port_open("iommu");
	note("open = %d\n", fd);
	port_close(fd);
}
