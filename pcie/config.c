/* SPDX-License-Identifier: MIT */
/*
 * A configuration space is three arrays of the same size: the bytes, the bits
 * that software may store, and the bits that it clears by writing ones.
 */
#include "pcie/internal.h"

#include <string.h>

iom_pci_config *iom_pci_config_new(unsigned size)
{
	iom_pci_config *c = g_new0(iom_pci_config, 1);

	pthread_mutex_init(&c->lock, NULL);
	c->size = CLAMP(size & ~3u, 64u, IOM_PCI_CONFIG_SIZE);
	return c;
}

iom_pci_config *iom_pci_config_copy(const iom_pci_config *config)
{
	iom_pci_config *c = g_new(iom_pci_config, 1);

	*c = *config;
	pthread_mutex_init(&c->lock, NULL);
	c->watch = NULL;
	c->watch_opaque = NULL;
	c->watchers = NULL;
	c->outstanding = 0;
	c->pf = NULL;
	c->vfs = NULL;
	return c;
}

void iom_pci_config_free(iom_pci_config *config)
{
	if (!config)
		return;
	if (config->pf)
		g_ptr_array_remove(config->pf->vfs, config);
	if (config->vfs)
		g_ptr_array_unref(config->vfs);
	if (config->watchers)
		g_array_unref(config->watchers);
	pthread_mutex_destroy(&config->lock);
	g_free(config);
}

unsigned iom_pci_config_size(const iom_pci_config *config)
{
	return config->size;
}

static uint32_t load(const uint8_t *at, unsigned size)
{
	uint32_t value = 0;

	for (unsigned i = 0; i < size; i++)
		value |= (uint32_t)at[i] << (8 * i);
	return value;
}

static void store(uint8_t *at, unsigned size, uint32_t value)
{
	for (unsigned i = 0; i < size; i++)
		at[i] = (uint8_t)(value >> (8 * i));
}

/* One word or a part of it, as a request with byte enables can address. */
static bool accessible(const iom_pci_config *c, unsigned offset, unsigned size)
{
	return (size == 1 || size == 2 || size == 4) && offset < c->size &&
	       (offset & 3) + size <= 4;
}

static uint32_t ones(unsigned size)
{
	return size >= 4 ? UINT32_MAX : (1u << (8 * size)) - 1;
}

/* 9.3.3.3.1: without VF Enable, and beyond NumVFs, nothing answers. */
static bool answers(const iom_pci_config *c)
{
	return !c->pf || iom_pci_vf_enabled(c);
}

uint32_t iom_pci_config_read(const iom_pci_config *config, unsigned offset, unsigned size)
{
	return answers(config) ? iom_pci_config_peek(config, offset, size) : ones(size);
}

uint32_t iom_pci_config_peek(const iom_pci_config *config, unsigned offset, unsigned size)
{
	uint32_t value;

	if (!accessible(config, offset, size))
		return ones(size);
	pthread_mutex_lock((pthread_mutex_t *)&config->lock);
	value = load(config->bytes + offset, size);
	pthread_mutex_unlock((pthread_mutex_t *)&config->lock);
	return value;
}

/* Bits of the word that a lock holds at this moment. */
static uint32_t locked(const iom_pci_config *c, unsigned word)
{
	uint32_t bits = 0;

	for (unsigned i = 0; i < c->n_locks; i++) {
		if (c->locks[i].offset == word &&
		    load(c->bytes + c->locks[i].guard, 4) & c->locks[i].guard_bits)
			bits |= c->locks[i].bits;
	}
	return bits;
}

static void tell(iom_pci_config *config, unsigned word, uint32_t before, uint32_t after)
{
	if (config->watch)
		config->watch(config->watch_opaque, word, before, after);
	for (guint i = 0; config->watchers && i < config->watchers->len; i++) {
		const pci_watcher *w = &g_array_index(config->watchers, pci_watcher, i);

		w->fn(w->opaque, word, before, after);
	}
}

