/* A disk that loses power or fails, preloaded into a process (LD_PRELOAD).

   DISK_ROOT    the directory that is watched; other files are left alone
   DISK_DURABLE a directory that receives what would survive a loss of power: a file's content as of its
                last fsync or fdatasync, renames and removals as of the next fsync of their directory
   DISK_FAIL    NUMBER:ERRNO:ONCE - the NUMBERth write, sync or truncation below DISK_ROOT fails with ERRNO;
                so do all later ones unless ONCE is 1
   DISK_READ_ONLY  1: opening for writing fails with EROFS

   Linux with glibc. Build: cc -shared -fPIC -O1 -o disk.so disk.c -ldl -lpthread */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static long calls;

#define REAL(result, name, ...) \
    static result (*real_##name)(__VA_ARGS__); \
    if (!real_##name) real_##name = dlsym(RTLD_NEXT, #name)

/* The part of a path below DISK_ROOT, or NULL. */
static const char *below(const char *path) {
    const char *root = getenv("DISK_ROOT");
    size_t length = root ? strlen(root) : 0;
    if (!length || strncmp(path, root, length) || path[length] != '/') return NULL;
    return path + length + 1;
}

static int path_of(int fd, char *path) {
    char name[64];
    snprintf(name, sizeof name, "/proc/self/fd/%d", fd);
    ssize_t size = readlink(name, path, PATH_MAX - 1);
    if (size < 0) return 0;
    path[size] = 0;
    return below(path) != NULL;
}

static void durable_path(const char *part, char *path) {
    snprintf(path, PATH_MAX, "%s/%s", getenv("DISK_DURABLE"), part);
    for (char *slash = path + 1; (slash = strchr(slash, '/')); slash++) {
        *slash = 0;
        mkdir(path, 0700);
        *slash = '/';
    }
}

/* Files below the root are counted in one place for all processes, so that a child's call can be the one that fails. */
static int must_fail(int fd) {
    const char *rule = getenv("DISK_FAIL");
    char path[PATH_MAX];
    int saved = errno;
    if (!rule || !path_of(fd, path) || strstr(path, "-shm")) { errno = saved; return 0; }
    long number = 0; int code = 0, once = 0;
    sscanf(rule, "%ld:%d:%d", &number, &code, &once);
    pthread_mutex_lock(&mutex);
    long call = ++calls;
    pthread_mutex_unlock(&mutex);
    errno = saved;
    if (call == number || (!once && call > number)) { errno = code; return 1; }
    return 0;
}

/* Copy a file's content to the durable directory; atomically, since the process may be killed meanwhile. */
static void make_durable(const char *path) {
    char target[PATH_MAX], part[PATH_MAX + 16], buffer[1 << 16];
    REAL(ssize_t, write, int, const void *, size_t);
    durable_path(below(path), target);
    snprintf(part, sizeof part, "%s.copying%d", target, getpid());
    int from = open(path, O_RDONLY | O_CLOEXEC), to = open(part, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    ssize_t size;
    while (from >= 0 && to >= 0 && (size = read(from, buffer, sizeof buffer)) > 0)
        if (real_write(to, buffer, size) != size) break;
    if (from >= 0) close(from);
    if (to >= 0) close(to);
    if (from >= 0 && to >= 0) (void)rename(part, target);
    else unlink(part);
}

/* Renames and removals wait in a journal until their directory is synced. */
struct change { char *from, *to; struct change *next; };
static struct change *pending;

static void remember(const char *from, const char *to) {
    if (!getenv("DISK_DURABLE") || !below(from)) return;
    struct change *each = calloc(1, sizeof *each), **end = &pending;
    each->from = strdup(from);
    each->to = to ? strdup(to) : NULL;
    pthread_mutex_lock(&mutex);
    while (*end) end = &(*end)->next;
    *end = each;
    pthread_mutex_unlock(&mutex);
}

static void apply_pending(const char *directory) {
    size_t length = strlen(directory);
    char from[PATH_MAX], to[PATH_MAX];
    REAL(int, rename, const char *, const char *);
    REAL(int, unlink, const char *);
    pthread_mutex_lock(&mutex);
    for (struct change **each = &pending; *each;) {
        struct change *change = *each;
        const char *slash = strrchr(change->from, '/');
        if ((size_t)(slash - change->from) == length && !strncmp(change->from, directory, length)) {
            durable_path(below(change->from), from);
            if (change->to && below(change->to)) {
                durable_path(below(change->to), to);
                real_rename(from, to);
            } else {
                real_unlink(from);
            }
            *each = change->next;
            free(change->from);
            free(change->to);
            free(change);
        } else {
            each = &change->next;
        }
    }
    pthread_mutex_unlock(&mutex);
}

static void synced(int fd) {
    char path[PATH_MAX];
    struct stat kind;
    int saved = errno;
    if (getenv("DISK_DURABLE") && path_of(fd, path) && !fstat(fd, &kind)) {
        if (S_ISDIR(kind.st_mode)) apply_pending(path);
        else if (S_ISREG(kind.st_mode)) make_durable(path);
    }
    errno = saved;
}

int fsync(int fd) {
    REAL(int, fsync, int);
    if (must_fail(fd)) return -1;
    int result = real_fsync(fd);
    if (!result) synced(fd);
    return result;
}

int fdatasync(int fd) {
    REAL(int, fdatasync, int);
    if (must_fail(fd)) return -1;
    int result = real_fdatasync(fd);
    if (!result) synced(fd);
    return result;
}

ssize_t write(int fd, const void *data, size_t size) {
    REAL(ssize_t, write, int, const void *, size_t);
    return must_fail(fd) ? -1 : real_write(fd, data, size);
}

ssize_t pwrite(int fd, const void *data, size_t size, off_t offset) {
    REAL(ssize_t, pwrite, int, const void *, size_t, off_t);
    return must_fail(fd) ? -1 : real_pwrite(fd, data, size, offset);
}

ssize_t pwrite64(int fd, const void *data, size_t size, off64_t offset) {
    REAL(ssize_t, pwrite64, int, const void *, size_t, off64_t);
    return must_fail(fd) ? -1 : real_pwrite64(fd, data, size, offset);
}

int ftruncate(int fd, off_t size) {
    REAL(int, ftruncate, int, off_t);
    return must_fail(fd) ? -1 : real_ftruncate(fd, size);
}

int ftruncate64(int fd, off64_t size) {
    REAL(int, ftruncate64, int, off64_t);
    return must_fail(fd) ? -1 : real_ftruncate64(fd, size);
}

static int is_read_only(const char *path, int flags) {
    return getenv("DISK_READ_ONLY") && below(path) && ((flags & O_ACCMODE) != O_RDONLY || flags & O_CREAT);
}

#define OPEN(name) \
    int name(const char *path, int flags, ...) { \
        REAL(int, name, const char *, int, ...); \
        va_list more; \
        va_start(more, flags); \
        mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(more, mode_t) : 0; \
        va_end(more); \
        if (is_read_only(path, flags)) { errno = EROFS; return -1; } \
        return real_##name(path, flags, mode); \
    }
OPEN(open)
OPEN(open64)

int mkdir(const char *path, mode_t mode) {
    REAL(int, mkdir, const char *, mode_t);
    if (is_read_only(path, O_CREAT)) { errno = EROFS; return -1; }
    return real_mkdir(path, mode);
}

int unlink(const char *path) {
    REAL(int, unlink, const char *);
    if (is_read_only(path, O_CREAT)) { errno = EROFS; return -1; }
    int result = real_unlink(path);
    if (!result) remember(path, NULL);
    return result;
}

int rename(const char *from, const char *to) {
    REAL(int, rename, const char *, const char *);
    if (is_read_only(to, O_CREAT)) { errno = EROFS; return -1; }
    int result = real_rename(from, to);
    if (!result) remember(from, to);
    return result;
}
