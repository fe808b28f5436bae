/* gvnic-model: two gVNICs, joined by a wire, for QEMU's vfio-user-pci. */
#define _GNU_SOURCE
#include <errno.h>
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "gvnic.h"

enum { CLIENTS = 4, LINE = 256, USAGE = 64, HELD_MS = 20 };

struct client {
	int fd;
	size_t length;
	char line[LINE];
};

static struct gvnic nics[2];
static struct client clients[CLIENTS];
static volatile sig_atomic_t ended;

/* ---- the control socket ---- */

static int listen_at(const char *path)
{
	struct sockaddr_un name = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(name.sun_path, sizeof(name.sun_path), "%s", path);
	unlink(path);
	if (fd < 0 || bind(fd, (void *)&name, sizeof(name)) || listen(fd, CLIENTS)) {
		perror(path);
		exit(1);
	}
	return fd;
}

static void accept_client(int listener)
{
	int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	for (unsigned i = 0; fd >= 0 && i < CLIENTS; i++)
		if (clients[i].fd < 0) {
			clients[i] = (struct client){ .fd = fd };
			return;
		}
	if (fd >= 0)
		close(fd);
}

static void drop_client(struct client *client)
{
	close(client->fd);
	client->fd = -1;
}

static void answer(struct client *client, const char *line)
{
	char *text = NULL;
	size_t length = 0;
	FILE *out = open_memstream(&text, &length);

	if (!out)
		return;
	control(nics, line, out);
	fclose(out);
	if (send(client->fd, text, length, MSG_NOSIGNAL) != (ssize_t)length)	/* it does not read its answers */
		drop_client(client);
	free(text);
}

static void read_client(struct client *client)
{
	ssize_t got = recv(client->fd, client->line + client->length, LINE - 1 - client->length, 0);
	char *end;

	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (got <= 0) {
		drop_client(client);
		return;
	}
	client->length += (size_t)got;
	while (client->fd >= 0 && (end = memchr(client->line, '\n', client->length))) {
		*end = 0;
		answer(client, client->line);
		client->length -= (size_t)(end + 1 - client->line);
		memmove(client->line, end + 1, client->length);
	}
	if (client->fd >= 0 && client->length == LINE - 1)
		drop_client(client);
}

/* ---- the loop ---- */

static void serve_device(struct vu *vu)
{
	if (vu->fd < 0)
		vu_accept(vu);
	else
		for (unsigned burst = 0; burst < 16 && vu_receive(vu);)
			burst++;
}

/* Until the machine has gone. Idle, it sleeps: nothing is polled. */
static void serve(int control_listener, const sigset_t *unblocked)
{
	bool seen = false;

	while (!ended && !(seen && nics[0].vu.fd < 0 && nics[1].vu.fd < 0)) {
		struct pollfd fds[3 + CLIENTS];
		bool blocked = any_blocked(&nics[0]) || any_blocked(&nics[1]);
		bool held = nics[0].held.used || nics[1].held.used;
		struct timespec wait = { 0, blocked ? 50000 : HELD_MS * 1000000 };
		int ready;

		for (unsigned i = 0; i < 2; i++)
			fds[i] = (struct pollfd){ nics[i].vu.fd >= 0 ? nics[i].vu.fd : nics[i].vu.listener, POLLIN, 0 };
		fds[2] = (struct pollfd){ control_listener, POLLIN, 0 };
		for (unsigned i = 0; i < CLIENTS; i++)
			fds[3 + i] = (struct pollfd){ clients[i].fd, POLLIN, 0 };
		ready = ppoll(fds, 3 + CLIENTS, blocked || held ? &wait : NULL, unblocked);
		if (ready < 0)
			continue;
		for (unsigned i = 0; i < 2; i++) {
			if (fds[i].revents)
				serve_device(&nics[i].vu);
			seen |= nics[i].vu.fd >= 0;
		}
		if (fds[2].revents)
			accept_client(control_listener);
		for (unsigned i = 0; i < CLIENTS; i++)
			if (fds[3 + i].revents && clients[i].fd == fds[3 + i].fd)
				read_client(&clients[i]);
		for (unsigned i = 0; blocked && i < 2; i++)
			retry_blocked(&nics[i]);
		for (unsigned i = 0; held && !ready && i < 2; i++)
			release_held_frame(&nics[i]);	/* nothing came that could overtake it */
	}
}

static void say_account(void)
{
	struct rusage used;

	getrusage(RUSAGE_SELF, &used);
	fprintf(model_log, "CPU time: user %ld.%03ld s, system %ld.%03ld s\n", (long)used.ru_utime.tv_sec,
		(long)used.ru_utime.tv_usec / 1000, (long)used.ru_stime.tv_sec, (long)used.ru_stime.tv_usec / 1000);
	for (unsigned i = 0; i < 2; i++) {
		fprintf(model_log, "%s: %lu messages, %lu interrupts\n", nics[i].name, (unsigned long)nics[i].vu.messages,
			(unsigned long)nics[i].vu.interrupts);
		write_account(&nics[i], i, model_log);
	}
	fflush(model_log);
}

static void end(int signal_number)
{
	ended = signal_number;
}

/* The machine is a child of the model, which so outlives it, and in whose process namespace it ends with it. */
static pid_t start(char **command, const sigset_t *unblocked)
{
	pid_t child = fork();

	if (child)
		return child;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	sigprocmask(SIG_SETMASK, unblocked, NULL);
	execvp(command[0], command);
	perror(command[0]);
	_exit(127);
}

