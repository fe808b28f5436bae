/* A gVNIC with the queue format DQO RDA, as Linux' driver gve sees it. */
#ifndef GVNIC_H
#define GVNIC_H
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "vfio_user.h"

enum { MAX_QUEUES = 16, MAX_RULES = 1024, RSS_KEY = 40, RSS_TABLE = 128, MAX_HEADER = 256, MAX_FAILURES = 8 };
enum { MAX_FRAME = 66000 };	/* bytes; a coalesced one */
enum { DOORBELL_TX = 256, DOORBELL_RX = 512 };	/* 32-bit words of BAR 2; interrupts begin at 0 */

/* What kind of device it is: the command line's. */
struct settings {
	unsigned queues, queues_used;	/* at most, and before anybody asks for another number */
	unsigned ring, ring_min, ring_max;
	unsigned mtu, mtu_max;		/* mtu_max 0: no jumbo frames */
	unsigned buffer;		/* 2048 or 4096 */
	unsigned header_buffer;		/* 0: no header split */
	unsigned rules;			/* 0: no flow steering */
	unsigned link_mbps;
	unsigned pause_us;		/* how long a sender waits for a receiver without buffers */
	bool rss_option;		/* the device, not the driver, keeps the RSS configuration */
	bool coalesce;			/* RSC, which ethtool calls rx-gro-hw */
	bool trace;
};

/* One interrupt of a queue ("notification block"): fires once when armed, and not again until it is armed anew. */
struct block {
	bool armed, pending;
};

struct tx_queue {
	bool exists, blocked;
	uint64_t ring, completions;	/* addresses */
	uint32_t size, completion_size, block;
	uint32_t head, tail;		/* next descriptor to read; the driver's next one to write */
	uint32_t completion;		/* next to write */
	bool generation;
	uint32_t payload_done;		/* bytes of the packet at head, when its receiver ran out of buffers */
	uint64_t blocked_since;		/* ns */
};

struct rx_queue {
	bool exists, coalesce;
	uint64_t completions, buffers;	/* addresses */
	uint32_t size, buffer_ring, block, buffer_size, header_size;
	uint32_t head, tail;		/* of the ring of buffers */
	uint32_t completion;
	bool generation;
};

struct rule {
	bool used;
	uint8_t body[84];		/* type, queue, key, mask: as the driver gave it */
};

/* What the model itself did with each queue since the account was cleared: it outlives the queue. */
struct tx_account {
	uint64_t packets, frames, bytes;
};

struct rx_account {
	uint64_t frames, bytes;
	uint64_t split_frames, split_header_bytes, split_payload_bytes;	/* headers and payload apart */
	uint64_t unsplit_frames, unsplit_bytes;				/* together in the buffers */
	uint64_t tcp_payload_bytes, tcp_split_bytes;			/* however it was written; apart from its headers */
	uint64_t by_rule, coalesced_frames, no_buffers, bad_addresses;
};

struct failure {
	uint32_t opcode, skip, left, status;
};

/* Faults on demand, see control.c. Those that change the traffic concern the frames that come to this NIC. */
struct faults {
	bool link_down, reset_requested, together;
	int wrong_queue;			/* where rules lead instead; -1: where they say */
	struct failure failures[MAX_FAILURES];
	uint32_t drop_every, drop_left, drop_seen, reorder_every, reorder_left, reorder_seen;
	uint64_t held_blocks;			/* whose interrupts are held back; a bit for each block */
};

/* A frame on the wire, and what its headers say. The payload is read through a cursor. */
struct frame {
	uint8_t header[MAX_HEADER];
	uint32_t header_length, payload;	/* what follows the headers, padding of short frames included */
	uint32_t padding;			/* bytes beyond what IP's length says */
	uint8_t l3, l4;
	uint32_t l3_offset, l4_offset, hash;
	bool checksum_wrong, ip_wrong, extended;	/* extended: IPv6 has extension headers */
	uint32_t coalesced_segment;
};

struct part {
	const uint8_t *at;
	uint32_t length;
};

struct cursor {
	const struct part *part;
	uint32_t offset;
};

/* A frame that the next one overtakes; its payload is a copy. */
struct held_frame {
	bool used;
	struct frame frame;
	uint8_t payload[MAX_FRAME];
};

struct gvnic {
	struct vu vu;
	const struct settings *settings;
	const char *name;
	struct gvnic *peer;
	uint8_t mac[6];
	uint8_t config[256];

	bool running, is_reset;
	uint64_t admin_ring;
	uint32_t admin_size, admin_done;	/* bytes; commands, free running */
	uint64_t stats_address, stats_length;
	uint32_t blocks_used;
	struct block blocks[VU_MAX_VECTORS];
	struct tx_queue tx[MAX_QUEUES];
	struct rx_queue rx[MAX_QUEUES];
	struct rule rules[MAX_RULES];
	uint32_t rule_count;

