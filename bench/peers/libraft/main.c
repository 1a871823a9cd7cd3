// A replicated value on libraft with its own libuv backend and its default
// settings: what bench/in_process measures libcaf_raft against.
//
//     libraft [SNAPSHOT-AFTER] ID HOST:PORT,HOST:PORT,HOST:PORT DIR
//
// It takes lines on stdin and answers each with one on stdout:
//
//     leads      yes or no
//     run N MS   keeps N commands of 256 bytes outstanding for that long:
//                DONE SECONDS P50_US P99_US, or "failed: " and why

#include <raft.h>
#include <raft/uv.h>

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

enum { value_bytes = 256, line_bytes = 128, max_outstanding = 4096 };

static void must(int code, const char *what) {
  if (code == 0)
    return;
  fprintf(stderr, "%s: %s\n", what, raft_strerror(code));
  exit(1);
}

// -- the state machine: the last value ----------------------------------------

struct machine {
  char value[value_bytes];
};

static int machine_apply(struct raft_fsm *fsm, const struct raft_buffer *buf,
                         void **result) {
  struct machine *self = fsm->data;
  if (buf->len != value_bytes)
    return RAFT_MALFORMED;
  memcpy(self->value, buf->base, value_bytes);
  *result = NULL;
  return 0;
}

static int machine_snapshot(struct raft_fsm *fsm, struct raft_buffer *bufs[],
                            unsigned *n_bufs) {
  struct machine *self = fsm->data;
  struct raft_buffer *all = raft_malloc(sizeof(*all));
  void *base = raft_malloc(value_bytes);
  if (all == NULL || base == NULL) {
    raft_free(all);
    raft_free(base);
    return RAFT_NOMEM;
  }
  memcpy(base, self->value, value_bytes);
  all->base = base;
  all->len = value_bytes;
  *bufs = all;
  *n_bufs = 1;
  return 0;
}

static int machine_restore(struct raft_fsm *fsm, struct raft_buffer *buf) {
  struct machine *self = fsm->data;
  if (buf->len != value_bytes)
    return RAFT_MALFORMED;
  memcpy(self->value, buf->base, value_bytes);
  raft_free(buf->base);
  return 0;
}

// -- the one who writes -------------------------------------------------------

struct writer;

struct command {
  struct raft_apply request;
  uint64_t sent;
  struct writer *owner;
};

struct writer {
  struct raft *raft;
  struct command commands[max_outstanding];
  size_t open;
  uint64_t begin;
  uint64_t end;
  uint64_t *latencies;
  size_t done;
  size_t capacity;
  int failure;
};

static int compare_latencies(const void *x, const void *y) {
  uint64_t a = *(const uint64_t *) x;
  uint64_t b = *(const uint64_t *) y;
  return a < b ? -1 : a > b;
}

// Of sorted latencies, in us.
static double percentile(const struct writer *self, double fraction) {
  if (self->done == 0)
    return 0;
  size_t at = (size_t) (fraction * (double) self->done);
  if (at >= self->done)
    at = self->done - 1;
  return (double) self->latencies[at] / 1e3;
}

static void report(struct writer *self) {
  if (self->failure != 0) {
    printf("failed: %s\n", raft_strerror(self->failure));
  } else {
    qsort(self->latencies, self->done, sizeof(uint64_t), compare_latencies);
    printf("%zu %f %f %f\n", self->done,
           (double) (self->end - self->begin) / 1e9, percentile(self, 0.5),
           percentile(self, 0.99));
  }
  fflush(stdout);
}

static void keep_latency(struct writer *self, uint64_t latency) {
  if (self->done == self->capacity) {
    self->capacity = self->capacity == 0 ? 4096 : 2 * self->capacity;
    self->latencies
      = realloc(self->latencies, self->capacity * sizeof(uint64_t));
    must(self->latencies == NULL ? RAFT_NOMEM : 0, "latencies");
  }
  self->latencies[self->done++] = latency;
}

static void on_applied(struct raft_apply *request, int status, void *result);

static void submit(struct command *what) {
  struct writer *self = what->owner;
  struct raft_buffer buf = {raft_malloc(value_bytes), value_bytes};
  must(buf.base == NULL ? RAFT_NOMEM : 0, "a command");
  memset(buf.base, 'v', value_bytes);
  what->request.data = what;
  what->sent = uv_hrtime();
  int code = raft_apply(self->raft, &what->request, &buf, 1, on_applied);
  if (code != 0) {
    raft_free(buf.base);
    self->failure = code;
    --self->open;
  }
}

static void on_applied(struct raft_apply *request, int status, void *result) {
  (void) result;
  struct command *what = request->data;
  struct writer *self = what->owner;
  uint64_t now = uv_hrtime();
  if (status != 0)
    self->failure = status;
  if (self->failure == 0 && now < self->end) {
    keep_latency(self, now - what->sent);
    submit(what);
  } else {
    --self->open;
  }
  if (self->open == 0)
    report(self);
}

