#pragma once

/// A function compiled for several instruction sets; the processor chooses when the program starts. (GCC 12
/// makes no 16-bit vectors in clones for AVX-512, and these loops wait for memory anyway.)
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)
#define ANATOMYNET_VECTOR_CLONES __attribute__((target_clones("avx2", "default")))
#else
#define ANATOMYNET_VECTOR_CLONES
#endif
