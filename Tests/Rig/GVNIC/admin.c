/* The admin queue: what gve_adminq.h of Linux 7.3 says of each command, answered. */
#include <stdio.h>
#include <string.h>

#include "gvnic.h"

enum {
	DESCRIBE_DEVICE = 1, CONFIGURE_RESOURCES = 2, CREATE_TX = 5, CREATE_RX = 6, DESTROY_TX = 7, DESTROY_RX = 8,
	DECONFIGURE_RESOURCES = 9, CONFIGURE_RSS = 0xa, SET_PARAMETER = 0xb, REPORT_STATS = 0xc, REPORT_LINK = 0xd,
	GET_PTYPES = 0xe, VERIFY_DRIVER = 0xf, QUERY_RULES = 0x10, REPORT_TIME = 0x11, QUERY_RSS = 0x12, EXTENDED = 0xff,
	CONFIGURE_RULE = 0x101,
};
enum {
	PASSED = 1, INVALID = (int)0xfffffff7, NOT_FOUND = (int)0xfffffff8, UNIMPLEMENTED = (int)0xfffffffe,
};
enum { OPTION_DQO_RDA = 4, OPTION_RINGS = 6, OPTION_JUMBO = 8, OPTION_BUFFERS = 0xa, OPTION_RULES = 0xb, OPTION_RSS = 0xe };
enum { CAN_RINGS = 1, CAN_JUMBO = 1 << 2, CAN_BUFFERS = 1 << 4, CAN_RULES = 1 << 5, CAN_RSS = 1 << 7 };
enum { COMMAND = 64, FORMAT_DQO_RDA = 3, PTYPES = 1024, RULE_COMMAND = 92 };

struct options {
	uint8_t *at;
	unsigned count;
};

/* Each option carries the mask of what the device can do, and that mask says of the option that it counts. */
static uint8_t *option(struct options *options, uint16_t id, uint16_t length, uint32_t mask)
{
	uint8_t *body = options->at + 8;

	put_be16(options->at, id);
	put_be16(options->at + 2, length);
	put_be32(options->at + 4, 0);	/* nothing is required of the driver */
	memset(body, 0, length);
	put_be32(body, mask);
	options->at = body + length;
	options->count++;
	return body;
}

static int describe_device(struct gvnic *nic, const uint8_t *c)
{
	const struct settings *s = nic->settings;
	uint8_t *d = vu_writable(&nic->vu, be64_at(c + 8), be32_at(c + 20)), *body;
	uint32_t mask = CAN_RINGS | (s->mtu_max ? CAN_JUMBO : 0) | (s->header_buffer ? CAN_BUFFERS : 0) |
			(s->rules ? CAN_RULES : 0) | (s->rss_option ? CAN_RSS : 0);
	struct options options = { 0 };

	if (!d || be32_at(c + 16) != 1 || be32_at(c + 20) < 256)
		return INVALID;
	options.at = d + 40;
	memset(d, 0, 40);
	put_be64(d, 1 << 20);			/* registered pages: no use in this format */
	put_be16(d + 10, s->ring);		/* descriptors of a TX and of an RX queue */
	put_be16(d + 12, s->ring);
	put_be16(d + 14, s->queues_used);
	put_be16(d + 16, s->mtu);
	put_be16(d + 18, 2 * MAX_QUEUES);	/* event counters: no use either, but the driver allocates them */
	memcpy(d + 24, nic->mac, 6);

	option(&options, OPTION_DQO_RDA, 8, mask);
	body = option(&options, OPTION_RINGS, 12, CAN_RINGS);
	put_be16(body + 4, s->ring_max);
	put_be16(body + 6, s->ring_max);
	put_be16(body + 8, s->ring_min);
	put_be16(body + 10, s->ring_min);
	if (s->mtu_max)
		put_be16(option(&options, OPTION_JUMBO, 8, CAN_JUMBO) + 4, s->mtu_max);
	if (s->header_buffer) {
		body = option(&options, OPTION_BUFFERS, 8, CAN_BUFFERS);
		put_be16(body + 4, s->buffer);
		put_be16(body + 6, s->header_buffer);
	}
	if (s->rules)
		put_be32(option(&options, OPTION_RULES, 12, CAN_RULES) + 8, s->rules);
	if (s->rss_option) {
		body = option(&options, OPTION_RSS, 8, CAN_RSS);
		put_be16(body + 4, RSS_KEY);
		put_be16(body + 6, RSS_TABLE);
	}
	put_be16(d + 30, options.count);
	put_be16(d + 32, (uint32_t)(options.at - d));
	return PASSED;
}

