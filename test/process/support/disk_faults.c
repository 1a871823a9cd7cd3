/* Loaded into kvnode with LD_PRELOAD: makes the disk fail on demand, and keeps what
 * a loss of power would take. See disk_faults.h. Not a .cpp file: it is no part of
 * the test program. */

#define _GNU_SOURCE
#include "disk_faults.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

enum { MAX_FILES = 64 };

/* A file that was written to. */
struct known_file {
  dev_t dev;
  ino_t ino;
  /* Where its records go; -1 if it is not in the directory. */
  int records;
  /* The file itself, for reading: whoever writes may be unable to. */
  int reader;
};

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static struct disk_control* control;
static const char* directory;
static struct known_file files[MAX_FILES];
static int file_count;

static ssize_t (*next_pwrite)(int, const void*, size_t, off_t);
static ssize_t (*next_writev)(int, const struct iovec*, int);
static ssize_t (*next_write)(int, const void*, size_t);
static int (*next_fdatasync)(int);
static int (*next_fsync)(int);
static int (*next_posix_fallocate)(int, off_t, off_t);

__attribute__((constructor)) static void set_up(void) {
  const char* path = getenv("CAF_RAFT_DISK_CONTROL");
  /* (As POSIX has it: ISO C knows no way.) */
  *(void**) &next_pwrite = dlsym(RTLD_NEXT, "pwrite");
  *(void**) &next_writev = dlsym(RTLD_NEXT, "writev");
  *(void**) &next_write = dlsym(RTLD_NEXT, "write");
  *(void**) &next_fdatasync = dlsym(RTLD_NEXT, "fdatasync");
  *(void**) &next_fsync = dlsym(RTLD_NEXT, "fsync");
  *(void**) &next_posix_fallocate = dlsym(RTLD_NEXT, "posix_fallocate");
  directory = getenv("CAF_RAFT_DISK");
  if (path != NULL && directory != NULL) {
    int fd = open(path, O_RDWR | O_CLOEXEC);
    void* page = mmap(NULL, sizeof(struct disk_control),
                      PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (page == MAP_FAILED)
      abort();
    close(fd);
    control = page;
  }
}

static int is_durable(int fd) {
  return (fcntl(fd, F_GETFL) & (O_DSYNC | O_SYNC)) != 0;
}

static int meets(uint32_t fault) {
  if (__atomic_load_n(&control->fault, __ATOMIC_SEQ_CST) != fault)
    return 0;
  __atomic_fetch_add(&control->met, 1, __ATOMIC_SEQ_CST);
  return 1;
}

static void open_records(struct known_file* file, int fd) {
  char link[64];
  char path[PATH_MAX + 1];
  char records[PATH_MAX + 64];
  ssize_t size;
  file->records = -1;
  snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
  size = readlink(link, path, PATH_MAX);
  if (size < 0)
    return;
  path[size] = '\0';
  if (strncmp(path, directory, strlen(directory)) != 0)
    return;
  snprintf(records, sizeof(records), "%s.%llu", getenv("CAF_RAFT_DISK_CONTROL"),
           (unsigned long long) file->ino);
  file->records = open(records, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  file->reader = open(path, O_RDONLY | O_CLOEXEC);
  if (file->records < 0 || file->reader < 0)
    abort();
}

/* Returns a file, and its size; NULL if it is none of ours. Call with the mutex
 * held. */
static const struct known_file* find_file(int fd, off_t* size) {
  struct stat st;
  int i;
  if (control == NULL || fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
    return NULL;
  *size = st.st_size;
  for (i = 0; i < file_count; ++i)
    if (files[i].dev == st.st_dev && files[i].ino == st.st_ino)
      return files[i].records < 0 ? NULL : &files[i];
  if (file_count == MAX_FILES)
    abort();
  files[i].dev = st.st_dev;
  files[i].ino = st.st_ino;
  ++file_count;
  open_records(&files[i], fd);
  return files[i].records < 0 ? NULL : &files[i];
}

static void wait_while_it_hangs(void) {
  while (__atomic_load_n(&control->fault, __ATOMIC_SEQ_CST) == DISK_HANGS)
    usleep(1000);
}

/* Keeps what a write is about to change. */
static void keep(const struct known_file* file, int fd, off_t offset,
                 size_t bytes, off_t size) {
  struct disk_record header = {DISK_WRITE, 0, (uint64_t) offset, bytes,
                               (uint64_t) size};
  struct iovec parts[2] = {{&header, sizeof(header)}, {NULL, 0}};
  char* old = malloc(bytes + 1);
  ssize_t got = pread(file->reader, old, bytes, offset);
  if (is_durable(fd)) {
    header.kind = DISK_DURABLE_WRITE;
    got = 0;
  }
  if (got < 0)
    abort();
  header.old_bytes = (uint32_t) got;
  parts[1].iov_base = old;
  parts[1].iov_len = (size_t) got;
  if (next_writev(file->records, parts, 2)
      != (ssize_t) (sizeof(header) + header.old_bytes))
    abort();
  free(old);
}

/* Whether a write needs room that the file does not have yet: at its end, or in a
 * hole. */
static int needs_room(const struct known_file* file, off_t offset,
                      size_t bytes) {
  off_t hole = lseek(file->reader, offset, SEEK_HOLE);
  return hole < 0 || hole < offset + (off_t) bytes;
}

/* Returns zero where a write may go on, else the error. Call with the mutex
 * held. */
static int before_write(int fd, off_t offset, size_t bytes) {
  off_t size = 0;
  const struct known_file* file = find_file(fd, &size);
  if (file == NULL)
    return 0;
  __atomic_fetch_add(&control->writes, 1, __ATOMIC_SEQ_CST);
  if (needs_room(file, offset, bytes) && meets(DISK_FULL))
    return ENOSPC;
  if (meets(DISK_WRITE_FAILS))
    return EIO;
  if (is_durable(fd)) {
    wait_while_it_hangs();
    __atomic_fetch_add(&control->syncs, 1, __ATOMIC_SEQ_CST);
    if (meets(DISK_SYNC_FAILS))
      return EIO;
  }
  keep(file, fd, offset, bytes, size);
  return 0;
}

ssize_t pwrite(int fd, const void* data, size_t bytes, off_t offset) {
  ssize_t result = -1;
  pthread_mutex_lock(&mutex);
  int error = before_write(fd, offset, bytes);
  if (error == 0) {
    result = next_pwrite(fd, data, bytes, offset);
    error = errno;
  }
  pthread_mutex_unlock(&mutex);
  errno = error;
  return result;
}

ssize_t pwrite64(int fd, const void* data, size_t bytes, off_t offset) {
  return pwrite(fd, data, bytes, offset);
}

ssize_t writev(int fd, const struct iovec* parts, int count) {
  ssize_t result = -1;
  size_t bytes = 0;
  for (int i = 0; i < count; ++i)
    bytes += parts[i].iov_len;
  pthread_mutex_lock(&mutex);
  int error = before_write(fd, lseek(fd, 0, SEEK_CUR), bytes);
  if (error == 0) {
    result = next_writev(fd, parts, count);
    error = errno;
  }
  pthread_mutex_unlock(&mutex);
  errno = error;
  return result;
}

ssize_t write(int fd, const void* data, size_t bytes) {
  struct iovec part = {(void*) data, bytes};
  struct stat st;
  /* Perhaps before our constructor ran. */
  if (next_write == NULL)
    set_up();
  if (control == NULL || fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)
      || (fcntl(fd, F_GETFL) & O_APPEND) != 0)
    return next_write(fd, data, bytes);
  return writev(fd, &part, 1);
}

int posix_fallocate(int fd, off_t offset, off_t bytes) {
  off_t size = 0;
  pthread_mutex_lock(&mutex);
  const struct known_file* file = find_file(fd, &size);
  int full = file != NULL && needs_room(file, offset, (size_t) bytes)
             && meets(DISK_FULL);
  pthread_mutex_unlock(&mutex);
  return full ? ENOSPC : next_posix_fallocate(fd, offset, bytes);
}

static int sync_with(int (*next)(int), int fd) {
  off_t size = 0;
  int result = -1;
  pthread_mutex_lock(&mutex);
  const struct known_file* file = find_file(fd, &size);
  if (file == NULL) {
    pthread_mutex_unlock(&mutex);
    return next(fd);
  }
  wait_while_it_hangs();
  __atomic_fetch_add(&control->syncs, 1, __ATOMIC_SEQ_CST);
  int error = EIO;
  if (!meets(DISK_SYNC_FAILS)) {
    result = next(fd);
    error = errno;
    if (result == 0 && ftruncate(file->records, 0) != 0)
      abort();
  }
  pthread_mutex_unlock(&mutex);
  errno = error;
  return result;
}

int fdatasync(int fd) {
  return sync_with(next_fdatasync, fd);
}

int fsync(int fd) {
  return sync_with(next_fsync, fd);
}