void iom_pci_config_write(iom_pci_config *config, unsigned offset, unsigned size, uint32_t value)
{
	unsigned word = offset & ~3u, shift = 8 * (offset & 3);
	uint32_t before, after, lanes, rw, w1c, pulses;

	if (!accessible(config, offset, size) || !answers(config))
		return;
	lanes = ones(size) << shift;
	value = value << shift & lanes;
	pthread_mutex_lock(&config->lock);
	before = load(config->bytes + word, 4);
	pulses = load(config->pulses + word, 4) & value;
	rw = load(config->writable + word, 4) & lanes & ~locked(config, word);
	w1c = load(config->clears + word, 4) & value;
	after = (before & ~rw & ~w1c) | (value & rw);
	store(config->bytes + word, 4, after);
	pthread_mutex_unlock(&config->lock);
	if (config->effect)
		config->effect(config, word, before, after | pulses);
	tell(config, word, before, after | pulses);
}

/* The identification is read-only: a write of it that everyone may ignore. */
void iom_pci_config_changed(iom_pci_config *config)
{
	uint32_t id = iom_pci_config_peek(config, PCI_VENDOR, 4);

	tell(config, PCI_VENDOR, id, id);
}

void iom_pci_config_watch_more(iom_pci_config *config,
			       void (*fn)(void *opaque, unsigned offset, uint32_t before,
					  uint32_t after),
			       void *opaque, bool on)
{
	pci_watcher watcher = { fn, opaque };

	if (!config->watchers)
		config->watchers = g_array_new(FALSE, FALSE, sizeof(watcher));
	if (on) {
		g_array_append_val(config->watchers, watcher);
		return;
	}
	for (guint i = 0; i < config->watchers->len; i++) {
		const pci_watcher *w = &g_array_index(config->watchers, pci_watcher, i);

		if (w->fn == fn && w->opaque == opaque) {
			g_array_remove_index(config->watchers, i);
			return;
		}
	}
}

bool iom_pci_outstanding_take(iom_pci_config *config, uint64_t n, uint64_t limit)
{
	bool fits;

	pthread_mutex_lock(&config->lock);
	fits = config->outstanding + n <= limit;
	if (fits)
		config->outstanding += n;
	pthread_mutex_unlock(&config->lock);
	return fits;
}

void iom_pci_outstanding_give(iom_pci_config *config, uint64_t n)
{
	pthread_mutex_lock(&config->lock);
	config->outstanding -= MIN(n, config->outstanding);
	pthread_mutex_unlock(&config->lock);
}

uint64_t iom_pci_outstanding(const iom_pci_config *config)
{
	pthread_mutex_t *lock = (pthread_mutex_t *)&config->lock;
	uint64_t n;

	pthread_mutex_lock(lock);
	n = config->outstanding;
	pthread_mutex_unlock(lock);
	return n;
}

void iom_pci_config_set_pulses(iom_pci_config *config, unsigned offset, unsigned size,
			       uint32_t bits)
{
	if (accessible(config, offset, size))
		store(config->pulses + offset, size, bits);
}

uint32_t iom_pci_config_writable(const iom_pci_config *config, unsigned offset)
{
	return accessible(config, offset, 4) ? load(config->writable + offset, 4) : 0;
}

void iom_pci_config_set_reset(iom_pci_config *config)
{
	memcpy(config->reset, config->bytes, sizeof(config->reset));
}

void iom_pci_config_reset(iom_pci_config *config)
{
	pthread_mutex_lock(&config->lock);
	for (unsigned i = 0; i < config->size; i++) {
		uint8_t changes = config->writable[i] | config->clears[i];

		config->bytes[i] =
			(uint8_t)((config->bytes[i] & ~changes) | (config->reset[i] & changes));
	}
	pthread_mutex_unlock(&config->lock);
}

