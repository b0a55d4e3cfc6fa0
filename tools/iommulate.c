/* SPDX-License-Identifier: MIT */
#include "tools/commands.h"

int main(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	return 0;
}
