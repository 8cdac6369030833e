/* conv: iconv in a program with threads that forks.
 *
 * Who opens, closes or shares a converter does it between lock and unlock; who forks a process that goes on in this program (without an exec) does it with conv_fork. Then the child can use iconv, whatever the other threads were doing.
 */
#ifndef HOLDFAST_CONV_H
#define HOLDFAST_CONV_H

#include "base.h"

void conv_lock(void);
void conv_unlock(void);
pid_t conv_fork(void); /* as fork(), errno too */

#endif
