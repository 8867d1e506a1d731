/* Preloaded into a process: numbers and records what it changes in one folder, and breaks off at a chosen change.

A seccomp filter has the kernel hand every system call that changes files to a signal handler here, whoever makes it:
Python, SQLite, FAISS, or Rust, part of which does not go through the C library. So a failpoint stands in front of every
write, sync, rename, link, removal, truncation and creation, and none in the code under test. The handler carries the
call out itself, marked by a sixth argument that the filter lets pass.

A record in the log is a line `number kind ...` that names a file by its inode or path; a write is followed by its bytes,
and rename and link by a second line with the new path. Paths hold no line ends. */

#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <ucontext.h>
#include <unistd.h>

#define PASS 0x5ca1ab1eL
#define CALL(...) PICK(__VA_ARGS__, C6, C5, C4, C3, C2, C1)(__VA_ARGS__)
#define PICK(a, b, c, d, e, f, name, ...) name
#define C2(n, a) syscall(n, a, 0L, 0L, 0L, 0L, PASS)
#define C3(n, a, b) syscall(n, a, b, 0L, 0L, 0L, PASS)
#define C4(n, a, b, c) syscall(n, a, b, c, 0L, 0L, PASS)
#define C5(n, a, b, c, d) syscall(n, a, b, c, d, 0L, PASS)
#define C6(n, a, b, c, d, e) syscall(n, a, b, c, d, e, PASS)

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static char root[PATH_MAX];
static size_t root_length;
static int log_fd = -1;
static long count, stop_at = -1, stopped;
static int stop_with; /* an errno, or -1 for SIGKILL */

/* Begins anew: what changes in `folder` is numbered from 1, and recorded in `log` if there is one. */
void recorder_watch(const char *folder, const char *log) {
    pthread_mutex_lock(&lock);
    if (log_fd >= 0) close(log_fd);
    snprintf(root, sizeof root, "%s", folder ? folder : "");
    root_length = strlen(root);
    log_fd = log ? (int)CALL(SYS_openat, AT_FDCWD, log, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600) : -1;
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

/* Whether an open file or folder is in ours. */
static int of_fd(int fd, char *path) {
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, PATH_MAX - 1);
    path[length < 0 ? 0 : length] = 0;
    return inside(path);
}

static int of_name(int folder, const char *name, char *path) {
    if (name[0] == '/') {
        snprintf(path, PATH_MAX, "%s", name);
    } else {
        char base[PATH_MAX];
        if (folder != AT_FDCWD)
            of_fd(folder, base);
        else if (!getcwd(base, sizeof base))
            base[0] = 0;
        snprintf(path, PATH_MAX, "%.2000s/%.2000s", base, name);
    }
    return inside(path);
}

static unsigned long inode_of(int fd) {
    struct stat found;
    return fstat(fd, &found) ? 0 : (unsigned long)found.st_ino;
}

static void put(const char *bytes, size_t length) {
    while (log_fd >= 0 && length) {
        ssize_t done = CALL(SYS_write, log_fd, bytes, length);
        if (done <= 0) _exit(99);
        bytes += done;
        length -= (size_t)done;
    }
}

static void note(const char *format, ...) {
    char line[2 * PATH_MAX + 100];
    int length = snprintf(line, sizeof line, "%ld ", count);
    va_list rest;
    va_start(rest, format);
    length += vsnprintf(line + length, sizeof line - (size_t)length, format, rest);
    va_end(rest);
    put(line, (size_t)length);
}

/* Numbers a change, with the lock held; 0 if it may go on, or the error that it is to fail with. */
static int refused(void) {
    __atomic_add_fetch(&count, 1, __ATOMIC_SEQ_CST);
    if (count != stop_at) return 0;
    if (stop_with < 0)
        for (;;) kill(getpid(), SIGKILL);
    stopped++;
    return stop_with;
}

static long failed(int error) {
    errno = error;
    return -1;
}

