/* Forking beside iconv.
 *
 * The C library keeps its converters behind one lock (glibc: __gconv_lock), which a fork does not put right: a child that was forked while another thread opened or closed a converter waits for ever when it opens one itself, in our code or in a library's (libarchive does for every name). So these take turns. */
#include "conv.h"

#include <errno.h>
#include <pthread.h>
#include <unistd.h>

static pthread_mutex_t turn = PTHREAD_MUTEX_INITIALIZER;

void conv_lock(void)
{
	int r = pthread_mutex_lock(&turn);
	assert(r == 0);
	(void)r;
}

void conv_unlock(void)
{
	int r = pthread_mutex_unlock(&turn);
	assert(r == 0);
	(void)r;
}

pid_t conv_fork(void)
{
	conv_lock();
	pid_t pid = fork();
	int why = errno;
	conv_unlock(); /* in the child, too: the thread that holds it is the one that it has */
	errno = why;
	return pid;
}