	uint8_t rss_key[RSS_KEY];
	uint32_t rss_table[RSS_TABLE];
	uint32_t toeplitz[36][256];	/* of the key: what each byte of the input adds */

	struct faults faults;
	struct held_frame held;
	struct tx_account tx_account[MAX_QUEUES];
	struct rx_account rx_account[MAX_QUEUES];
	uint64_t block_interrupts[VU_MAX_VECTORS];
	uint64_t wrong_checksums, no_queue, dropped, reordered, link_lost, bad_packets, resets, commands[256], failed_commands;
};

extern FILE *model_log;

/* device.c */
extern const struct vu_ops device_ops;
void device_make(struct gvnic *nic, const struct settings *settings, const char *name, unsigned number,
		 struct gvnic *peer);
void device_reset(struct gvnic *nic);
void event(struct gvnic *nic, uint32_t block);
void management_interrupt(struct gvnic *nic);
void release_interrupts(struct gvnic *nic, uint64_t blocks);
uint64_t now_ns(void);

/* admin.c */
void admin_doorbell(struct gvnic *nic, uint32_t count);
void rss_set_key(struct gvnic *nic, const uint8_t *key);
void write_statistics(struct gvnic *nic);

/* frame.c */
void gather(uint8_t *to, struct cursor *cursor, uint32_t length);
void skip(struct cursor *cursor, uint32_t length);
void parse(struct frame *f, uint32_t available, uint32_t total);
bool has_ports(const struct frame *f);
uint16_t transport_sum(const struct frame *f, struct cursor payload);
void set_lengths(struct frame *f);
void set_checksum(struct frame *f, struct cursor payload);
uint32_t flow_hash(const struct gvnic *nic, const struct frame *f);

/* receive.c */
int steer(struct gvnic *nic, struct frame *f, bool *by_rule);	/* the queue; -1: none */
bool deliver(struct gvnic *nic, struct frame *f, struct cursor payload);	/* false: the queue lacks buffers */
void forget_held_frame(struct gvnic *nic);
void release_held_frame(struct gvnic *nic);

/* transmit.c */
void transmit(struct gvnic *nic, unsigned queue);
void retry_blocked(struct gvnic *nic);	/* after its peer has got buffers, or some time has passed */
bool any_blocked(const struct gvnic *nic);

/* control.c: one line, with its answer in lines of its own and `ok` or `error: …` as the last. */
void control(struct gvnic *nics, const char *line, FILE *answer);
void write_account(const struct gvnic *nic, unsigned number, FILE *out);

/* Packet types as this device numbers them: 8 * l3 + l4, with the driver's numbers for both. */
enum { L3_UNKNOWN, L3_OTHER, L3_IPV4, L3_IPV6 };
enum { L4_UNKNOWN, L4_OTHER, L4_TCP, L4_UDP, L4_ICMP, L4_SCTP };

/* The admin queue is big-endian, the data path little-endian. */
static inline uint16_t be16_at(const void *at) { uint16_t v; __builtin_memcpy(&v, at, 2); return __builtin_bswap16(v); }
static inline uint32_t be32_at(const void *at) { uint32_t v; __builtin_memcpy(&v, at, 4); return __builtin_bswap32(v); }
static inline uint64_t be64_at(const void *at) { uint64_t v; __builtin_memcpy(&v, at, 8); return __builtin_bswap64(v); }
static inline void put_be16(void *at, uint32_t v) { uint16_t b = __builtin_bswap16((uint16_t)v); __builtin_memcpy(at, &b, 2); }
static inline void put_be32(void *at, uint32_t v) { v = __builtin_bswap32(v); __builtin_memcpy(at, &v, 4); }
static inline void put_be64(void *at, uint64_t v) { v = __builtin_bswap64(v); __builtin_memcpy(at, &v, 8); }
static inline uint16_t le16_at(const void *at) { uint16_t v; __builtin_memcpy(&v, at, 2); return v; }
static inline uint32_t le32_at(const void *at) { uint32_t v; __builtin_memcpy(&v, at, 4); return v; }
static inline uint64_t le64_at(const void *at) { uint64_t v; __builtin_memcpy(&v, at, 8); return v; }
static inline void put_le16(void *at, uint32_t v) { uint16_t b = (uint16_t)v; __builtin_memcpy(at, &b, 2); }
static inline void put_le32(void *at, uint32_t v) { __builtin_memcpy(at, &v, 4); }
static inline uint32_t least(uint32_t a, uint32_t b) { return a < b ? a : b; }
#endif
