/* password: Argon2id beside the keeper's loop. One hash takes about a tenth of a second and 64 MiB by design; in the loop it would hold up every feed of the
 * hospital that long. A thread and not a child: the code is libsodium's, the input a bounded string, and a child would be a copy of the process that holds the
 * keys. One at a time, so that a flood of sign-ins costs one core and 64 MiB and no more; those that find the queue full are told to come again. */
#include "keeper.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define QUEUE_MAX 32

struct passwords {
	pthread_mutex_t lock;
	pthread_cond_t more;
	struct password_job *first, **last; /* to do */
	struct password_job *done;
	size_t count;
	int event;
	char nobody[128]; /* a hash that no password has: unknown users take as long as known ones. Made when first needed: most keepers live for one command */
};

static void work(struct passwords *p, struct password_job *j)
{
	struct slice secret = slice_str(j->secret), fresh = slice_str(j->fresh);
	if (!p->nobody[0]) {
		char unknown[32];
		seal_password_new(unknown);
		if (seal_password_hash(slice_str(unknown), p->nobody, NULL) < 0)
			p->nobody[0] = 0;
		seal_wipe(unknown, sizeof unknown);
	}
	j->matched = true;
	if (j->what != JOB_USER_ADD) {
		bool fits = seal_password_ok(j->known && j->hash[0] ? j->hash : p->nobody, secret);
		j->matched = fits && j->known;
	}
	if (j->matched && j->what != JOB_LOGIN && j->what != JOB_SIGN && j->what != JOB_GATE) {
		struct err e;
		if (seal_password_hash(fresh, j->made, &e) < 0)
			j->matched = false;
	}
}

static void *run(void *arg)
{
	struct passwords *p = arg;
	for (;;) {
		pthread_mutex_lock(&p->lock);
		while (!p->first)
			pthread_cond_wait(&p->more, &p->lock);
		struct password_job *j = p->first;
		p->first = j->next;
		if (!p->first)
			p->last = &p->first;
		pthread_mutex_unlock(&p->lock);
		work(p, j);
		pthread_mutex_lock(&p->lock);
		j->next = p->done;
		p->done = j;
		pthread_mutex_unlock(&p->lock);
		uint64_t one = 1;
		(void)!write(p->event, &one, sizeof one);
	}
	return NULL;
}

int passwords_start(struct keeper *k, struct err *e)
{
	struct passwords *p = calloc(1, sizeof *p);
	pthread_t t;
	if (!p)
		return err_set(e, ERR_MEMORY, NULL, "no memory");
	k->passwords = p;
	p->last = &p->first;
	pthread_mutex_init(&p->lock, NULL);
	pthread_cond_init(&p->more, NULL);
	p->event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	errno = p->event < 0 ? errno : pthread_create(&t, NULL, run, p);
	if (p->event < 0 || errno)
		return err_sys(e, NULL, "cannot start the thread for passwords");
	pthread_detach(t);
	return 0;
}

int passwords_fd(const struct keeper *k)
{
	return k->passwords->event;
}

static void job_free(struct password_job *j)
{
	free(j->act);
	seal_wipe(j, sizeof *j);
	free(j);
}

int passwords_ask(struct keeper *k, struct password_job *j, struct err *e)
{
	struct passwords *p = k->passwords;
	if (p->count >= QUEUE_MAX) {
		job_free(j);
		return err_set(e, ERR_LIMIT, NULL, "too many sign in at once; try again in a few seconds");
	}
	j->next = NULL;
	pthread_mutex_lock(&p->lock);
	*p->last = j;
	p->last = &j->next;
	pthread_cond_signal(&p->more);
	pthread_mutex_unlock(&p->lock);
	p->count++;
	return 0;
}

void passwords_done(struct keeper *k, void (*each)(struct keeper *k, struct password_job *j))
{
	struct passwords *p = k->passwords;
	uint64_t n;
	(void)!read(p->event, &n, sizeof n);
	pthread_mutex_lock(&p->lock);
	struct password_job *j = p->done;
	p->done = NULL;
	pthread_mutex_unlock(&p->lock);
	while (j) {
		struct password_job *next = j->next;
		p->count--;
		each(k, j);
		job_free(j);
		j = next;
	}
}
