/* Preloaded into a process: counts and records what it changes in one folder, and breaks off at a chosen change.

Every call that changes the folder goes through `before`, which numbers it over all threads, so that a failpoint stands
in front of every write, fsync, rename, link, unlink, truncation and creation, and none in the code under test. FAISS
writes through FILE, whose own writes do not pass here; fopen therefore hands out a stream that does.

A record in the log is a line `number kind ...` that names a file by its inode or path; a write is followed by its bytes, and
rename and link by a second line with the new path. Paths hold no line ends. */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

static pthread_mutex_t lock = PTHREAD_RECURSIVE_MUTEX_INITIALIZER_NP;
static char root[PATH_MAX];
static size_t root_length;
static int log_fd = -1;
static long count, stop_at = -1;
static int stop_with; /* an errno, or -1 for SIGKILL */
static long stopped; /* how often a call was refused */

static void *real(const char *name) { return dlsym(RTLD_NEXT, name); }

/* Begins anew: what changes in `folder` is numbered from 1, and recorded in `log` if there is one. */
void recorder_watch(const char *folder, const char *log) {
    pthread_mutex_lock(&lock);
    if (log_fd >= 0) syscall(SYS_close, log_fd);
    snprintf(root, sizeof root, "%s", folder ? folder : "");
    root_length = strlen(root);
    log_fd = log ? (int)syscall(SYS_openat, AT_FDCWD, log, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600) : -1;
    count = stopped = 0;
    stop_at = -1;
    pthread_mutex_unlock(&lock);
}

/* The change of this number fails with the error, once; -1 ends the process in front of it. */
void recorder_stop(long at, int with) {
    pthread_mutex_lock(&lock);
    stop_at = at;
    stop_with = with;
    pthread_mutex_unlock(&lock);
}

long recorder_count(void) { return __atomic_load_n(&count, __ATOMIC_SEQ_CST); }
long recorder_stopped(void) { return __atomic_load_n(&stopped, __ATOMIC_SEQ_CST); }

static int inside(const char *path) {
    return root_length && !strncmp(path, root, root_length) && (path[root_length] == '/' || !path[root_length]);
}

/* The path of an open file, "" if it is none of ours. */
static const char *of_fd(int fd, char *path) {
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, PATH_MAX - 1);
    if (length < 0) length = 0;
    path[length] = 0;
    return inside(path) ? path : "";
}

static const char *of_name(int folder, const char *name, char *path) {
    if (name[0] == '/') {
        snprintf(path, PATH_MAX, "%s", name);
    } else {
        char base[PATH_MAX];
        if (folder == AT_FDCWD) {
            if (!getcwd(base, sizeof base)) base[0] = 0;
        } else {
            of_fd(folder, base);
        }
        snprintf(path, PATH_MAX, "%.2000s/%.2000s", base, name);
    }
    return inside(path) ? path : "";
}

static unsigned long inode_of(int fd) {
    struct stat found;
    return fstat(fd, &found) ? 0 : (unsigned long)found.st_ino;
}

static void put(const void *bytes, size_t length) {
    if (log_fd < 0) return;
    while (length) {
        ssize_t done = syscall(SYS_write, log_fd, bytes, length);
        if (done <= 0) abort();
        bytes = (const char *)bytes + done;
        length -= (size_t)done;
    }
}

static void note(const char *format, ...) {
    char line[2 * PATH_MAX + 100];
    va_list rest;
    va_start(rest, format);
    int length = snprintf(line, sizeof line, "%ld ", count);
    length += vsnprintf(line + length, sizeof line - (size_t)length, format, rest);
    va_end(rest);
    put(line, (size_t)length);
}

/* Takes the lock and numbers a change; 0 if it may go on, or the error it is to fail with, without the lock. */
static int before(void) {
    pthread_mutex_lock(&lock);
    __atomic_add_fetch(&count, 1, __ATOMIC_SEQ_CST);
    if (count != stop_at) return 0;
    if (stop_with < 0) {
        syscall(SYS_kill, getpid(), SIGKILL);
        for (;;) pause();
    }
    stopped++;
    pthread_mutex_unlock(&lock);
    return stop_with;
}

static void after(void) { pthread_mutex_unlock(&lock); }

#define REFUSE_IF_CHOSEN(failed)         \
    do {                                 \
        int error = before();            \
        if (error) {                     \
            errno = error;               \
            return failed;               \
        }                                \
    } while (0)

