/* The server's half of the vfio-user protocol: one UNIX socket carries one PCI device. */
#ifndef VFIO_USER_H
#define VFIO_USER_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { VU_BAR0, VU_BAR1, VU_BAR2, VU_CONFIG = 7, VU_REGIONS = 9 };
enum { VU_MAX_VECTORS = 64, VU_MAX_MAPS = 64 };

struct vu_map {
	uint64_t iova, size;
	uint8_t *at;
	bool writable;
	uint8_t *base;	/* what was mapped, for munmap */
	size_t mapped;
};

/* What the device does when the guest touches it. */
struct vu_ops {
	void (*read)(void *dev, uint32_t region, uint64_t offset, void *data, uint32_t size);
	void (*write)(void *dev, uint32_t region, uint64_t offset, const void *data, uint32_t size);
	void (*reset)(void *dev);
};

struct vu {
	const struct vu_ops *ops;
	void *dev;
	const char *path;
	int listener, fd;
	uint64_t region_size[VU_REGIONS];
	uint32_t vectors;
	int eventfd[VU_MAX_VECTORS];
	struct vu_map maps[VU_MAX_MAPS];
	unsigned map_count, last_map;
	uint64_t messages, interrupts;
};

void vu_listen(struct vu *vu, const char *path);
void vu_accept(struct vu *vu);
bool vu_receive(struct vu *vu);	/* handles one message; false: there is none, or the client has gone (fd is -1) */
void vu_interrupt(struct vu *vu, uint32_t vector);
void *vu_memory_slow(struct vu *vu, uint64_t iova, uint64_t size);

/* Guest memory at a DMA address, to read or to write; NULL where not all of it is one mapping, or, to write, where the
 * guest has it read-only. The driver chooses these addresses: nothing else may turn one into a pointer. */
static inline void *vu_memory(struct vu *vu, uint64_t iova, uint64_t size)
{
	struct vu_map *map = &vu->maps[vu->last_map];

	if (iova >= map->iova && iova - map->iova < map->size && size <= map->size - (iova - map->iova))
		return map->at + (iova - map->iova);
	return vu_memory_slow(vu, iova, size);
}

static inline void *vu_writable(struct vu *vu, uint64_t iova, uint64_t size)
{
	void *at = vu_memory(vu, iova, size);

	return at && vu->maps[vu->last_map].writable ? at : NULL;
}
#endif
