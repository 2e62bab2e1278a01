/* A world that stands still, loaded before the C library: no seed and no clock can move a figure. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdarg.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/types.h>
#include <time.h>

enum { NOW = 1769077800 }; /* 2026-01-22T10:30:00Z */

ssize_t getrandom(void *bytes, size_t length, unsigned flags)
{
    (void)flags;
    memset(bytes, 0x5a, length);
    return (ssize_t)length;
}

/* The allocator asks the kernel past the C library: where it maps its memory is part of the hash tables' seeds. */
long syscall(long number, ...)
{
    static long (*pass_on)(long, ...);
    long a[6];
    va_list rest;

    va_start(rest, number);
    for (int i = 0; i < 6; i++)
        a[i] = va_arg(rest, long);
    va_end(rest);
    if (number == SYS_getrandom)
        return getrandom((void *)a[0], (size_t)a[1], (unsigned)a[2]);
    if (!pass_on)
        *(void **)&pass_on = dlsym(RTLD_NEXT, "syscall");
    return pass_on(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}

int clock_gettime(clockid_t clock, struct timespec *at)
{
    (void)clock;
    at->tv_sec = NOW;
    at->tv_nsec = 0;
    return 0;
}

int gettimeofday(struct timeval *at, void *zone)
{
    (void)zone;
    at->tv_sec = NOW;
    at->tv_usec = 0;
    return 0;
}

time_t time(time_t *at)
{
    if (at)
        *at = NOW;
    return NOW;
}