static int configure_resources(struct gvnic *nic, const uint8_t *c)
{
	uint64_t address = be64_at(c + 16);
	uint32_t count = be32_at(c + 28), stride = be32_at(c + 32);
	uint8_t *indexes = vu_writable(&nic->vu, address, (uint64_t)count * stride);

	if (!indexes || !count || count >= nic->vu.vectors || stride < 4 || c[40] != FORMAT_DQO_RDA)
		return INVALID;
	for (uint32_t i = 0; i < count; i++)
		put_be32(indexes + (size_t)i * stride, i);
	nic->blocks_used = count;
	memset(nic->blocks, 0, sizeof(nic->blocks));
	return PASSED;
}

/* The device answers with the word of BAR 2 that is the queue's doorbell. */
static bool grant_doorbell(struct gvnic *nic, uint64_t address, uint32_t word)
{
	uint8_t *resources = vu_writable(&nic->vu, address, 8);

	if (resources) {
		put_be32(resources, word);
		put_be32(resources + 4, 0);
	}
	return resources;
}

/* Whether a ring of so many entries is where the driver says, aligned as one, and no larger than the device has it. */
static bool is_ring(struct gvnic *nic, uint64_t address, uint32_t entries, uint32_t entry)
{
	return entries && !(entries & (entries - 1)) && address % 8 == 0 && vu_writable(&nic->vu, address, (uint64_t)entries * entry);
}

static int create_tx(struct gvnic *nic, const uint8_t *c)
{
	uint32_t id = be32_at(c + 8);
	struct tx_queue *q = &nic->tx[id < MAX_QUEUES ? id : 0];

	if (id >= nic->settings->queues || q->exists || be32_at(c + 36) >= nic->blocks_used)
		return INVALID;
	*q = (struct tx_queue){
		.exists = true, .ring = be64_at(c + 24), .completions = be64_at(c + 40), .size = be16_at(c + 48),
		.completion_size = be16_at(c + 50), .block = be32_at(c + 36), .generation = true,
	};
	if (!is_ring(nic, q->ring, q->size, 16) || !is_ring(nic, q->completions, q->completion_size, 8) ||
	    !grant_doorbell(nic, be64_at(c + 16), DOORBELL_TX + id)) {
		q->exists = false;
		return INVALID;
	}
	return PASSED;
}

static int create_rx(struct gvnic *nic, const uint8_t *c)
{
	uint32_t id = be32_at(c + 8);
	struct rx_queue *q = &nic->rx[id < MAX_QUEUES ? id : 0];

	if (id >= nic->settings->queues || q->exists || be32_at(c + 20) >= nic->blocks_used)
		return INVALID;
	*q = (struct rx_queue){
		.exists = true, .completions = be64_at(c + 32), .buffers = be64_at(c + 40), .size = be16_at(c + 52),
		.buffer_size = be16_at(c + 54), .buffer_ring = be16_at(c + 56), .coalesce = c[58],
		.header_size = be16_at(c + 60), .block = be32_at(c + 20), .generation = true,
	};
	if (!is_ring(nic, q->completions, q->size, 32) || !is_ring(nic, q->buffers, q->buffer_ring, 32) ||
	    (q->buffer_size != 2048 && q->buffer_size != 4096) || q->buffer_size > nic->settings->buffer ||
	    q->header_size > nic->settings->header_buffer ||
	    !grant_doorbell(nic, be64_at(c + 24), DOORBELL_RX + id)) {
		q->exists = false;
		return INVALID;
	}
	return PASSED;
}

static int destroy(struct gvnic *nic, bool *exists, uint32_t id)
{
	if (id >= nic->settings->queues || !*exists)
		return NOT_FOUND;
	*exists = false;
	return PASSED;
}

void rss_set_key(struct gvnic *nic, const uint8_t *key)
{
	memcpy(nic->rss_key, key, RSS_KEY);
	for (unsigned byte = 0; byte < 36; byte++)
		for (unsigned value = 0; value < 256; value++) {
			uint32_t sum = 0;

			for (unsigned bit = 0; bit < 8; bit++)
				if (value & (0x80u >> bit)) {	/* the 32 bits of the key from this bit of the input on */
					uint64_t window = (uint64_t)be32_at(key + byte) << 8 | key[byte + 4];

					sum ^= (uint32_t)(window >> (8 - bit));
				}
			nic->toeplitz[byte][value] = sum;
		}
}

