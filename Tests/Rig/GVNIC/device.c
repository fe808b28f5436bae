/* The device's surface: PCI configuration space, registers, doorbells and interrupts. */
#define _GNU_SOURCE
#include <string.h>
#include <time.h>

#include "gvnic.h"

enum { BAR_SIZE = 4096 };
enum { REG_DEVICE_STATUS = 0, REG_DRIVER_STATUS = 4, REG_MAX_TX = 8, REG_MAX_RX = 0xc, REG_DOORBELL = 0x14,
       REG_EVENTS = 0x18, REG_RING_HIGH = 0x20, REG_RING_LOW = 0x24, REG_RING_LENGTH = 0x28 };
enum { STATUS_RESET = 1 << 1, STATUS_LINK = 1 << 2, STATUS_IS_RESET = 1 << 4, DRIVER_RUN = 1, DRIVER_RESET = 2 };
enum { ARM = 1, CLEAR = 2 };

FILE *model_log;

uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/* ---- interrupts ---- */

static void raise_block(struct gvnic *nic, uint32_t block)
{
	struct block *b = &nic->blocks[block];

	b->armed = b->pending = false;
	nic->block_interrupts[block]++;
	vu_interrupt(&nic->vu, block);
}

void event(struct gvnic *nic, uint32_t block)
{
	struct block *b = &nic->blocks[block];

	if (b->armed && !(nic->faults.held_blocks >> block & 1))
		raise_block(nic, block);
	else
		b->pending = true;
}

void release_interrupts(struct gvnic *nic, uint64_t blocks)
{
	nic->faults.held_blocks &= ~blocks;
	for (uint32_t i = 0; i < nic->blocks_used; i++)
		if (blocks >> i & 1 && nic->blocks[i].armed && nic->blocks[i].pending)
			raise_block(nic, i);
}

/* The interrupt after those of the queues: the driver reads the device's status. */
void management_interrupt(struct gvnic *nic)
{
	if (nic->blocks_used)
		vu_interrupt(&nic->vu, nic->blocks_used);
}

/* ---- registers and doorbells ---- */

void device_reset(struct gvnic *nic)
{
	static const uint8_t key[RSS_KEY] = { 0x6d, 0x5a, 0x56, 0xda, 0x25, 0x5b, 0x0e, 0xc2, 0x41, 0x67, 0x25, 0x3d, 0x43,
		0xa3, 0x8f, 0xb0, 0xd0, 0xca, 0x2b, 0xcb, 0xae, 0x7b, 0x30, 0xb4, 0x77, 0xcb, 0x2d, 0xa3, 0x80, 0x30, 0xf2,
		0x0c, 0x6a, 0x42, 0xb7, 0x3b, 0xbe, 0xac, 0x01, 0xfa };

	nic->running = false;
	nic->is_reset = true;
	nic->admin_ring = 0;
	nic->admin_size = nic->admin_done = 0;
	nic->blocks_used = 0;
	nic->stats_address = nic->stats_length = 0;
	nic->rule_count = 0;
	memset(nic->tx, 0, sizeof(nic->tx));
	memset(nic->rx, 0, sizeof(nic->rx));
	memset(nic->rules, 0, sizeof(nic->rules));
	memset(nic->blocks, 0, sizeof(nic->blocks));
	nic->faults.reset_requested = false;
	nic->resets++;
	forget_held_frame(nic);
	rss_set_key(nic, key);
	for (unsigned i = 0; i < RSS_TABLE; i++)
		nic->rss_table[i] = i % nic->settings->queues_used;
}

static void reset(void *dev)
{
	device_reset(dev);
}

static uint32_t read_register(const struct gvnic *nic, uint64_t offset)
{
	switch (offset) {
	case REG_DEVICE_STATUS:
		return (nic->faults.link_down ? 0 : STATUS_LINK) | (nic->faults.reset_requested ? STATUS_RESET : 0) |
		       (nic->is_reset ? STATUS_IS_RESET : 0);
	case REG_MAX_TX: case REG_MAX_RX: return nic->settings->queues;
	case REG_EVENTS: return nic->admin_done;
	default: return 0;
	}
}

static void read_region(void *dev, uint32_t region, uint64_t offset, void *data, uint32_t size)
{
	struct gvnic *nic = dev;

	memset(data, 0, size);
	if (region == VU_CONFIG)
		memcpy(data, nic->config + offset, size);
	else if (region == VU_BAR0 && size == 4)
		put_be32(data, read_register(nic, offset));
}