static void run(struct writer *self, size_t outstanding, uint64_t ms) {
  self->done = 0;
  self->failure = 0;
  self->begin = uv_hrtime();
  self->end = self->begin + ms * 1000000;
  self->open = outstanding;
  for (size_t i = 0; i < outstanding; ++i) {
    self->commands[i].owner = self;
    submit(&self->commands[i]);
  }
  if (self->open == 0)
    report(self);
}

// -- lines --------------------------------------------------------------------

struct input {
  uv_pipe_t pipe;
  struct writer *writer;
  char text[line_bytes];
  size_t size;
};

static void hear(struct writer *self, const char *line) {
  size_t outstanding = 0;
  unsigned long long ms = 0;
  if (strcmp(line, "leads") == 0) {
    printf("%s\n", raft_state(self->raft) == RAFT_LEADER ? "yes" : "no");
    fflush(stdout);
  } else if (sscanf(line, "run %zu %llu", &outstanding, &ms) == 2
             && outstanding > 0 && outstanding <= max_outstanding) {
    run(self, outstanding, ms);
  } else {
    printf("failed: what is \"%s\"?\n", line);
    fflush(stdout);
  }
}

static void give_room(uv_handle_t *handle, size_t wanted, uv_buf_t *room) {
  (void) wanted;
  struct input *self = handle->data;
  *room = uv_buf_init(self->text + self->size,
                      (unsigned) (line_bytes - self->size));
}

static void on_input(uv_stream_t *stream, ssize_t count, const uv_buf_t *buf) {
  (void) buf;
  struct input *self = stream->data;
  if (count < 0)
    exit(0);
  self->size += (size_t) count;
  char *end;
  while ((end = memchr(self->text, '\n', self->size)) != NULL) {
    *end = '\0';
    hear(self->writer, self->text);
    self->size -= (size_t) (end + 1 - self->text);
    memmove(self->text, end + 1, self->size);
  }
}

static void listen_to_stdin(struct input *self, uv_loop_t *loop,
                            struct writer *writer) {
  self->writer = writer;
  self->size = 0;
  self->pipe.data = self;
  if (uv_pipe_init(loop, &self->pipe, 0) != 0
      || uv_pipe_open(&self->pipe, 0) != 0
      || uv_read_start((uv_stream_t *) &self->pipe, give_room, on_input) != 0) {
    fprintf(stderr, "stdin must be a pipe\n");
    exit(1);
  }
}

// -- the server ---------------------------------------------------------------

static void bootstrap(struct raft *raft, char *addresses[], size_t count) {
  struct raft_configuration members;
  raft_configuration_init(&members);
  for (size_t i = 0; i < count; ++i)
    must(raft_configuration_add(&members, i + 1, addresses[i], RAFT_VOTER),
         "a member");
  int code = raft_bootstrap(raft, &members);
  // (A directory that has a cluster already.)
  must(code == RAFT_CANTBOOTSTRAP ? 0 : code, "bootstrap");
  raft_configuration_close(&members);
}

// Cuts the list into its parts.
static size_t split(char *list, char *parts[], size_t most) {
  size_t count = 0;
  for (char *x = strtok(list, ","); x != NULL && count < most;
       x = strtok(NULL, ","))
    parts[count++] = x;
  return count;
}

int main(int argc, char *argv[]) {
  static struct machine machine;
  static struct writer writer;
  static struct input input;
  static struct raft raft;
  static uv_loop_t loop;
  static struct raft_uv_transport transport;
  static struct raft_io io;
  char *addresses[9];
  // How many commands a snapshot is taken after; none: as libraft has it.
  unsigned threshold = argc == 5 ? strtoul(argv[1], NULL, 10) : 0;
  char **args = argc == 5 ? argv + 2 : argv + 1;
  int complete = argc == 4 || argc == 5;
  size_t count = complete ? split(args[1], addresses, 9) : 0;
  size_t id = complete ? strtoul(args[0], NULL, 10) : 0;
  if (id == 0 || id > count) {
    fprintf(stderr, "usage: libraft [SNAPSHOT-AFTER] ID "
                    "HOST:PORT,HOST:PORT,... DIR\n");
    return 2;
  }
  struct raft_fsm fsm = {
    .version = 1,
    .data = &machine,
    .apply = machine_apply,
    .snapshot = machine_snapshot,
    .restore = machine_restore,
  };
  must(uv_loop_init(&loop) == 0 ? 0 : RAFT_IOERR, "the loop");
  must(raft_uv_tcp_init(&transport, &loop), "TCP");
  must(raft_uv_init(&io, &loop, args[2], &transport), "the directory");
  must(raft_init(&raft, &io, &fsm, id, addresses[id - 1]), "raft_init");
  if (threshold > 0)
    raft_set_snapshot_threshold(&raft, threshold);
  bootstrap(&raft, addresses, count);
  must(raft_start(&raft), "raft_start");
  writer.raft = &raft;
  listen_to_stdin(&input, &loop, &writer);
  return uv_run(&loop, UV_RUN_DEFAULT);
}