static int wait_for(pid_t child)
{
	int status = 0;

	while (waitpid(child, &status, 0) < 0)
		if (errno != EINTR)
			return 1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static void usage(void)
{
	fputs("usage: gvnic-model [OPTION…] SOCKET SOCKET [-- COMMAND…]\n"
	      "  --queues N --used N     queues at most, and at first (8, 4)\n"
	      "  --ring N                descriptors of a ring at first (1024; 512 to 4096 can be set)\n"
	      "  --mtu N --jumbo N       1460, and 8896 (0: no jumbo frames)\n"
	      "  --buffer N              bytes of the largest receive buffer, 2048 or 4096 (4096)\n"
	      "  --header N              bytes of a header buffer, at most 256 (128; 0: no header split)\n"
	      "  --rules N               flow rules (1024; 0: no flow steering)\n"
	      "  --pause N               microseconds a sender waits for buffers (5000)\n"
	      "  --rss-option            the RSS configuration is read from the device\n"
	      "  --no-coalesce           never give the receiver several segments in one packet\n"
	      "  --do 'LINE'             a line of the control socket, before anything else\n"
	      "  --control SOCKET --log FILE --trace\n", stderr);
	exit(USAGE);
}

static void handle_signals(sigset_t *unblocked)
{
	sigset_t blocked;

	sigemptyset(&blocked);
	for (const int *number = (const int[]){ SIGTERM, SIGINT, SIGCHLD, 0 }; *number; number++) {
		signal(*number, end);
		sigaddset(&blocked, *number);
	}
	signal(SIGPIPE, SIG_IGN);
	sigprocmask(SIG_BLOCK, &blocked, unblocked);
}

int main(int count, char **words)
{
	static struct settings s = {
		.queues = 8, .queues_used = 4, .ring = 1024, .ring_min = 512, .ring_max = 4096, .mtu = 1460, .mtu_max = 8896,
		.buffer = 4096, .header_buffer = 128, .rules = 1024, .link_mbps = 100000, .pause_us = 5000, .coalesce = true,
	};
	static const struct option options[] = {
		{ "queues", 1, 0, 'q' }, { "used", 1, 0, 'u' }, { "ring", 1, 0, 'r' }, { "mtu", 1, 0, 'm' },
		{ "jumbo", 1, 0, 'j' }, { "buffer", 1, 0, 'b' }, { "header", 1, 0, 'h' }, { "rules", 1, 0, 'f' },
		{ "pause", 1, 0, 'p' }, { "rss-option", 0, 0, 'R' }, { "no-coalesce", 0, 0, 'C' }, { "do", 1, 0, 'd' },
		{ "control", 1, 0, 'c' }, { "log", 1, 0, 'l' }, { "trace", 0, 0, 't' }, { 0 },
	};
	static const char *const names[] = { "gvnic 0", "gvnic 1" };
	const char *control_path = NULL, *lines[MAX_FAILURES];
	unsigned line_count = 0;
	int letter, listener = -1, status = 0;
	sigset_t unblocked;
	pid_t child = 0;

	model_log = stderr;
	while ((letter = getopt_long(count, words, "+", options, NULL)) >= 0) {
		unsigned number = optarg ? (unsigned)strtoul(optarg, NULL, 10) : 0;

		switch (letter) {
		case 'q': s.queues = number; break;
		case 'u': s.queues_used = number; break;
		case 'r': s.ring = number; break;
		case 'm': s.mtu = number; break;
		case 'j': s.mtu_max = number; break;
		case 'b': s.buffer = number; break;
		case 'h': s.header_buffer = number; break;
		case 'f': s.rules = number; break;
		case 'p': s.pause_us = number; break;
		case 'R': s.rss_option = true; break;
		case 'C': s.coalesce = false; break;
		case 't': s.trace = true; break;
		case 'c': control_path = optarg; break;
		case 'd':
			if (line_count == MAX_FAILURES)
				usage();
			lines[line_count++] = optarg;
			break;
		case 'l':
			model_log = fopen(optarg, "we");
			if (!model_log) {
				perror(optarg);
				return 1;
			}
			setvbuf(model_log, NULL, _IOLBF, 0);
			break;
		default: usage();
		}
	}
	s.queues_used = s.queues_used > s.queues ? s.queues : s.queues_used;
	if (count - optind < 2 || !s.queues || s.queues > MAX_QUEUES || !s.queues_used || s.rules > MAX_RULES ||
	    s.header_buffer > MAX_HEADER || (s.buffer != 2048 && s.buffer != 4096) || s.ring < s.ring_min ||
	    s.ring > s.ring_max || s.ring & (s.ring - 1))
		usage();
	handle_signals(&unblocked);
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	for (unsigned i = 0; i < 2; i++) {
		device_make(&nics[i], &s, names[i], i, &nics[1 - i]);
		vu_listen(&nics[i].vu, words[optind + (int)i]);
	}
	for (unsigned i = 0; i < CLIENTS; i++)
		clients[i].fd = -1;
	for (unsigned i = 0; i < line_count; i++)
		control(nics, lines[i], model_log);
	if (control_path)
		listener = listen_at(control_path);
	if (count - optind > 2) {
		char **command = words + optind + 2;

		child = start(strcmp(command[0], "--") ? command : command + 1, &unblocked);
	}
	serve(listener, &unblocked);
	if (child > 0 && ended && ended != SIGCHLD)
		kill(child, SIGTERM);
	if (child > 0)
		status = wait_for(child);
	say_account();
	return status;
}
