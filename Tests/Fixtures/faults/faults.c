// A machine that fails on command. Preloaded into the program under test; the test writes its orders into a mapped file, and they hold at once.
//
//   PASSERELLE_ORDERS   the file of orders (see `struct orders`), mapped by both sides
//   PASSERELLE_FOLDER   only files below it are touched
//
// cc -shared -fPIC -O1 -o faults.so faults.c
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

struct orders {
    _Atomic int64_t clock;        // seconds added to the wall clock; the monotonic clock is left alone
    _Atomic int64_t syncsLeft;    // syncs that still succeed once `syncError` is set
    _Atomic int32_t syncError;    // errno of every later sync; 0: syncs work
    _Atomic int32_t syncsRefused; // counted here
};

static struct orders none;

static struct orders *orders(void) {
    static struct orders *_Atomic mapped;
    struct orders *known = atomic_load(&mapped);
    if (known) return known;
    const char *path = getenv("PASSERELLE_ORDERS");
    int file = path ? open(path, O_RDWR | O_CLOEXEC) : -1;
    void *page = file < 0 ? MAP_FAILED : mmap(0, sizeof(struct orders), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    if (file >= 0) close(file);
    known = page == MAP_FAILED ? &none : page;
    atomic_store(&mapped, known);
    return known;
}

static int concerns(int file) {
    const char *folder = getenv("PASSERELLE_FOLDER");
    char link[64], path[PATH_MAX];
    if (!folder) return 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length < 0) return 0;
    path[length] = 0;
    return strncmp(path, folder, strlen(folder)) == 0;
}

static int refusesSync(int file) {
    struct orders *now = orders();
    if (!atomic_load(&now->syncError) || !concerns(file)) return 0;
    if (atomic_fetch_sub(&now->syncsLeft, 1) > 0) return 0;
    atomic_fetch_add(&now->syncsRefused, 1);
    errno = atomic_load(&now->syncError);
    return 1;
}

int fsync(int file) {
    static int (*real)(int);
    if (!real) real = dlsym(RTLD_NEXT, "fsync");
    return refusesSync(file) ? -1 : real(file);
}

int fdatasync(int file) {
    static int (*real)(int);
    if (!real) real = dlsym(RTLD_NEXT, "fdatasync");
    return refusesSync(file) ? -1 : real(file);
}

int clock_gettime(clockid_t clock, struct timespec *time) {
    static int (*real)(clockid_t, struct timespec *);
    if (!real) real = dlsym(RTLD_NEXT, "clock_gettime");
    int code = real(clock, time);
    if (code == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) time->tv_sec += atomic_load(&orders()->clock);
    return code;
}

int gettimeofday(struct timeval *restrict now, void *restrict zone) {
    struct timespec time;
    (void)zone;
    clock_gettime(CLOCK_REALTIME, &time);
    now->tv_sec = time.tv_sec;
    now->tv_usec = time.tv_nsec / 1000;
    return 0;
}

time_t time(time_t *place) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (place) *place = now.tv_sec;
    return now.tv_sec;
}
