/* What the files of duties share. */
#ifndef HOLDFAST_NOTICE_INTERNAL_H
#define HOLDFAST_NOTICE_INTERNAL_H

#include "notice.h"

#endif
