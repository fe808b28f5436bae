/* What a test can ask of the model while the machine runs: one line, answered by lines of its own and `ok` or `error: …`. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "gvnic.h"

enum { MAX_WORDS = 8, MAX_LINE = 256, INTERNAL_ERROR = (int)0xfffffff6 };

struct request {
	struct gvnic *nics, *nic;	/* nic: the one that the first word after the command names */
	char *words[MAX_WORDS];		/* after it */
	unsigned count;
	FILE *answer;
};

static const char *fail(const char *why) { return why; }

static bool number(const char *word, uint32_t most, uint32_t *value)
{
	char *end;
	unsigned long found;

	errno = 0;
	found = strtoul(word, &end, 0);
	*value = (uint32_t)found;
	return !errno && end != word && !*end && word[0] != '-' && found <= most;
}

static const char *set_link(struct request *r)
{
	bool down = r->count && !strcmp(r->words[0], "down");

	if (r->count != 1 || (!down && strcmp(r->words[0], "up")))
		return fail("link NIC up|down");
	r->nic->faults.link_down = down;
	management_interrupt(r->nic);
	return NULL;
}

static const char *request_reset(struct request *r)
{
	r->nic->faults.reset_requested = true;
	management_interrupt(r->nic);
	return NULL;
}

/* The next COUNT commands of a kind fail, after SKIP more of them. */
static const char *set_failure(struct request *r)
{
	struct failure wanted = { .status = (uint32_t)INTERNAL_ERROR }, *free_one = NULL;

	if (r->count < 2 || r->count > 4 || !number(r->words[0], UINT32_MAX, &wanted.opcode) ||
	    !number(r->words[1], UINT32_MAX, &wanted.left) ||
	    (r->count > 2 && (!number(r->words[2], UINT32_MAX, &wanted.status) || wanted.status < 2)) ||
	    (r->count > 3 && !number(r->words[3], UINT32_MAX, &wanted.skip)))
		return fail("fail NIC OPCODE COUNT [STATUS [SKIP]]");
	for (unsigned i = 0; i < MAX_FAILURES; i++) {
		struct failure *one = &r->nic->faults.failures[i];

		if (one->left && one->opcode == wanted.opcode) {
			free_one = one;
			break;
		}
		if (!one->left && !free_one)
			free_one = one;
	}
	if (!free_one)
		return fail("too many kinds of command are to fail");
	*free_one = wanted;
	return NULL;
}

static const char *set_drop(struct request *r)
{
	struct faults *f = &r->nic->faults;

	if (r->count != 2 || !number(r->words[0], UINT32_MAX, &f->drop_every) ||
	    !number(r->words[1], UINT32_MAX, &f->drop_left))
		return fail("drop NIC EVERY COUNT");
	f->drop_seen = 0;
	return NULL;
}

static const char *set_reorder(struct request *r)
{
	struct faults *f = &r->nic->faults;

	if (r->count != 2 || !number(r->words[0], UINT32_MAX, &f->reorder_every) ||
	    !number(r->words[1], UINT32_MAX, &f->reorder_left))
		return fail("reorder NIC EVERY COUNT");
	f->reorder_seen = 0;
	return NULL;
}

/* Interrupts of one receive queue, or of all queues. */
static const char *set_interrupts(struct request *r)
{
	uint64_t blocks = ~0ull;
	uint32_t queue;
	bool hold = r->count == 2 && !strcmp(r->words[1], "hold");

	if (r->count != 2 || (!hold && strcmp(r->words[1], "release")))
		return fail("interrupts NIC QUEUE|all hold|release");
	if (strcmp(r->words[0], "all")) {
		if (!number(r->words[0], MAX_QUEUES - 1, &queue) || !r->nic->rx[queue].exists)
			return fail("there is no such receive queue now");
		blocks = 1ull << r->nic->rx[queue].block;
	}
	if (hold)
		r->nic->faults.held_blocks |= blocks;
	else
		release_interrupts(r->nic, blocks);
	return NULL;
}

/* off: headers and payload of all frames come together, though the driver asked for them apart. */
static const char *set_split(struct request *r)
{
	bool off = r->count && !strcmp(r->words[0], "off");

	if (r->count != 1 || (!off && strcmp(r->words[0], "on")))
		return fail("split NIC on|off");
	r->nic->faults.together = off;
	return NULL;
}

static const char *set_wrong_queue(struct request *r)
{
	uint32_t queue = 0;
	bool none = r->count == 1 && !strcmp(r->words[0], "none");

	if (r->count != 1 || (!none && !number(r->words[0], MAX_QUEUES - 1, &queue)))
		return fail("wrong-queue NIC QUEUE|none");
	r->nic->faults.wrong_queue = none ? -1 : (int)queue;
	return NULL;
}

static void say(FILE *out, const char *where, const char *name, uint64_t value)
{
	if (value)
		fprintf(out, "%s %s %lu\n", where, name, (unsigned long)value);
}

/* One line for each number that is not 0: NIC rx QUEUE NAME VALUE, NIC tx QUEUE NAME VALUE, NIC command OPCODE count
 * VALUE, NIC NAME VALUE. */
