/* responder_awake: while the kernel's questions come fast, the processors are kept from sleeping deeply (Linux, Documentation/power/pm_qos_interface.rst: /dev/cpu_dma_latency). Each file that is made or written makes its writer wait for our answer, and where both processors fell
 * asleep in between, waking them is most of the time: 2 x 30 us in a virtual machine, where a processor that halts leaves to the hypervisor, and 5 us without. What an idle processor does then is wait, ready; whatever else there is to run comes before that. The kernel takes the request back
 * when the file is closed, also by being killed. */
#include "responder.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define ENOUGH 16u /* questions within BUSY: some thousand a second, and each a wait of somebody's */
#define NO_WISH (-1) /* PM_QOS_DEFAULT_VALUE */

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
	*a = (struct awake){.fd = -1};
}

void awake_open(struct awake *a, bool wanted)
{
	*a = (struct awake){.fd = wanted ? open("/dev/cpu_dma_latency", O_WRONLY | O_CLOEXEC) : -1};
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