static int configure_rss(struct gvnic *nic, const uint8_t *c)
{
	uint32_t key_size = be16_at(c + 12), table_size = be16_at(c + 14);
	uint8_t *key = vu_memory(&nic->vu, be64_at(c + 16), key_size);
	uint8_t *table = vu_memory(&nic->vu, be64_at(c + 24), table_size * 4ull);

	if ((key_size && (key_size != RSS_KEY || !key)) || (table_size && (table_size != RSS_TABLE || !table)))
		return INVALID;
	if (key_size)
		rss_set_key(nic, key);
	for (uint32_t i = 0; i < table_size; i++)
		nic->rss_table[i] = be32_at(table + 4ull * i);
	return PASSED;
}

static int query_rss(struct gvnic *nic, const uint8_t *c)
{
	uint32_t length = 8 + RSS_KEY + 4 * RSS_TABLE;
	uint8_t *out = vu_writable(&nic->vu, be64_at(c + 16), length);

	if (!out || be64_at(c + 8) < length)
		return INVALID;
	memset(out, 0, 8);
	put_be32(out, length);
	out[6] = 1;	/* Toeplitz */
	memcpy(out + 8, nic->rss_key, RSS_KEY);
	for (uint32_t i = 0; i < RSS_TABLE; i++)
		put_be32(out + 8 + RSS_KEY + 4 * i, nic->rss_table[i]);
	return PASSED;
}

static int configure_rule(struct gvnic *nic, const uint8_t *inner)
{
	uint32_t location = be32_at(inner + 88);

	if (!nic->settings->rules)
		return INVALID;
	switch (be16_at(inner)) {
	case 0:	/* add */
		if (location >= nic->settings->rules || be16_at(inner + 6) >= nic->settings->queues)
			return INVALID;
		nic->rule_count += !nic->rules[location].used;
		nic->rules[location].used = true;
		memcpy(nic->rules[location].body, inner + 4, 84);
		return PASSED;
	case 1:	/* delete */
		if (location >= nic->settings->rules || !nic->rules[location].used)
			return NOT_FOUND;
		nic->rules[location].used = false;
		nic->rule_count--;
		return PASSED;
	case 2:	/* reset */
		memset(nic->rules, 0, sizeof(nic->rules));
		nic->rule_count = 0;
		return PASSED;
	default:
		return INVALID;
	}
}

static int query_rules(struct gvnic *nic, const uint8_t *c)
{
	uint32_t kind = be16_at(c + 8), at = be32_at(c + 12), size = kind == 0 ? 88 : 4, count = 0;
	uint64_t room = be64_at(c + 16);
	uint8_t *out = vu_writable(&nic->vu, be64_at(c + 24), room);

	if (!out || room < 16 || kind > 2)
		return INVALID;
	for (; kind < 2 && at < nic->settings->rules && 16 + (count + 1ull) * size <= room; at++) {
		uint8_t *entry = out + 16 + count * (size_t)size;

		if (!nic->rules[at].used)
			continue;
		put_be32(entry, at);
		if (kind == 0)
			memcpy(entry + 4, nic->rules[at].body, 84);
		count++;
	}
	put_be32(out, nic->rule_count);
	put_be32(out + 4, nic->settings->rules);
	put_be32(out + 8, count);
	put_be32(out + 12, kind < 2 ? 16 + count * size : 16);
	return PASSED;
}

/* The counters the device keeps of each RX queue lie at the end of the report, after those of the driver. */
void write_statistics(struct gvnic *nic)
{
	uint8_t *report = nic->stats_address ? vu_writable(&nic->vu, nic->stats_address, nic->stats_length) : NULL;
	uint64_t length = 0;
	uint8_t *at;

	for (unsigned q = 0; q < MAX_QUEUES; q++)
		length += nic->rx[q].exists ? 4 * 16 : 0;
	if (!report || length + 8 > nic->stats_length)
		return;
	at = report + nic->stats_length - length;
	for (unsigned q = 0; q < MAX_QUEUES; q++) {
		uint64_t lost = nic->rx_account[q].no_buffers;
		const uint64_t values[] = { lost, lost, 0, 0 };

		for (unsigned i = 0; nic->rx[q].exists && i < 4; i++, at += 16) {
			put_be32(at, 65 + i);
			put_be32(at + 4, q);
			put_be64(at + 8, values[i]);
		}
	}
}