static long written(long call, int fd, const struct iovec *parts, int number, long at) {
    int error = refused();
    if (error) return failed(error);
    struct stat found;
    long place = at >= 0 ? at : lseek(fd, 0, SEEK_CUR);
    if (at < 0 && (fcntl(fd, F_GETFL) & O_APPEND) && !fstat(fd, &found)) place = found.st_size;
    long done = at < 0 ? CALL(call, fd, parts, number) : CALL(call, fd, parts, number, at);
    if (done <= 0) return done;
    note("write %lu %ld %ld\n", inode_of(fd), place, done);
    for (long part = 0, left = done; part < number && left; part++) {
        long some = (long)parts[part].iov_len < left ? (long)parts[part].iov_len : left;
        put(parts[part].iov_base, (size_t)some);
        left -= some;
    }
    put("\n", 1);
    return done;
}

static long opened(int folder, const char *name, long flags, long mode, const char *path) {
    struct stat found;
    int fresh = stat(path, &found) != 0;
    if (!fresh && !((flags & O_TRUNC) && found.st_size > 0)) return CALL(SYS_openat, folder, name, flags, mode);
    int error = refused();
    if (error) return failed(error);
    long fd = CALL(SYS_openat, folder, name, flags, mode);
    if (fd >= 0 && fresh) note("create %lu %s\n", inode_of((int)fd), path);
    if (fd >= 0 && !fresh) note("truncate %lu 0\n", inode_of((int)fd));
    return fd;
}

/* Whether a call changes our folder, and by which paths. */
static int concerns(long call, const long *a, char *path, char *other) {
    switch (call) {
    case SYS_write:
    case SYS_pwrite64:
    case SYS_writev:
    case SYS_pwritev:
    case SYS_fsync:
    case SYS_fdatasync:
    case SYS_ftruncate:
        return of_fd((int)a[0], path);
    case SYS_rename:
    case SYS_link:
        return of_name(AT_FDCWD, (const char *)a[0], path) | of_name(AT_FDCWD, (const char *)a[1], other);
    case SYS_renameat:
    case SYS_renameat2:
    case SYS_linkat:
        return of_name((int)a[0], (const char *)a[1], path) | of_name((int)a[2], (const char *)a[3], other);
    case SYS_openat:
    case SYS_unlinkat:
    case SYS_mkdirat:
        return of_name((int)a[0], (const char *)a[1], path);
    default:
        return of_name(AT_FDCWD, (const char *)a[0], path);
    }
}

/* Carries a call out that changes our folder, numbered and recorded. */
static long changed(long call, const long *a, const char *path, const char *other) {
    int error;
    long done;
    switch (call) {
    case SYS_write:
        return written(SYS_writev, (int)a[0], &(struct iovec){(void *)a[1], (size_t)a[2]}, 1, -1);
    case SYS_pwrite64:
        return written(SYS_pwritev, (int)a[0], &(struct iovec){(void *)a[1], (size_t)a[2]}, 1, a[3]);
    case SYS_writev:
        return written(call, (int)a[0], (const struct iovec *)a[1], (int)a[2], -1);
    case SYS_pwritev:
        return written(call, (int)a[0], (const struct iovec *)a[1], (int)a[2], a[3]);
    case SYS_open:
        return opened(AT_FDCWD, (const char *)a[0], a[1], a[2], path);
    case SYS_openat:
        return opened((int)a[0], (const char *)a[1], a[2], a[3], path);
    }
    if ((error = refused())) return failed(error);
    done = CALL(call, a[0], a[1], a[2], a[3], a[4]);
    if (done) return done;
    struct stat found;
    switch (call) {
    case SYS_fsync:
    case SYS_fdatasync:
        note("sync %lu\n", inode_of((int)a[0]));
        break;
    case SYS_ftruncate:
        note("truncate %lu %ld\n", inode_of((int)a[0]), a[1]);
        break;
    case SYS_link:
    case SYS_linkat:
        note("link %s\n", path);
        put(other, strlen(other));
        put("\n", 1);
        break;
    case SYS_rename:
    case SYS_renameat:
    case SYS_renameat2:
        note("rename %s\n", path);
        put(other, strlen(other));
        put("\n", 1);
        break;
    case SYS_mkdir:
    case SYS_mkdirat:
        if (!stat(path, &found)) note("mkdir %lu %s\n", (unsigned long)found.st_ino, path);
        break;
    default:
        note("unlink %s\n", path);
    }
    return 0;
}

