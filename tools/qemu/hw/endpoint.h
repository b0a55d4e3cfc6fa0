/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Registers of "iommulate-endpoint", for the device and for who drives it. */
#ifndef IOMMULATE_QEMU_ENDPOINT_H
#define IOMMULATE_QEMU_ENDPOINT_H

#define EP_VENDOR 0x1234
#define EP_DEVICE 0x11e9

/* In BAR 0, 64 bits each. */
enum {
	EP_ENABLED = 0x00, /* EP_ATS | ...: as the capabilities have it; written, they get it */
	EP_ADDRESS = 0x08, /* the request: */
	EP_LENGTH = 0x10,
	EP_PASID = 0x18, /* EP_NO_PASID: without */
	EP_FLAGS = 0x20, /* EP_NO_WRITE | ... */
	EP_GROUP = 0x28, /* of page requests */
	EP_COMMAND = 0x30, /* EP_TRANSLATE ...: done when the write is */
	EP_STATUS = 0x38, /* what QEMU answered: how many entries, 0, or less for an error */
	EP_ERRORS = 0x40, /* parts without a translation */
	EP_INDEX = 0x48, /* of the entry that the next four show */
	EP_ENTRY_INPUT = 0x50,
	EP_ENTRY_OUTPUT = 0x58,
	EP_ENTRY_MASK = 0x60,
	EP_ENTRY_RIGHTS = 0x68, /* 1 read, 2 write, 4 execute, 8 privileged, 16 global */
	EP_DATA = 0x70, /* read or written at the entry's output, with EP_ADDRESS's offset */
	EP_NOTICES = 0x78, /* invalidations heard since EP_LISTEN */
	EP_NOTICE_FIRST = 0x80, /* the lowest and */
	EP_NOTICE_LAST = 0x88, /* the highest address of them; written 0: none heard yet */
	EP_RESPONSES = 0x90, /* to page requests */
	EP_RESPONSE = 0x98, /* the last: code in bits 7:0 (0 success), group above */
	EP_SIZE = 0x1000,
};

enum { EP_ATS = 1, EP_PASIDS = 2, EP_PRI = 4 };
enum {
	EP_NO_WRITE = 1,
	EP_PRIVILEGED = 2,
	EP_EXECUTE = 4,
	EP_READ = 8, /* page requests only, like the next two */
	EP_WRITE = 16,
	EP_LAST = 32,
};
enum {
	EP_TRANSLATE = 1,
	EP_REQUEST_PAGE,
	EP_FETCH, /* DATA from memory, at the entry */
	EP_STORE,
	EP_LISTEN, /* to what concerns PASID; once */
	EP_LEAVE,
};
#define EP_NO_PASID 0xffffffffu

#endif