static ssize_t written(int fd, const struct iovec *parts, int number, off_t at) {
    char path[PATH_MAX];
    if (!of_fd(fd, path)[0]) {
        if (at < 0) return syscall(SYS_writev, fd, parts, number);
        return syscall(SYS_pwritev, fd, parts, number, at, 0);
    }
    REFUSE_IF_CHOSEN(-1);
    off_t where = at;
    if (at < 0) {
        struct stat found;
        where = lseek(fd, 0, SEEK_CUR);
        if ((fcntl(fd, F_GETFL) & O_APPEND) && !fstat(fd, &found)) where = found.st_size;
    }
    ssize_t done = at < 0 ? syscall(SYS_writev, fd, parts, number) : syscall(SYS_pwritev, fd, parts, number, at, 0);
    int kept = errno;
    if (done > 0) {
        note("write %lu %ld %ld\n", inode_of(fd), (long)where, (long)done);
        size_t left = (size_t)done;
        for (int part = 0; part < number && left; part++) {
            size_t some = parts[part].iov_len < left ? parts[part].iov_len : left;
            put(parts[part].iov_base, some);
            left -= some;
        }
        put("\n", 1);
    }
    errno = kept;
    after();
    return done;
}

ssize_t write(int fd, const void *bytes, size_t length) {
    struct iovec one = {(void *)bytes, length};
    return written(fd, &one, 1, -1);
}
ssize_t writev(int fd, const struct iovec *parts, int number) { return written(fd, parts, number, -1); }
ssize_t pwrite64(int fd, const void *bytes, size_t length, off64_t at) {
    struct iovec one = {(void *)bytes, length};
    return written(fd, &one, 1, at);
}
ssize_t pwrite(int fd, const void *bytes, size_t length, off_t at) { return pwrite64(fd, bytes, length, at); }

static int synced(int fd, long call) {
    char path[PATH_MAX];
    if (!of_fd(fd, path)[0]) return (int)syscall(call, fd);
    REFUSE_IF_CHOSEN(-1);
    int done = (int)syscall(call, fd);
    if (!done) note("sync %lu\n", inode_of(fd));
    after();
    return done;
}
int fsync(int fd) { return synced(fd, SYS_fsync); }
int fdatasync(int fd) { return synced(fd, SYS_fdatasync); }

int ftruncate64(int fd, off64_t length) {
    char path[PATH_MAX];
    if (!of_fd(fd, path)[0]) return (int)syscall(SYS_ftruncate, fd, length);
    REFUSE_IF_CHOSEN(-1);
    int done = (int)syscall(SYS_ftruncate, fd, length);
    if (!done) note("truncate %lu %ld\n", inode_of(fd), (long)length);
    after();
    return done;
}
int ftruncate(int fd, off_t length) { return ftruncate64(fd, length); }

static int opened(int folder, const char *name, int flags, mode_t mode) {
    char path[PATH_MAX];
    if (!(flags & (O_CREAT | O_TRUNC)) || !of_name(folder, name, path)[0])
        return (int)syscall(SYS_openat, folder, name, flags, mode);
    struct stat found;
    int fresh = stat(path, &found) != 0;
    int empties = !fresh && (flags & O_TRUNC) && found.st_size > 0;
    if (!fresh && !empties) return (int)syscall(SYS_openat, folder, name, flags, mode);
    REFUSE_IF_CHOSEN(-1);
    int fd = (int)syscall(SYS_openat, folder, name, flags, mode);
    int kept = errno;
    if (fd >= 0 && fresh) note("create %lu %s\n", inode_of(fd), path);
    if (fd >= 0 && empties) note("truncate %lu 0\n", inode_of(fd));
    errno = kept;
    after();
    return fd;
}

#define MODE_OF(flags)                                        \
    mode_t mode = 0;                                          \
    if ((flags) & (O_CREAT | O_TMPFILE)) {                    \
        va_list rest;                                         \
        va_start(rest, flags);                                \
        mode = (mode_t)va_arg(rest, int);                     \
        va_end(rest);                                         \
    }

int open(const char *name, int flags, ...) { MODE_OF(flags) return opened(AT_FDCWD, name, flags, mode); }
int open64(const char *name, int flags, ...) { MODE_OF(flags) return opened(AT_FDCWD, name, flags, mode); }
int openat(int folder, const char *name, int flags, ...) { MODE_OF(flags) return opened(folder, name, flags, mode); }
int openat64(int folder, const char *name, int flags, ...) { MODE_OF(flags) return opened(folder, name, flags, mode); }
int creat(const char *name, mode_t mode) { return opened(AT_FDCWD, name, O_CREAT | O_WRONLY | O_TRUNC, mode); }