static void handle(int number, siginfo_t *info, void *context) {
    (void)number;
    greg_t *registers = ((ucontext_t *)context)->uc_mcontext.gregs;
    const long a[5] = {registers[REG_RDI], registers[REG_RSI], registers[REG_RDX], registers[REG_R10],
                       registers[REG_R8]};
    char path[PATH_MAX], other[PATH_MAX];
    long done, before = errno;
    if (concerns(info->si_syscall, a, path, other)) {
        pthread_mutex_lock(&lock);
        done = changed(info->si_syscall, a, path, other);
        pthread_mutex_unlock(&lock);
    } else {
        done = CALL(info->si_syscall, a[0], a[1], a[2], a[3], a[4]);
    }
    registers[REG_RAX] = done == -1 ? -(long)errno : done;
    errno = (int)before;
}

#define STEP(...) *at++ = (struct sock_filter)__VA_ARGS__
#define LOAD(place) STEP(BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (unsigned)(place)))
#define UNLESS(test, value, skipped) STEP(BPF_JUMP(BPF_JMP | (test) | BPF_K, (unsigned)(value), 0, skipped))
#define GIVE(verdict) STEP(BPF_STMT(BPF_RET | BPF_K, verdict))
#define ARGUMENT(n) offsetof(struct seccomp_data, args[n])

__attribute__((constructor)) static void begin(void) {
    static const int always[] = {SYS_write,  SYS_pwrite64, SYS_writev,    SYS_pwritev, SYS_fsync,  SYS_fdatasync,
                                 SYS_rename, SYS_renameat, SYS_renameat2, SYS_link,    SYS_linkat, SYS_ftruncate,
                                 SYS_unlink, SYS_unlinkat, SYS_rmdir,     SYS_mkdir,   SYS_mkdirat};
    struct sigaction action = {.sa_sigaction = handle, .sa_flags = SA_SIGINFO | SA_NODEFER};
    struct sock_filter program[100], *at = program;
    LOAD(offsetof(struct seccomp_data, arch));
    UNLESS(BPF_JEQ, AUDIT_ARCH_X86_64, 3);
    /* what the handler itself calls */
    LOAD(ARGUMENT(5));
    STEP(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, PASS, 0, 1));
    GIVE(SECCOMP_RET_ALLOW);
    LOAD(offsetof(struct seccomp_data, nr));
    for (size_t each = 0; each < sizeof always / sizeof *always; each++) {
        UNLESS(BPF_JEQ, always[each], 1);
        GIVE(SECCOMP_RET_TRAP);
    }
    /* opening is a change only where it may create or empty */
    UNLESS(BPF_JEQ, SYS_open, 3);
    LOAD(ARGUMENT(1));
    UNLESS(BPF_JSET, O_CREAT | O_TRUNC, 5);
    GIVE(SECCOMP_RET_TRAP);
    UNLESS(BPF_JEQ, SYS_openat, 3);
    LOAD(ARGUMENT(2));
    UNLESS(BPF_JSET, O_CREAT | O_TRUNC, 1);
    GIVE(SECCOMP_RET_TRAP);
    GIVE(SECCOMP_RET_ALLOW);
    struct sock_fprog filter = {(unsigned short)(at - program), program};
    if (sigaction(SIGSYS, &action, NULL) || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
        prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter)) {
        perror("recorder");
        _exit(98);
    }
}