static int report_stats(struct gvnic *nic, const uint8_t *c)
{
	nic->stats_length = be64_at(c + 8);
	nic->stats_address = be64_at(c + 16);
	return PASSED;
}

static int report_link(struct gvnic *nic, const uint8_t *c)
{
	uint8_t *out = vu_writable(&nic->vu, be64_at(c + 8), 8);

	if (!out)
		return INVALID;
	put_be64(out, nic->settings->link_mbps);
	return PASSED;
}

static int get_ptypes(struct gvnic *nic, const uint8_t *c)
{
	uint8_t *out = vu_writable(&nic->vu, be64_at(c + 16), 2 * PTYPES);

	if (!out || be64_at(c + 8) < 2 * PTYPES)
		return INVALID;
	memset(out, 0, 2 * PTYPES);
	for (unsigned l3 = L3_OTHER; l3 <= L3_IPV6; l3++)
		for (unsigned l4 = L4_UNKNOWN; l4 <= L4_SCTP; l4++) {
			out[2 * (8 * l3 + l4)] = (uint8_t)l3;
			out[2 * (8 * l3 + l4) + 1] = (uint8_t)l4;
		}
	return PASSED;
}

static int execute(struct gvnic *nic, const uint8_t *c)
{
	uint32_t id = be32_at(c + 8), slot = id < MAX_QUEUES ? id : 0;

	switch (be32_at(c)) {
	case DESCRIBE_DEVICE: return describe_device(nic, c);
	case CONFIGURE_RESOURCES: return configure_resources(nic, c);
	case DECONFIGURE_RESOURCES: nic->blocks_used = 0; nic->stats_address = 0; return PASSED;
	case CREATE_TX: return create_tx(nic, c);
	case CREATE_RX: return create_rx(nic, c);
	case DESTROY_TX: return destroy(nic, &nic->tx[slot].exists, id);
	case DESTROY_RX: return destroy(nic, &nic->rx[slot].exists, id);
	case CONFIGURE_RSS: return configure_rss(nic, c);
	case QUERY_RSS: return query_rss(nic, c);
	case SET_PARAMETER: return PASSED;
	case REPORT_STATS: return report_stats(nic, c);
	case REPORT_LINK: return report_link(nic, c);
	case GET_PTYPES: return get_ptypes(nic, c);
	case VERIFY_DRIVER: return PASSED;
	case QUERY_RULES: return query_rules(nic, c);
	case EXTENDED: {
		uint8_t inner[RULE_COMMAND];
		const void *there = vu_memory(&nic->vu, be64_at(c + 16), RULE_COMMAND);

		if (id != CONFIGURE_RULE || !there || be32_at(c + 12) != RULE_COMMAND)
			return UNIMPLEMENTED;
		memcpy(inner, there, sizeof(inner));
		return configure_rule(nic, inner);
	}
	default: return UNIMPLEMENTED;
	}
}

/* The status of a command that is to fail, see control.c; 0: it is not. */
static uint32_t injected(struct gvnic *nic, uint32_t opcode)
{
	for (unsigned i = 0; i < MAX_FAILURES; i++) {
		struct failure *failure = &nic->faults.failures[i];

		if (!failure->left || failure->opcode != opcode)
			continue;
		if (failure->skip) {
			failure->skip--;
			continue;
		}
		failure->left--;
		return failure->status;
	}
	return 0;
}

void admin_doorbell(struct gvnic *nic, uint32_t count)
{
	uint32_t slots = nic->admin_size / COMMAND;

	if (!nic->running || !slots || count - nic->admin_done > slots)
		return;
	for (; nic->admin_done != count; nic->admin_done++) {
		uint64_t address = nic->admin_ring + (uint64_t)(nic->admin_done % slots) * COMMAND;
		uint8_t *there = vu_writable(&nic->vu, address, COMMAND), command[COMMAND];
		uint32_t status;

		if (!there)
			return;
		memcpy(command, there, sizeof(command));	/* the driver may write it meanwhile */
		status = injected(nic, be32_at(command));
		if (!status)
			status = (uint32_t)execute(nic, command);
		nic->commands[be32_at(command) & 0xff]++;
		nic->failed_commands += status != PASSED;
		if (nic->settings->trace)
			fprintf(model_log, "%s: admin command %#x (%u) gives %#x\n", nic->name, be32_at(command),
				be32_at(command + 8), status);
		put_be32(there + 4, status);
	}
	write_statistics(nic);
}
