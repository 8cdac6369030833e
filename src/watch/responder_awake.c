/* responder_awake: while the kernel's questions come fast, the processors are kept from sleeping deeply (Linux, Documentation/power/pm_qos_interface.rst: /dev/cpu_dma_latency). Each file that is made or written makes its writer wait for our answer, and where both processors fell
 * asleep in between, waking them is most of the time: 2 x 30 us in a virtual machine, where a processor that halts leaves to the hypervisor, and 5 us without. What an idle processor does then is wait, ready; whatever else there is to run comes before that. The kernel takes the request back
 * when the file is closed, also by being killed. */
#include "responder.h"

#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#define ENOUGH 16u /* questions within BUSY: some thousand a second, and each a wait of somebody's */
#define NO_WISH (-1) /* PM_QOS_DEFAULT_VALUE */

/* And while they come fast the next one is looked for before sleeping: what is left of waking is spared, too, and each file of a copy waits half as long. That takes a processor, so it is done only where nobody else wants one, for a few tens of microseconds at a time, most of the time
 * but never all of it, and not where it was mostly in vain (a writer who has but our processor cannot ask while we look). */
#define LOOK (100 * INT64_C(1000)) /* at most: cp needs 40 us from one small file to the next */
#define ROOM_EVERY (TIME_SEC / 1000)
#define WINDOW (TIME_SEC / 100)
#define WINDOW_LOOKED (WINDOW * 8 / 10) /* a real-time process that never sleeps is made to, for 50 ms (sched_rt_runtime_us, Documentation/scheduler/sched-rt-group.rst) */
#define CREDIT 32
#define IN_VAIN 2 /* as much credit as this many finds */
#define POOR (TIME_SEC / 50) /* until it is tried again */

/* Under "haltpoll", the driver of virtual machines, only 0 keeps from halting. On bare metal a halt (C1) takes one or two microseconds: there the deep states alone are kept away, and what the processors draw stays near to what it was. */
static int32_t wanted_latency(void)
{
	char name[32] = "";
	int fd = open("/sys/devices/system/cpu/cpuidle/current_driver", O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return 2;
	const ssize_t n = read(fd, name, sizeof name - 1);
	close(fd);
	return n > 0 && strncmp(name, "haltpoll", 8) == 0 ? 0 : 2;
}

static void wish(struct awake *a, int32_t latency)
{
	if (write(a->fd, &latency, sizeof latency) == sizeof latency)
		return;
	close(a->fd);
	a->fd = -1;
	a->held = false;
}

void awake_open(struct awake *a, bool wanted)
{
	*a = (struct awake){.fd = wanted ? open("/dev/cpu_dma_latency", O_WRONLY | O_CLOEXEC) : -1, .running = -1};
	if (wanted && (a->processors = (int)sysconf(_SC_NPROCESSORS_ONLN)) > 1)
		a->running = open("/proc/loadavg", O_RDONLY | O_CLOEXEC);
	if (a->fd >= 0)
		a->latency = wanted_latency();
}

void awake_asked(struct awake *a, int64_t now)
{
	if (a->fd < 0 || a->held)
		return;
	if (now - a->since > BUSY) {
		a->since = now;
		a->questions = 0;
	}
	if (++a->questions < ENOUGH)
		return;
	a->held = true;
	wish(a, a->latency);
}

void awake_end(struct awake *a)
{
	if (a->fd < 0 || !a->held)
		return;
	a->held = false;
	a->since = 0;
	wish(a, NO_WISH);
}

/* How many processes want a processor now, ourselves among them: "0.20 0.18 0.12 1/80 11206" (proc(5)). */
static int running_now(int fd)
{
	char text[96];
	const ssize_t n = pread(fd, text, sizeof text - 1, 0);
	text[n > 0 ? n : 0] = 0;
	const char *slash = strchr(text, '/'), *from = slash;
	uint64_t running;
	while (from && from > text && from[-1] != ' ')
		from--;
	return slash && num_u64(slice_of(from, (size_t)(slash - from)), 0, INT_MAX, &running) == 0 ? (int)running : INT_MAX;
}

int64_t awake_may_look(struct awake *a, int64_t now)
{
	if (!a->held || a->running < 0)
		return 0;
	if (now - a->room_at > ROOM_EVERY) {
		a->room_at = now;
		a->room = running_now(a->running) <= a->processors;
	}
	if (now - a->window > WINDOW) {
		a->window = now;
		a->looked = 0;
	}
	if (a->credit <= 0 && now - a->poor_at > POOR)
		a->credit = CREDIT;
	return a->room && a->credit > 0 && a->looked < WINDOW_LOOKED ? LOOK : 0;
}

void awake_looked(struct awake *a, int64_t from, int64_t to, bool found)
{
	a->looked += to - from;
	a->credit += found ? a->credit < CREDIT : -IN_VAIN;
	a->poor_at = to;
}
