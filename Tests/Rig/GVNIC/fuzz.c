/* gvnic-fuzz [ROUNDS [SEED]]: a hostile driver. Registers, admin commands, descriptors, frames and control lines that are
 * right, nearly right and wrong, against the model built with the sanitizers; guest memory is allocated, so that a byte
 * beyond it is an error. It ends with what was reached, because a fuzz test that never gets past the first check is none. */
#define _GNU_SOURCE
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "gvnic.h"

enum { REGIONS = 8, ADMIN_SLOTS = 64, COMMAND = 64, LARGE = 1 << 20 };
enum { REG_DRIVER_STATUS = 4, REG_DOORBELL = 0x14, REG_RING_HIGH = 0x20, REG_RING_LOW = 0x24, REG_RING_LENGTH = 0x28 };

static struct gvnic nics[2];
static struct settings settings;
static uint64_t state;
static uint64_t passed, refused;
static FILE *nowhere;	/* where nobody reads */

static uint64_t next(void)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state;
}

static uint32_t below(uint32_t n) { return (uint32_t)(next() % n); }
static bool one_in(uint32_t n) { return !below(n); }

/* ---- guest memory ---- */

static void map_region(struct gvnic *nic, unsigned index)
{
	static const uint64_t sizes[] = { LARGE, LARGE, LARGE, 4096, 4096, 2048, 100, 1 };
	struct vu_map *map = &nic->vu.maps[nic->vu.map_count++];

	map->size = map->mapped = sizes[index];
	map->iova = index == REGIONS - 1 ? UINT64_MAX - 1 : (index + 1ull) << 32;
	map->writable = index != 4;
	map->base = map->writable ? malloc(map->size) : mmap(NULL, map->size, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	map->at = map->base;
	if (map->writable)
		for (uint64_t i = 0; i < map->size; i++)
			map->base[i] = (uint8_t)next();
}

static void unmap_all(struct gvnic *nic)
{
	while (nic->vu.map_count) {
		struct vu_map *map = &nic->vu.maps[--nic->vu.map_count];

		if (map->writable)
			free(map->base);
		else
			munmap(map->base, map->mapped);
		memset(map, 0, sizeof(*map));
	}
	nic->vu.last_map = 0;
}

static uint64_t address(uint32_t room)
{
	switch (below(40)) {
	case 0: return next();
	case 1: return ((below(REGIONS) + 1ull) << 32) + below(8192);
	case 2: return (1ull << 32) + LARGE - below(room + 16);	/* across its end */
	case 3: return UINT64_MAX - below(64);
	default: return ((below(3) + 1ull) << 32) + (below(LARGE - least(room, LARGE / 2)) & ~63u);
	}
}

/* ---- registers and commands ---- */

static void write_register(struct gvnic *nic, uint32_t offset, uint32_t value)
{
	uint8_t data[4];

	put_be32(data, value);
	device_ops.write(nic, VU_BAR0, offset, data, 4);
}

static void doorbell(struct gvnic *nic, uint32_t word, uint32_t value)
{
	uint8_t data[4];

	put_le32(data, value);
	device_ops.write(nic, VU_BAR2, word * 4ull, data, 4);
}

static uint64_t admin_ring(void) { return (1ull << 32) + LARGE / 2; }

static void run_driver(struct gvnic *nic)
{
	write_register(nic, REG_RING_LENGTH, ADMIN_SLOTS * COMMAND);
	write_register(nic, REG_RING_HIGH, (uint32_t)(admin_ring() >> 32));
	write_register(nic, REG_RING_LOW, (uint32_t)admin_ring());
	write_register(nic, REG_DRIVER_STATUS, 1);
}

static uint32_t ring_size(void) { return one_in(10) ? below(65536) : 1u << (4 + below(8)); }

static void fill_rule(struct gvnic *nic, uint8_t *c)
{
	uint64_t at = address(92);
	uint8_t *inner = vu_writable(&nic->vu, at, 92);

	put_be32(c + 8, 0x101);
	put_be32(c + 12, one_in(10) ? below(200) : 92);
	put_be64(c + 16, at);
	if (!inner)
		return;
	memset(inner, 0, 92);
	put_be16(inner, below(4));
	put_be16(inner + 4, one_in(3) ? below(8) : 0);
	put_be16(inner + 6, below(settings.queues + 1));
	put_be16(inner + 4 + 4 + 32, below(8));			/* the key's source port */
	put_be16(inner + 4 + 44 + 32, one_in(2) ? 0xffff : 0);	/* its mask */
	put_be32(inner + 88, one_in(10) ? (uint32_t)next() : below(settings.rules + 1));
}

/* A command as a driver would send it. */
static void fill_command(struct gvnic *nic, uint8_t *c)
{
	static const uint8_t kinds[] = { 1, 2, 5, 6, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 255, 255, 99 };
	uint8_t kind = kinds[below(sizeof(kinds))];

	memset(c, 0, COMMAND);
	put_be32(c, kind);
	put_be32(c + 8, below(settings.queues + 1));
	switch (kind) {
	case 1: put_be64(c + 8, address(4096)); put_be32(c + 16, 1); put_be32(c + 20, below(4096)); break;
	case 2:
		put_be64(c + 16, address(4096));
		put_be32(c + 28, one_in(4) ? (uint32_t)next() : 2 * settings.queues);
		put_be32(c + 32, one_in(4) ? below(16) : 64);
		c[40] = one_in(10) ? (uint8_t)next() : 3;
		break;
	case 5:
		put_be64(c + 16, address(8));
		put_be64(c + 24, address(16 * 2048));
		put_be32(c + 36, below(nic->blocks_used + 2));
		put_be64(c + 40, address(8 * 2048));
		put_be16(c + 48, ring_size());
		put_be16(c + 50, ring_size());
		break;
	case 6:
		put_be32(c + 20, below(nic->blocks_used + 2));
		put_be64(c + 24, address(8));
		put_be64(c + 32, address(32 * 2048));
		put_be64(c + 40, address(32 * 2048));
		put_be16(c + 52, ring_size());
		put_be16(c + 54, one_in(10) ? below(65536) : one_in(2) ? 2048 : 4096);
		put_be16(c + 56, ring_size());
		c[58] = (uint8_t)below(2);
		put_be16(c + 60, one_in(10) ? below(65536) : one_in(3) ? 0 : settings.header_buffer);
		break;
	case 10:
		put_be16(c + 12, one_in(4) ? below(200) : RSS_KEY);
		put_be16(c + 14, one_in(4) ? below(400) : RSS_TABLE);
		put_be64(c + 16, address(RSS_KEY));
		put_be64(c + 24, address(RSS_TABLE * 4));
		break;
	case 12: put_be64(c + 8, below(8192)); put_be64(c + 16, address(4096)); break;
	case 13: put_be64(c + 8, address(8)); break;
	case 14: case 18: put_be64(c + 8, below(8192)); put_be64(c + 16, address(4096)); break;
	case 16:
		put_be16(c + 8, below(4));
		put_be32(c + 12, one_in(3) ? (uint32_t)next() : below(settings.rules + 1));
		put_be64(c + 16, one_in(10) ? next() : below(20000));
		put_be64(c + 24, address(20000));
		break;
	case 255: fill_rule(nic, c); break;
	default: break;
	}
}

/* One command; returns its status, 0 where it was not executed. */
static uint32_t command(struct gvnic *nic, const uint8_t *wanted, unsigned wrong, bool wild)
{
	uint64_t at = admin_ring() + (nic->admin_done % ADMIN_SLOTS) * COMMAND;
	uint8_t *c = vu_writable(&nic->vu, at, COMMAND);
	uint32_t done = nic->admin_done;

	if (!c)
		return 0;
	memcpy(c, wanted, COMMAND);
	while (wrong--)
		c[below(COMMAND)] = (uint8_t)next();
	write_register(nic, REG_DOORBELL, wild ? (uint32_t)next() : done + 1);
	if (nic->admin_done != done + 1)
		return 0;
	passed += be32_at(c + 4) == 1;
	refused += be32_at(c + 4) != 1;
	return be32_at(c + 4);
}

static void admin_command(struct gvnic *nic)
{
	uint8_t c[COMMAND];

	fill_command(nic, c);
	command(nic, c, one_in(4) ? below(6) : 0, one_in(50));
}

/* Brings the device to work, as a driver does that means well: most of the code is behind that. */
static void set_up(struct gvnic *nic)
{
	uint8_t c[COMMAND] = { 0 };

	run_driver(nic);
	if (!nic->blocks_used) {
		put_be32(c, 2);
		put_be64(c + 16, 1ull << 32);
		put_be32(c + 28, 2 * settings.queues);
		put_be32(c + 32, 64);
		c[40] = 3;
		command(nic, c, 0, false);
	}
	for (uint32_t i = 0; i < settings.queues; i++) {
		memset(c, 0, sizeof(c));
		put_be32(c, 5);
		put_be32(c + 8, i);
		put_be64(c + 16, 1ull << 32);
		put_be64(c + 24, (2ull << 32) + i * 16384);
		put_be32(c + 36, i);
		put_be64(c + 40, (2ull << 32) + LARGE / 2 + i * 16384);
		put_be16(c + 48, 1024);
		put_be16(c + 50, 1024);
		command(nic, c, 0, false);
		memset(c, 0, sizeof(c));
		put_be32(c, 6);
		put_be32(c + 8, i);
		put_be32(c + 20, settings.queues + i);
		put_be64(c + 24, 1ull << 32);
		put_be64(c + 32, (3ull << 32) + i * 32768);
		put_be64(c + 40, (3ull << 32) + LARGE / 2 + i * 32768);
		put_be16(c + 52, 1024);
		put_be16(c + 54, settings.buffer);
		put_be16(c + 56, 1024);
		c[58] = 1;
		put_be16(c + 60, settings.header_buffer);
		command(nic, c, 0, false);
	}
}

/* ---- frames and descriptors ---- */

/* Headers as they are on wires, and beside them: tags, options, extension headers, fragments. Returns their length. */
static uint32_t fill_headers(uint8_t *h, uint32_t room)
{
	uint32_t at = 14;
	uint8_t protocol = one_in(8) ? (uint8_t)next() : one_in(4) ? 17 : 6;

	memset(h, 0, room);
	for (unsigned i = 0; i < 12; i++)
		h[i] = (uint8_t)next();
	for (unsigned tags = one_in(4) ? below(4) : 0; tags; tags--) {
		put_be16(h + at - 2, one_in(2) ? 0x8100 : 0x88a8);
		put_be16(h + at, below(4096));
		at += 4;
	}
	if (one_in(2)) {
		uint32_t words = one_in(6) ? below(16) : 5;

		put_be16(h + at - 2, 0x0800);
		h[at] = (uint8_t)(0x40 | words);
		put_be16(h + at + 2, below(3000));
		put_be16(h + at + 6, one_in(8) ? (uint32_t)next() : 0);
		h[at + 9] = protocol;
		put_be32(h + at + 12, below(16));
		put_be32(h + at + 16, below(16));
		at += words * 4;
	} else {
		uint8_t *next_header = h + at + 6;

		put_be16(h + at - 2, 0x86dd);
		h[at] = 0x60;
		put_be16(h + at + 4, below(3000));
		h[at + 8 + 15] = (uint8_t)below(16);
		at += 40;
		for (unsigned extensions = one_in(3) ? below(10) : 0; extensions && at + 24 < room; extensions--) {
			static const uint8_t kinds[] = { 0, 43, 44, 51, 59, 60 };

			*next_header = kinds[below(sizeof(kinds))];
			next_header = h + at;
			h[at + 1] = (uint8_t)(one_in(8) ? next() : below(2));
			at += 8 * (h[at + 1] + 1u);
			if (at + 64 > room)
				return room;
		}
		*next_header = protocol;
	}
	put_be16(h + at, below(8));
	put_be16(h + at + 2, below(8));
	h[at + 12] = (uint8_t)(one_in(6) ? next() : 0x50);
	return at + (protocol == 17 ? 8 : 20);
}

static void put_descriptor(struct gvnic *nic, struct tx_queue *q, uint32_t *at, const uint8_t *d)
{
	uint8_t *to = vu_writable(&nic->vu, q->ring + *at * 16ull, 16);

	if (to)
		memcpy(to, d, 16);
	*at = (*at + 1) & (q->size - 1);
}

static void send_frame(struct gvnic *nic)
{
	unsigned id = below(settings.queues), parts = 1 + below(one_in(20) ? 120 : 6);
	struct tx_queue *q = &nic->tx[id];
	uint32_t at = q->tail;
	uint8_t d[16], *head;
	uint64_t where = address(600);

	if (!q->exists)
		return;
	if (one_in(3)) {
		memset(d, 0, sizeof(d));
		put_le16(d + 4, one_in(4) ? below(65536) : 500 + below(9000));
		d[8] = 5;
		put_descriptor(nic, q, &at, d);
	}
	head = vu_writable(&nic->vu, where, 600);
	for (unsigned i = 0; i < parts; i++) {
		uint32_t length = i ? below(one_in(4) ? 16384 : 1500) : 600;

		if (!i && head && !one_in(20))
			length = fill_headers(head, 600);
		put_le32(d, (uint32_t)where);
		put_le32(d + 4, (uint32_t)(where >> 32));
		memset(d + 8, 0, 8);
		d[8] = (uint8_t)(0xc | (i == parts - 1 ? 0x20 : 0) | (one_in(2) ? 0x40 : 0) | (one_in(3) ? 0x80 : 0));
		put_le16(d + 12, below(65536));
		put_le16(d + 14, length);
		for (unsigned wrong = one_in(10) ? below(4) : 0; wrong; wrong--)
			d[below(16)] = (uint8_t)next();
		put_descriptor(nic, q, &at, d);
		where = address(16384);
	}
	doorbell(nic, DOORBELL_TX + id, one_in(20) ? (uint32_t)next() : at);
}

static void post_buffers(struct gvnic *nic)
{
	unsigned id = below(settings.queues);
	struct rx_queue *q = &nic->rx[id];
	uint32_t at = q->tail;

	if (!q->exists)
		return;
	for (unsigned i = below(q->buffer_ring); i; i--) {
		uint8_t *d = vu_writable(&nic->vu, q->buffers + at * 32ull, 32);
		uint64_t buffer = address(4096), header = address(256);

		if (d) {
			put_le16(d, below(65536));
			memcpy(d + 8, &buffer, 8);
			memcpy(d + 16, &header, 8);
		}
		at = (at + 1) & (q->buffer_ring - 1);
	}
	doorbell(nic, DOORBELL_RX + id, one_in(20) ? (uint32_t)next() : at);
}

static void control_line(void)
{
	static const char *const formats[] = {
		"account %u", "clear %u", "heal %u", "state %u", "link %u up", "link %u down", "reset %u", "fail %u %u %u",
		"fail %u %u %u 0xfffffffc %u", "drop %u %u %u", "reorder %u %u %u", "interrupts %u %u hold", "interrupts %u all release",
		"interrupts %u all hold", "split %u off", "split %u on", "wrong-queue %u %u", "wrong-queue %u none", "%u", "nonsense %u",
		"drop %u -1 x", "link", "account %u 1 2 3 4 5 6 7 8 9 10 11 12",
	};
	char line[400], *text = NULL;
	size_t length = 0;
	FILE *out = open_memstream(&text, &length);

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	snprintf(line, sizeof(line), formats[below(sizeof(formats) / sizeof(*formats))], below(3), below(8), 1 + below(8), below(4));
#pragma GCC diagnostic pop
	control(nics, line, out);
	fclose(out);
	free(text);
}

/* ---- rounds ---- */

static void begin(void)
{
	static const char *const names[] = { "0", "1" };

	settings = (struct settings){
		.queues = 1 + below(MAX_QUEUES), .ring = 1024, .ring_min = 512, .ring_max = 4096, .mtu = 1460,
		.mtu_max = one_in(3) ? 0 : 8896, .buffer = one_in(3) ? 2048 : 4096, .header_buffer = one_in(4) ? 0 : 64 + below(193),
		.rules = one_in(4) ? 0 : 1 + below(64), .link_mbps = 100000, .rss_option = one_in(2), .coalesce = !one_in(3),
	};
	settings.queues_used = 1 + below(settings.queues);
	for (unsigned i = 0; i < 2; i++) {
		unmap_all(&nics[i]);
		memset(&nics[i], 0, sizeof(nics[i]));
		device_make(&nics[i], &settings, names[i], i, &nics[1 - i]);
		for (unsigned r = 0; r < REGIONS; r++)
			map_region(&nics[i], r);
		set_up(&nics[i]);
	}
}

static void check(bool holds, const char *what)
{
	if (holds)
		return;
	fprintf(stderr, "gvnic-fuzz: %s\n", what);
	abort();
}

static void check_nic(const struct gvnic *nic)
{
	check(nic->blocks_used < nic->vu.vectors, "more blocks than interrupts");
	for (unsigned i = 0; i < MAX_QUEUES; i++) {
		const struct rx_queue *q = &nic->rx[i];
		const struct rx_account *a = &nic->rx_account[i];

		check(!q->exists || (q->head < q->buffer_ring && q->tail < q->buffer_ring && q->completion < q->size),
		      "a receive ring's place is outside of it");
		check(!nic->tx[i].exists || (nic->tx[i].head < nic->tx[i].size && nic->tx[i].completion < nic->tx[i].completion_size),
		      "a transmit ring's place is outside of it");
		check(a->frames == a->split_frames + a->unsplit_frames, "frames are neither split nor unsplit");
		check(a->bytes == a->split_header_bytes + a->split_payload_bytes + a->unsplit_bytes, "bytes are missing in the account");
	}
}

static void act(struct gvnic *nic)
{
	switch (below(32)) {
	case 0: if (one_in(4)) write_register(nic, below(64), (uint32_t)next()); break;
	case 1: if (one_in(4)) { control(nics, nic == nics ? "heal 0" : "heal 1", nowhere); set_up(nic); } break;
	case 2: doorbell(nic, below(1024), (uint32_t)next()); break;
	case 3: control_line(); break;
	case 4: retry_blocked(nic); break;
	case 5: release_held_frame(nic); break;
	case 6: for (unsigned i = 0; i < 64; i++) doorbell(nic, below(nic->blocks_used + 1), below(4)); break;
	case 7: {
		uint8_t data[8] = { (uint8_t)next() };

		device_ops.write(nic, below(3), below(4089), data, 1 + below(8));
		device_ops.read(nic, below(3), below(4089), data, 1 + below(8));
		break;
	}
	case 8: if (one_in(200)) { unmap_all(nic); for (unsigned r = 0; r < REGIONS; r++) map_region(nic, r); } break;
	default:
		if (one_in(3))
			admin_command(nic);
		else if (one_in(2))
			post_buffers(nic);
		else
			send_frame(nic);
	}
}

int main(int count, char **words)
{
	uint64_t rounds = count > 1 ? strtoull(words[1], NULL, 0) : 200, seed = count > 2 ? strtoull(words[2], NULL, 0) : 1;
	uint64_t split = 0, unsplit = 0, coalesced = 0, rules = 0, bad = 0;

	model_log = stderr;
	nowhere = fopen("/dev/null", "we");
	check(nowhere, "there is no /dev/null");
	for (uint64_t round = 0; round < rounds; round++) {
		state = (seed + round) * 0x9e3779b97f4a7c15ull | 1;
		begin();
		for (unsigned i = 0; i < 2000; i++) {
			act(&nics[below(2)]);
			check_nic(&nics[0]);
			check_nic(&nics[1]);
		}
		for (unsigned n = 0; n < 2; n++)
			for (unsigned i = 0; i < MAX_QUEUES; i++) {
				split += nics[n].rx_account[i].split_frames;
				unsplit += nics[n].rx_account[i].unsplit_frames;
				coalesced += nics[n].rx_account[i].coalesced_frames;
				rules += nics[n].rx_account[i].by_rule;
				bad += nics[n].rx_account[i].bad_addresses;
			}
	}
	printf("rounds %lu from seed %lu: commands %lu passed %lu refused; frames %lu split %lu unsplit %lu coalesced %lu by rule; "
	       "%lu bad addresses\n", rounds, seed, passed, refused, split, unsplit, coalesced, rules, bad);
	fflush(stdout);
	check(passed && refused && split && unsplit && coalesced && rules && bad, "something was never reached");
	return 0;
}
