#pragma once

#include <malloc.h>
#include <stddef.h>
#include <stdint.h>

// libFuzzer (https://llvm.org/docs/LibFuzzer.html): linked only where the fuzzer is built with coverage.
int LLVMFuzzerRunDriver(int *argc, char ***argv, int (*run)(const uint8_t *bytes, size_t count));
