/* hash_internal: what hash.c and hash_two.c share. */
#ifndef HOLDFAST_SEAL_HASH_INTERNAL_H
#define HOLDFAST_SEAL_HASH_INTERNAL_H

#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/sha.h>

#include "seal_internal.h"

struct seal_sha256 {
	SHA256_CTX c;
};

#endif