void iom_pci_config_lock(iom_pci_config *config, unsigned offset, uint32_t bits, unsigned guard,
			 uint32_t guard_bits)
{
	unsigned n = config->n_locks;

	if (n == PCI_MAX_LOCKS || !accessible(config, offset, 4) || !accessible(config, guard, 4))
		return;
	config->locks[n].offset = (uint16_t)offset;
	config->locks[n].bits = bits;
	config->locks[n].guard = (uint16_t)guard;
	config->locks[n].guard_bits = guard_bits;
	config->n_locks = n + 1;
}

void iom_pci_config_set(iom_pci_config *config, unsigned offset, unsigned size, uint32_t value)
{
	if (!accessible(config, offset, size))
		return;
	pthread_mutex_lock(&config->lock);
	store(config->bytes + offset, size, value);
	pthread_mutex_unlock(&config->lock);
}

void iom_pci_config_set_masks(iom_pci_config *config, unsigned offset, unsigned size,
			      uint32_t writable, uint32_t write_one_clears)
{
	if (!accessible(config, offset, size))
		return;
	/* a function changes its own masks while other threads write */
	pthread_mutex_lock(&config->lock);
	store(config->writable + offset, size, writable);
	store(config->clears + offset, size, write_one_clears);
	pthread_mutex_unlock(&config->lock);
}

void iom_pci_config_watch(iom_pci_config *config,
			  void (*fn)(void *opaque, unsigned offset, uint32_t before,
				     uint32_t after),
			  void *opaque)
{
	config->watch = fn;
	config->watch_opaque = opaque;
}

void iom_pci_build_header(iom_pci_config *config, uint16_t vendor, uint16_t device,
			  uint32_t class_code, unsigned header_type)
{
	iom_pci_config_set(config, PCI_VENDOR, 2, vendor);
	iom_pci_config_set(config, PCI_DEVICE, 2, device);
	iom_pci_config_set(config, PCI_REVISION, 4, class_code << 8);
	iom_pci_config_set(config, PCI_HEADER_TYPE, 1, header_type);
	/* 7.5.1.1.3: memory space, bus master, interrupt disable */
	iom_pci_config_set_masks(config, PCI_COMMAND, 2, 0x0406, 0);
}

static bool build_standard(iom_pci_config *c, unsigned offset, unsigned id)
{
	iom_pci_chain *chain = iom_pci_walk(c, IOM_PCI_STANDARD);
	bool ok = offset >= 0x40 && offset <= 0xfc && !(offset & 3) && !chain->defect;

	for (unsigned i = 0; i < chain->n; i++)
		ok = ok && chain->capabilities[i].offset != offset;
	if (ok) {
		unsigned from =
			chain->n ? chain->capabilities[chain->n - 1].offset + 1u : PCI_CAPABILITIES;

		iom_pci_config_set(c, offset, 2, id);
		iom_pci_config_set(c, from, 1, offset);
		iom_pci_config_set(c, PCI_STATUS, 2,
				   iom_pci_config_read(c, PCI_STATUS, 2) | PCI_STATUS_LIST);
	}
	iom_pci_chain_free(chain);
	return ok;
}

static bool build_extended(iom_pci_config *c, unsigned offset, unsigned id, unsigned version)
{
	iom_pci_chain *chain = iom_pci_walk(c, IOM_PCI_EXTENDED);
	bool ok = offset >= IOM_PCI_EXTENDED_START && offset + 4 <= c->size && !(offset & 3) &&
		  !chain->defect && iom_pci_has_extended(c) &&
		  (chain->n || offset == IOM_PCI_EXTENDED_START);

	for (unsigned i = 0; i < chain->n; i++)
		ok = ok && chain->capabilities[i].offset != offset;
	if (ok) {
		iom_pci_config_set(c, offset, 4, EXT_HEADER(id, version, 0));
		if (chain->n)
			iom_pci_set_next(c, chain->capabilities[chain->n - 1].offset, offset);
	}
	iom_pci_chain_free(chain);
	return ok;
}

bool iom_pci_build_capability(iom_pci_config *config, iom_pci_list list, unsigned offset,
			      unsigned id, unsigned version)
{
	return list == IOM_PCI_STANDARD ? build_standard(config, offset, id)
					: build_extended(config, offset, id, version);
}