void write_account(const struct gvnic *nic, unsigned number, FILE *out)
{
	char where[32];

	snprintf(where, sizeof(where), "%u", number);
	say(out, where, "wrong_checksums", nic->wrong_checksums);
	say(out, where, "no_queue", nic->no_queue);
	say(out, where, "dropped", nic->dropped);
	say(out, where, "reordered", nic->reordered);
	say(out, where, "link_lost", nic->link_lost);
	say(out, where, "bad_packets", nic->bad_packets);
	say(out, where, "resets", nic->resets);
	say(out, where, "failed_commands", nic->failed_commands);
	for (unsigned i = 0; i < sizeof(nic->commands) / sizeof(*nic->commands); i++) {
		snprintf(where, sizeof(where), "%u command %u", number, i);
		say(out, where, "count", nic->commands[i]);
	}
	for (unsigned i = 0; i < MAX_QUEUES; i++) {
		const struct rx_account *rx = &nic->rx_account[i];
		const struct tx_account *tx = &nic->tx_account[i];

		snprintf(where, sizeof(where), "%u tx %u", number, i);
		say(out, where, "packets", tx->packets);
		say(out, where, "frames", tx->frames);
		say(out, where, "bytes", tx->bytes);
		snprintf(where, sizeof(where), "%u rx %u", number, i);
		say(out, where, "frames", rx->frames);
		say(out, where, "bytes", rx->bytes);
		say(out, where, "split_frames", rx->split_frames);
		say(out, where, "split_header_bytes", rx->split_header_bytes);
		say(out, where, "split_payload_bytes", rx->split_payload_bytes);
		say(out, where, "unsplit_frames", rx->unsplit_frames);
		say(out, where, "unsplit_bytes", rx->unsplit_bytes);
		say(out, where, "tcp_payload_bytes", rx->tcp_payload_bytes);
		say(out, where, "tcp_split_bytes", rx->tcp_split_bytes);
		say(out, where, "by_rule", rx->by_rule);
		say(out, where, "coalesced_frames", rx->coalesced_frames);
		say(out, where, "no_buffers", rx->no_buffers);
		say(out, where, "bad_addresses", rx->bad_addresses);
		if (nic->rx[i].exists)
			say(out, where, "interrupts", nic->block_interrupts[nic->rx[i].block]);
	}
}

static const char *tell_account(struct request *r)
{
	write_account(r->nic, (unsigned)(r->nic - r->nics), r->answer);
	return NULL;
}

static const char *clear_account(struct request *r)
{
	struct gvnic *nic = r->nic;

	memset(nic->rx_account, 0, sizeof(nic->rx_account));
	memset(nic->tx_account, 0, sizeof(nic->tx_account));
	memset(nic->block_interrupts, 0, sizeof(nic->block_interrupts));
	nic->wrong_checksums = nic->no_queue = nic->dropped = nic->reordered = nic->link_lost = nic->bad_packets = 0;
	memset(nic->commands, 0, sizeof(nic->commands));
	nic->resets = nic->failed_commands = 0;
	return NULL;
}

/* No fault is wanted any more; what was held back comes now. */
static const char *end_faults(struct request *r)
{
	struct gvnic *nic = r->nic;
	bool was_down = nic->faults.link_down;

	release_interrupts(nic, ~0ull);
	release_held_frame(nic);
	nic->faults = (struct faults){ .wrong_queue = -1, .reset_requested = nic->faults.reset_requested };
	if (was_down)
		management_interrupt(nic);
	return NULL;
}

/* As if the model had crashed: what the guest and the rig make of that is tried so. */
static const char *die(struct request *r)
{
	(void)r;
	abort();
}

/* What the driver has set: NIC NAME VALUE, and of queues NIC rx QUEUE NAME VALUE. */
static const char *tell_state(struct request *r)
{
	const struct gvnic *nic = r->nic;
	unsigned id = (unsigned)(nic - r->nics);

	fprintf(r->answer, "%u running %d\n%u rules %u\n", id, nic->running, id, nic->rule_count);
	for (unsigned i = 0; i < MAX_QUEUES; i++)
		if (nic->rx[i].exists)
			fprintf(r->answer, "%u rx %u buffer_size %u\n%u rx %u header_size %u\n%u rx %u posted %u\n"
				"%u rx %u block %u\n", id, i, nic->rx[i].buffer_size, id, i, nic->rx[i].header_size, id, i,
				(nic->rx[i].tail - nic->rx[i].head) & (nic->rx[i].buffer_ring - 1), id, i, nic->rx[i].block);
	return NULL;
}

void control(struct gvnic *nics, const char *line, FILE *answer)
{
	static const struct {
		const char *name;
		const char *(*perform)(struct request *request);
	} commands[] = {
		{ "account", tell_account }, { "clear", clear_account }, { "state", tell_state }, { "heal", end_faults },
		{ "link", set_link }, { "reset", request_reset }, { "fail", set_failure }, { "drop", set_drop },
		{ "reorder", set_reorder }, { "interrupts", set_interrupts }, { "split", set_split },
		{ "wrong-queue", set_wrong_queue }, { "die", die },
	};
	struct request request = { .nics = nics, .answer = answer };
	char copy[MAX_LINE], *rest = copy, *command, *which;
	const char *problem = "no such command";

	snprintf(copy, sizeof(copy), "%s", line);
	command = strtok_r(copy, " \t\r\n", &rest);
	which = strtok_r(NULL, " \t\r\n", &rest);
	for (char *word; request.count < MAX_WORDS && (word = strtok_r(NULL, " \t\r\n", &rest));)
		request.words[request.count++] = word;
	if (!command || !which || (strcmp(which, "0") && strcmp(which, "1"))) {
		fprintf(answer, "error: COMMAND 0|1 …\n");
		return;
	}
	request.nic = &nics[which[0] - '0'];
	for (unsigned i = 0; i < sizeof(commands) / sizeof(*commands); i++)
		if (!strcmp(commands[i].name, command)) {
			problem = commands[i].perform(&request);
			break;
		}
	if (problem)
		fprintf(answer, "error: %s\n", problem);
	else
		fprintf(answer, "ok\n");
}
