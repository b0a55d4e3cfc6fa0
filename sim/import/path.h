/* SPDX-License-Identifier: MIT */
/*
 * Which table words stand behind each entry of QEMU's IOTLB.
 *
 * A hit in QEMU's IOTLB reads no table, but a model with its caches off walks
 * again. What the walk must find then are the words that made the entry, even
 * when the pages that held them have been reused for other tables since.
 */
#ifndef IOM_SIM_IMPORT_PATH_H
#define IOM_SIM_IMPORT_PATH_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

typedef struct iom_path_word {
	uint64_t address, value;
} iom_path_word;

typedef struct iom_path {
	uint64_t page; /* first input address, the size of the entry in the low bits */
	uint32_t asid, vmid;
	uint32_t first, room; /* words of the arena */
	uint32_t n_words; /* 0: free slot */
	uint32_t stored; /* the entry was stored as the n-th */
	bool privileged; /* the leaf admits privileged accesses only */
	uint64_t checked; /* iom_shadow.changes when the words were last all in place */
} iom_path;

typedef struct iom_paths {
	iom_path *slot; /* open addressing, nothing is ever removed */
	uint32_t mask, n_used, n_stored;
	uint64_t sizes; /* bit n: some entry maps 2^n bytes */
	GArray *arena; /* iom_path_word */
} iom_paths;

void iom_paths_init(iom_paths *p);
void iom_paths_clear(iom_paths *p);
/*
 * The entry for `address`, or NULL. Of several, the one stored last: it would not
 * have been made had QEMU still had another.
 */
iom_path *iom_paths_find(iom_paths *p, uint32_t asid, uint32_t vmid, uint64_t address);
/* Remember (at least one) words, in place of what was known for this entry. */
iom_path *iom_paths_store(iom_paths *p, uint32_t asid, uint32_t vmid, uint64_t address,
			  unsigned size_lg2, const iom_path_word *words, unsigned n);
static inline const iom_path_word *iom_path_words(const iom_paths *p, const iom_path *path)
{
	return &g_array_index(p->arena, iom_path_word, path->first);
}

#endif