static void write_register(struct gvnic *nic, uint64_t offset, const void *data, uint32_t size)
{
	uint32_t value = size == 4 ? be32_at(data) : size == 2 ? be16_at(data) : 0;

	switch (offset) {
	case REG_RING_LENGTH: nic->admin_size = value; break;
	case REG_RING_HIGH: nic->admin_ring = (uint64_t)value << 32 | (uint32_t)nic->admin_ring; break;
	case REG_RING_LOW: nic->admin_ring = nic->admin_ring >> 32 << 32 | value; break;
	case REG_DOORBELL: admin_doorbell(nic, value); break;
	case REG_DRIVER_STATUS:
		if (value & DRIVER_RESET) {
			device_reset(nic);
		} else if (value & DRIVER_RUN) {
			nic->running = true;
			nic->is_reset = false;
			nic->admin_done = 0;
		}
	}
}

static void ring_doorbell(struct gvnic *nic, uint32_t word, uint32_t value)
{
	if (word < nic->blocks_used) {
		struct block *block = &nic->blocks[word];

		if (value & CLEAR)
			block->pending = false;
		if (value & ARM) {
			block->armed = true;
			if (block->pending)
				event(nic, word);
		}
	} else if (word >= DOORBELL_TX && word < DOORBELL_TX + MAX_QUEUES && nic->tx[word - DOORBELL_TX].exists) {
		struct tx_queue *q = &nic->tx[word - DOORBELL_TX];

		q->tail = value & (q->size - 1);
		if (!q->blocked)
			transmit(nic, word - DOORBELL_TX);
	} else if (word >= DOORBELL_RX && word < DOORBELL_RX + MAX_QUEUES && nic->rx[word - DOORBELL_RX].exists) {
		struct rx_queue *q = &nic->rx[word - DOORBELL_RX];

		q->tail = value & (q->buffer_ring - 1);
		retry_blocked(nic->peer);
	}
}

static void write_region(void *dev, uint32_t region, uint64_t offset, const void *data, uint32_t size)
{
	struct gvnic *nic = dev;

	if (region == VU_BAR0)
		write_register(nic, offset, data, size);
	else if (region == VU_BAR2 && size == 4)
		ring_doorbell(nic, (uint32_t)(offset / 4), le32_at(data));
	else if (region == VU_CONFIG && offset >= 4 && offset + size <= 8)	/* command and status */
		memcpy(nic->config + offset, data, size);
}

const struct vu_ops device_ops = { read_region, write_region, reset };

/* ---- configuration space ---- */

static void make_config(struct gvnic *nic)
{
	uint8_t *c = nic->config;

	put_le16(c, 0x1ae0);		/* Google */
	put_le16(c + 2, 0x0042);	/* gVNIC */
	put_le16(c + 6, 0x10);		/* has capabilities */
	c[8] = 1;			/* this revision tells the driver to use the admin queue's 64-bit address */
	c[0xb] = 2;			/* network, Ethernet */
	put_le16(c + 0x2c, 0x1ae0);
	put_le16(c + 0x2e, 0x0058);
	c[0x34] = 0x40;
	c[0x40] = 0x11;			/* MSI-X: table at the start of BAR 1, pending bits in its second half */
	put_le16(c + 0x42, nic->vu.vectors - 1);
	put_le32(c + 0x44, 1);
	put_le32(c + 0x48, BAR_SIZE / 2 | 1);
}

void device_make(struct gvnic *nic, const struct settings *settings, const char *name, unsigned number,
		 struct gvnic *peer)
{
	nic->settings = settings;
	nic->name = name;
	nic->peer = peer;
	memcpy(nic->mac, (uint8_t[]){ 0x42, 0x01, 0x0a, 0, 0, (uint8_t)(number + 1) }, 6);
	nic->faults.wrong_queue = -1;
	nic->vu.ops = &device_ops;
	nic->vu.dev = nic;
	nic->vu.vectors = 2 * settings->queues + 1;
	nic->vu.region_size[VU_BAR0] = nic->vu.region_size[VU_BAR1] = nic->vu.region_size[VU_BAR2] = BAR_SIZE;
	nic->vu.region_size[VU_CONFIG] = sizeof(nic->config);
	for (unsigned i = 0; i < VU_MAX_VECTORS; i++)
		nic->vu.eventfd[i] = -1;
	make_config(nic);
	device_reset(nic);
	nic->resets = 0;
}