/* One change of names: two paths at most, of which at least one is ours. */
#define NAMES(kind, call, from_folder, from, to_folder, to)                                  \
    char first[PATH_MAX], second[PATH_MAX];                                                  \
    int ours = of_name(from_folder, from, first)[0] | of_name(to_folder, to, second)[0];     \
    if (!ours) return (int)(call);                                                           \
    REFUSE_IF_CHOSEN(-1);                                                                    \
    int done = (int)(call), kept = errno;                                                    \
    if (!done) note(kind " %s\n%s\n", first, second);                                        \
    errno = kept;                                                                            \
    after();                                                                                 \
    return done;

int rename(const char *from, const char *to) {
    NAMES("rename", syscall(SYS_renameat, AT_FDCWD, from, AT_FDCWD, to), AT_FDCWD, from, AT_FDCWD, to)
}
int renameat(int a, const char *from, int b, const char *to) {
    NAMES("rename", syscall(SYS_renameat, a, from, b, to), a, from, b, to)
}
int renameat2(int a, const char *from, int b, const char *to, unsigned flags) {
    NAMES("rename", syscall(SYS_renameat2, a, from, b, to, flags), a, from, b, to)
}
int link(const char *from, const char *to) {
    NAMES("link", syscall(SYS_linkat, AT_FDCWD, from, AT_FDCWD, to, 0), AT_FDCWD, from, AT_FDCWD, to)
}
int linkat(int a, const char *from, int b, const char *to, int flags) {
    NAMES("link", syscall(SYS_linkat, a, from, b, to, flags), a, from, b, to)
}

#define NAME(kind, call, folder, name)                      \
    char path[PATH_MAX];                                    \
    if (!of_name(folder, name, path)[0]) return (int)(call); \
    REFUSE_IF_CHOSEN(-1);                                   \
    int done = (int)(call), kept = errno;                   \
    if (!done) note(kind " %s\n", path);                    \
    errno = kept;                                           \
    after();                                                \
    return done;

int unlink(const char *name) { NAME("unlink", syscall(SYS_unlinkat, AT_FDCWD, name, 0), AT_FDCWD, name) }
int unlinkat(int folder, const char *name, int flags) {
    NAME("unlink", syscall(SYS_unlinkat, folder, name, flags), folder, name)
}
int rmdir(const char *name) { NAME("unlink", syscall(SYS_unlinkat, AT_FDCWD, name, AT_REMOVEDIR), AT_FDCWD, name) }
int mkdirat(int folder, const char *name, mode_t mode) {
    char path[PATH_MAX];
    struct stat found;
    if (!of_name(folder, name, path)[0] || !stat(path, &found)) return (int)syscall(SYS_mkdirat, folder, name, mode);
    REFUSE_IF_CHOSEN(-1);
    int done = (int)syscall(SYS_mkdirat, folder, name, mode), kept = errno;
    if (!done && !stat(path, &found)) note("mkdir %lu %s\n", (unsigned long)found.st_ino, path);
    errno = kept;
    after();
    return done;
}
int mkdir(const char *name, mode_t mode) { return mkdirat(AT_FDCWD, name, mode); }

static ssize_t cookie_write(void *cookie, const char *bytes, size_t length) {
    ssize_t done = write((int)(long)cookie, bytes, length);
    return done < 0 ? 0 : done;
}
static int cookie_close(void *cookie) { return close((int)(long)cookie); }

static FILE *stream(const char *name, const char *mode, const char *call) {
    char path[PATH_MAX];
    if (mode[0] != 'w' || !of_name(AT_FDCWD, name, path)[0])
        return ((FILE * (*)(const char *, const char *)) real(call))(name, mode);
    int fd = opened(AT_FDCWD, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (fd < 0) return NULL;
    cookie_io_functions_t through = {.write = cookie_write, .close = cookie_close};
    return fopencookie((void *)(long)fd, mode, through);
}
FILE *fopen(const char *name, const char *mode) { return stream(name, mode, "fopen"); }
FILE *fopen64(const char *name, const char *mode) { return stream(name, mode, "fopen64"); }
